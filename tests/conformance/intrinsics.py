"""Resolve CloudFormation's intrinsic functions without AWS.

Every resource gets a physical name (as written, else one as CloudFormation would make it), so that
Ref and Fn::GetAtt give what AWS would: names, ARNs, URLs. Two tools that write the same ARN in
different ways then hold the same string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

NO_VALUE = object()
"""What Ref AWS::NoValue resolves to: the property that holds it is as if never written."""

MISSING = object()

PUBLISHED = "published"
"""Stands for the number of a version that the stack publishes, known to AWS alone."""


class UnreadError(Exception):
    """The template holds something this reader doesn't understand, so no check could judge it."""


class ResolveError(Exception):
    """An intrinsic function that can't be resolved: a dangling reference, a cycle, an import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudo:
    """Values of the pseudo parameters (AWS::AccountId, ...)."""

    account: str = "123456789012"
    region: str = "eu-west-1"
    stack: str
    partition: str = "aws"

    def value(self, name: str) -> Any:
        """Value of `AWS::<name>`; raises KeyError for one that doesn't exist."""
        stack_arn = f"arn:{self.partition}:cloudformation:{self.region}:{self.account}:stack"
        return {
            "AccountId": self.account,
            "NoValue": NO_VALUE,
            "NotificationARNs": [],
            "Partition": self.partition,
            "Region": self.region,
            "StackId": f"{stack_arn}/{self.stack}/0",
            "StackName": self.stack,
            "URLSuffix": "amazonaws.com",
        }[name]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """How AWS names a resource of a type and what Ref and Fn::GetAtt give.

    `name` is the property that holds the physical name; `ref`, `attributes` and `stands_for`
    (another string that means the resource: a queue's URL) are format strings over `partition`,
    `region`, `account` and `name`.
    """

    name: str | None
    arn: str | None = None
    ref: str = "{name}"
    attributes: Mapping[str, str] = field(default_factory=dict)
    stands_for: str | None = None


_LAMBDA = "arn:{partition}:lambda:{region}:{account}:function:{name}"
_EXECUTE_API = "arn:{partition}:execute-api:{region}:{account}:{name}"
_API_URL = "https://{name}.execute-api.{region}.amazonaws.com"
_SECRET = "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-AbCdEf"
_STATE_MACHINE = "arn:{partition}:states:{region}:{account}:stateMachine:{name}"
_QUEUE_URL = "https://sqs.{region}.amazonaws.com/{account}/{name}"
_DAX_URL = "daxs://{name}.abc123.dax-clusters.{region}.amazonaws.com"
_CACHE_ADDRESS = "{name}-abc123.serverless.cache.amazonaws.com"

TYPES: Mapping[str, ResourceType] = {
    "AWS::ApiGatewayV2::Api": ResourceType(
        None,
        _EXECUTE_API,
        attributes={"ApiEndpoint": _API_URL, "ApiId": "{name}"},
        stands_for=_API_URL,
    ),
    "AWS::ApiGatewayV2::Authorizer": ResourceType(None),
    "AWS::ApiGatewayV2::Integration": ResourceType(None),
    "AWS::ApiGatewayV2::Route": ResourceType(None),
    "AWS::ApiGatewayV2::Stage": ResourceType("StageName"),
    "AWS::Budgets::Budget": ResourceType(None),
    "AWS::CloudWatch::Alarm": ResourceType(
        "AlarmName",
        "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
        attributes={"Arn": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"},
    ),
    "AWS::CloudWatch::Dashboard": ResourceType("DashboardName"),
    "AWS::CodeDeploy::Application": ResourceType("ApplicationName"),
    "AWS::CodeDeploy::DeploymentGroup": ResourceType("DeploymentGroupName"),
    "AWS::DAX::Cluster": ResourceType(
        "ClusterName",
        "arn:{partition}:dax:{region}:{account}:cache/{name}",
        attributes={
            "Arn": "arn:{partition}:dax:{region}:{account}:cache/{name}",
            "ClusterDiscoveryEndpointURL": _DAX_URL,
        },
        stands_for=_DAX_URL,
    ),
    "AWS::DAX::ParameterGroup": ResourceType("ParameterGroupName"),
    "AWS::DAX::SubnetGroup": ResourceType("SubnetGroupName"),
    "AWS::EC2::RouteTable": ResourceType(None),
    "AWS::EC2::SecurityGroup": ResourceType(None),
    "AWS::EC2::SecurityGroupIngress": ResourceType(None),
    "AWS::EC2::Subnet": ResourceType(None),
    "AWS::EC2::SubnetRouteTableAssociation": ResourceType(None),
    "AWS::EC2::VPC": ResourceType(None),
    "AWS::EC2::VPCEndpoint": ResourceType(None),
    "AWS::ElastiCache::ServerlessCache": ResourceType(
        "ServerlessCacheName",
        "arn:{partition}:elasticache:{region}:{account}:serverlesscache:{name}",
        attributes={
            "ARN": "arn:{partition}:elasticache:{region}:{account}:serverlesscache:{name}",
            "Endpoint.Address": _CACHE_ADDRESS,
            "Endpoint.Port": "6379",
        },
        # As functions are told, if the user that they are is called like the cache.
        stands_for=f"valkeys://{{name}}@{_CACHE_ADDRESS}:6379",
    ),
    "AWS::ElastiCache::User": ResourceType(
        "UserId",
        "arn:{partition}:elasticache:{region}:{account}:user:{name}",
        attributes={"Arn": "arn:{partition}:elasticache:{region}:{account}:user:{name}"},
    ),
    "AWS::ElastiCache::UserGroup": ResourceType("UserGroupId"),
    "AWS::DynamoDB::Table": ResourceType(
        "TableName",
        "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
        attributes={
            "Arn": "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
            "StreamArn": "arn:{partition}:dynamodb:{region}:{account}:table/{name}/stream/latest",
        },
    ),
    "AWS::Events::EventBus": ResourceType(
        "Name",
        "arn:{partition}:events:{region}:{account}:event-bus/{name}",
        attributes={
            "Arn": "arn:{partition}:events:{region}:{account}:event-bus/{name}",
            "Name": "{name}",
        },
    ),
    "AWS::Events::Rule": ResourceType(
        "Name",
        "arn:{partition}:events:{region}:{account}:rule/{name}",
        attributes={"Arn": "arn:{partition}:events:{region}:{account}:rule/{name}"},
    ),
    "AWS::IAM::Role": ResourceType(
        "RoleName",
        "arn:{partition}:iam::{account}:role{path}{name}",
        attributes={"Arn": "arn:{partition}:iam::{account}:role{path}{name}"},
    ),
    "AWS::IAM::Policy": ResourceType(None),
    "AWS::KMS::Alias": ResourceType("AliasName"),
    "AWS::Kinesis::Stream": ResourceType(
        "Name",
        "arn:{partition}:kinesis:{region}:{account}:stream/{name}",
        attributes={"Arn": "arn:{partition}:kinesis:{region}:{account}:stream/{name}"},
    ),
    "AWS::KMS::Key": ResourceType(
        None,
        "arn:{partition}:kms:{region}:{account}:key/{name}",
        attributes={
            "Arn": "arn:{partition}:kms:{region}:{account}:key/{name}",
            "KeyId": "{name}",
        },
    ),
    "AWS::StepFunctions::StateMachine": ResourceType(
        "StateMachineName",
        _STATE_MACHINE,
        ref=_STATE_MACHINE,
        attributes={"Arn": _STATE_MACHINE, "Name": "{name}"},
    ),
    "AWS::Lambda::Alias": ResourceType(
        None, _LAMBDA, ref=_LAMBDA, attributes={"AliasArn": _LAMBDA}
    ),
    "AWS::Lambda::EventInvokeConfig": ResourceType(None),
    "AWS::Lambda::EventSourceMapping": ResourceType(None),
    "AWS::Lambda::Function": ResourceType("FunctionName", _LAMBDA, attributes={"Arn": _LAMBDA}),
    "AWS::Lambda::LayerVersion": ResourceType(
        "LayerName",
        "arn:{partition}:lambda:{region}:{account}:layer:{name}:1",
        ref="arn:{partition}:lambda:{region}:{account}:layer:{name}:1",
        attributes={"LayerVersionArn": "arn:{partition}:lambda:{region}:{account}:layer:{name}:1"},
    ),
    "AWS::Lambda::Permission": ResourceType(None),
    "AWS::Lambda::Version": ResourceType(
        None, _LAMBDA, ref=_LAMBDA, attributes={"Version": PUBLISHED, "FunctionArn": _LAMBDA}
    ),
    "AWS::SecretsManager::Secret": ResourceType(
        "Name", _SECRET, ref=_SECRET, attributes={"Id": _SECRET}
    ),
    "AWS::Logs::LogGroup": ResourceType(
        "LogGroupName",
        "arn:{partition}:logs:{region}:{account}:log-group:{name}",
        attributes={"Arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}:*"},
    ),
    "AWS::S3::Bucket": ResourceType(
        "BucketName",
        "arn:{partition}:s3:::{name}",
        attributes={"Arn": "arn:{partition}:s3:::{name}"},
    ),
    "AWS::S3::BucketPolicy": ResourceType(None),
    "AWS::SNS::Subscription": ResourceType(None),
    "AWS::SNS::Topic": ResourceType(
        "TopicName",
        "arn:{partition}:sns:{region}:{account}:{name}",
        ref="arn:{partition}:sns:{region}:{account}:{name}",
        attributes={
            "TopicArn": "arn:{partition}:sns:{region}:{account}:{name}",
            "TopicName": "{name}",
        },
    ),
    "AWS::SNS::TopicPolicy": ResourceType(None),
    "AWS::SQS::Queue": ResourceType(
        "QueueName",
        "arn:{partition}:sqs:{region}:{account}:{name}",
        ref=_QUEUE_URL,
        stands_for=_QUEUE_URL,
        attributes={
            "Arn": "arn:{partition}:sqs:{region}:{account}:{name}",
            "QueueName": "{name}",
            "QueueUrl": _QUEUE_URL,
        },
    ),
    "AWS::SQS::QueuePolicy": ResourceType(None),
    "AWS::Scheduler::Schedule": ResourceType("Name"),
    "AWS::Scheduler::ScheduleGroup": ResourceType(
        "Name",
        "arn:{partition}:scheduler:{region}:{account}:schedule-group/{name}",
        attributes={"Arn": "arn:{partition}:scheduler:{region}:{account}:schedule-group/{name}"},
    ),
}

_SUB = re.compile(r"\$\{(!?)([^}]*)\}")


def _text(value: Any) -> Any:
    """A scalar as CloudFormation compares it; anything else as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


class Resolver:
    """Resolves the intrinsic functions of one template for one set of parameters.

    Raises UnreadError for a resource type that isn't in `TYPES`.
    """

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, Any], pseudo: Pseudo
    ) -> None:
        self.template = template
        self.pseudo = pseudo
        self.parameters = {
            name: parameters.get(name, declared.get("Default", MISSING))
            for name, declared in template.get("Parameters", {}).items()
        }
        unknown = parameters.keys() - self.parameters.keys()
        if unknown:
            raise ResolveError(f"no such parameter: {', '.join(sorted(unknown))}")
        self._physical: dict[str, str] = {}
        self._resolving: set[str] = set()
        self.resources = {
            logical_id: resource
            for logical_id, resource in template["Resources"].items()
            if "Condition" not in resource or self.condition(resource["Condition"])
        }
        for logical_id, resource in self.resources.items():
            if resource["Type"] not in TYPES:
                raise UnreadError(f"{logical_id}: no reader for {resource['Type']}")

    def condition(self, name: str) -> bool:
        """Value of a condition of the template; raises ResolveError for an unknown one."""
        try:
            return self._test(self.template["Conditions"][name])
        except KeyError:
            raise ResolveError(f"no such condition: {name}") from None

    def _test(self, expression: Any) -> bool:
        (function, argument), *_ = expression.items()
        match function:
            case "Condition":
                return self.condition(argument)
            case "Fn::Equals":
                # CloudFormation has only strings there: 0 in a mapping equals "0".
                left, right = (_text(self.resolve(item)) for item in argument)
                return bool(left == right)
            case "Fn::Not":
                return not self._test(argument[0])
            case "Fn::And":
                return all(self._test(item) for item in argument)
            case "Fn::Or":
                return any(self._test(item) for item in argument)
        raise ResolveError(f"{function} is no condition")

    def is_named(self, logical_id: str) -> bool:
        """Whether the template gives the physical name, and not AWS."""
        resource = self.resources[logical_id]
        written = TYPES[resource["Type"]].name
        return written is not None and written in resource.get("Properties", {})

    def physical(self, logical_id: str) -> str:
        """Physical name: as written, else one as CloudFormation would make it."""
        if logical_id not in self._physical:
            name: Any = f"{self.pseudo.stack}-{logical_id}"
            if self.is_named(logical_id):
                resource = self.resources[logical_id]
                name = self._guarded(
                    logical_id, resource["Properties"][TYPES[resource["Type"]].name]
                )
            self._physical[logical_id] = str(name)
        return self._physical[logical_id]

    def _guarded(self, logical_id: str, value: Any) -> Any:
        if logical_id in self._resolving:
            raise ResolveError(f"{logical_id} refers to itself")
        self._resolving.add(logical_id)
        try:
            return self.resolve(value)
        finally:
            self._resolving.discard(logical_id)

    def format(self, logical_id: str, pattern: str) -> str:
        """Fill a pattern of `TYPES` in for one resource."""
        resource = self.resources[logical_id]
        name, path = self.physical(logical_id), "/"
        match resource["Type"]:
            case "AWS::Lambda::Alias":
                owner = self._function_name(logical_id, resource)
                name = f"{owner}:{self.resolve(resource['Properties']['Name'])}"
            case "AWS::Lambda::Version":
                name = f"{self._function_name(logical_id, resource)}:{PUBLISHED}"
            case "AWS::Events::Rule":
                bus = self.resolve(resource["Properties"].get("EventBusName", "default"))
                name = name if bus == "default" else f"{bus}/{name}"
            case "AWS::IAM::Role":
                path = str(self.resolve(resource["Properties"].get("Path", "/")))
        return pattern.format(
            partition=self.pseudo.partition,
            region=self.pseudo.region,
            account=self.pseudo.account,
            name=name,
            path=path,
        )

    def _function_name(self, logical_id: str, resource: Mapping[str, Any]) -> str:
        written = str(self._guarded(logical_id, resource["Properties"]["FunctionName"]))
        return written.rpartition(":function:")[2]

    def reference(self, name: str) -> Any:
        """What Ref gives."""
        if name.startswith("AWS::"):
            return self.pseudo.value(name.removeprefix("AWS::"))
        if name in self.parameters:
            if self.parameters[name] is MISSING:
                raise ResolveError(f"parameter {name} has no value")
            return self.parameters[name]
        if name not in self.resources:
            raise ResolveError(f"Ref {name}: no such resource or parameter")
        return self.format(name, TYPES[self.resources[name]["Type"]].ref)

    def attribute(self, name: str, attribute: str) -> str:
        """What Fn::GetAtt gives."""
        if name not in self.resources:
            raise ResolveError(f"GetAtt {name}.{attribute}: no such resource")
        of_type = TYPES[self.resources[name]["Type"]].attributes
        if attribute not in of_type:
            raise ResolveError(f"GetAtt {name}.{attribute}: not known of this type")
        return self.format(name, of_type[attribute])

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic function replaced by its result."""
        if isinstance(value, list):
            items = (self.resolve(item) for item in value)
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), *_ = value.items()
            if function == "Ref":
                return self.reference(argument)
            if function.startswith("Fn::"):
                return self._call(function.removeprefix("Fn::"), argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:
        calls: Mapping[str, Callable[[Any], Any]] = {
            "FindInMap": self._find_in_map,
            "GetAtt": self._get_att,
            "GetAZs": lambda a: [
                f"{self.resolve(a) or self.pseudo.region}{zone}" for zone in "abc"
            ],
            "If": lambda a: self.resolve(a[1] if self.condition(a[0]) else a[2]),
            "Join": lambda a: a[0].join(str(item) for item in self.resolve(a[1])),
            "Select": lambda a: self.resolve(a[1])[int(self.resolve(a[0]))],
            "Split": lambda a: self.resolve(a[1]).split(a[0]),
            "Sub": self._substitute,
            "ToJsonString": lambda a: json.dumps(self.resolve(a)),
        }
        if function not in calls:
            raise ResolveError(f"Fn::{function} can't be resolved without AWS")
        return calls[function](argument)

    def _get_att(self, argument: Any) -> str:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return self.attribute(name, self.resolve(attribute))

    def _substitute(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in given:
                return str(self.resolve(given[name]))
            if "." in name:
                return self.attribute(*name.split(".", 1))
            return str(self.reference(name))

        return _SUB.sub(replace, text)

    def _find_in_map(self, argument: list[Any]) -> Any:
        path = [self.resolve(item) for item in argument[:3]]
        found: Any = self.template.get("Mappings", {})
        for key in path:
            if not isinstance(found, Mapping) or key not in found:
                if len(argument) > 3:
                    return self.resolve(argument[3]["DefaultValue"])
                raise ResolveError(f"FindInMap {'.'.join(map(str, path))}: no such entry")
            found = found[key]
        return found
