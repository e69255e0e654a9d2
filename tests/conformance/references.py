"""Neutral references for the resources of a template: what a resource is in the service.

A resource is known by its physical name without the stack's prefix or, where a tool may let AWS
choose the name, by its place in the graph. See `model`.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.conformance.intrinsics import TYPES, Resolver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class References:
    """From what AWS would see (ARNs, URLs, names) to neutral references.

    A string that is no resource of this stack stays as it is, so a check sees it; in an ARN that
    stands for many (`function:order-service-dev-*`) the stack's name is written `<stack>`.
    """

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._arns: dict[str, str] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}

    def add(self, reference: str, *, arn: str | None, name: str, value: str | None = None) -> None:
        """Register a resource. `value`: another string that stands for it (a queue's URL)."""
        if arn:
            self._arns[arn] = reference
        self._names[reference.partition(":")[0], name] = reference
        if value:
            self._values[value] = reference

    def of(self, value: Any) -> str:
        """Reference for an ARN (also one that goes on: an index, a route, an alias) or a URL."""
        text = str(value)
        if text in self._values:
            return self._values[text]
        head, tail = text, ""
        while head:
            if head in self._arns:
                return f"{self._arns[head]}{tail}"
            cut = max(head.rfind("/"), head.rfind(":"))
            if cut < 0:
                break
            head, tail = head[:cut], text[cut:]
        many = text.startswith("arn:") and text.endswith("*")
        return text.replace(f":{self._stack}-", ":<stack>-") if many else text

    def named(self, kind: str, name: str) -> str:
        """Reference for a physical name of a kind of resource."""
        return self._names.get((kind, str(name)), str(name))

    def output(self, text: Any) -> str:
        """Reference for a stack output: as `of`, and the name of a table."""
        return self._names.get(("table", str(text)), self.of(text))

    def function(self, value: Any) -> str:
        """Reference for whatever Lambda accepts as a function: name, partial or full ARN,
        each with or without a qualifier."""
        text = str(value)
        if ":path/2015-03-31/functions/" in text:  # API Gateway's form of an ARN
            text = text.partition(":path/2015-03-31/functions/")[2].removesuffix("/invocations")
        if text.startswith("arn:"):
            return self.of(text)
        name, colon, qualifier = text.rpartition("function:")[2].partition(":")
        return f"{self.named('function', name)}{colon}{qualifier}"

    def dimension(self, name: str, value: str) -> str:
        """Reference for the value of a metric's dimension."""
        if name in {"FunctionName", "Resource"}:
            return self.function(value)
        if name == "StateMachineArn":
            return self.of(value)
        return self.named(_DIMENSION_KINDS[name], value) if name in _DIMENSION_KINDS else value


_DIMENSION_KINDS = {
    "ApiId": "api",
    "EventBusName": "event-bus",
    "QueueName": "queue",
    "RuleName": "rule",
    "ScheduleGroup": "schedule-group",
    "TableName": "table",
    "TopicName": "topic",
}

TABLE_VARIABLE = re.compile(r"^(?:(.*)_)?TABLE_NAME$")
STREAM_VARIABLE = re.compile(r"^.*_STREAM_NAME$")
TABLE_STREAM = re.compile(r":table/(.*)/stream/[^/]*$")


_KINDS = {
    "AWS::ApiGatewayV2::Api": "api",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::Dashboard": "dashboard",
    "AWS::DAX::Cluster": "cache",
    "AWS::DynamoDB::Table": "table",
    "AWS::EC2::SecurityGroup": "security-group",
    "AWS::EC2::Subnet": "subnet",
    "AWS::EC2::VPC": "network",
    "AWS::ElastiCache::ServerlessCache": "cache",
    "AWS::ElastiCache::User": "cache-user",
    "AWS::Events::EventBus": "event-bus",
    "AWS::Events::Rule": "rule",
    "AWS::IAM::Role": "role",
    "AWS::KMS::Key": "key",
    "AWS::Kinesis::Stream": "stream",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::LayerVersion": "layer",
    "AWS::Logs::LogGroup": "log-group",
    "AWS::S3::Bucket": "bucket",
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    "AWS::StepFunctions::StateMachine": "workflow",
    "AWS::Scheduler::Schedule": "schedule",
    "AWS::Scheduler::ScheduleGroup": "schedule-group",
    "AWS::SecretsManager::Secret": "secret",
}


class _Graph:
    """Who uses what, for the names of resources that AWS may name."""

    def __init__(self, resolver: Resolver, stages: tuple[str, ...]) -> None:
        self._resolver = resolver
        self._stages = stages
        self._prefix = f"{resolver.pseudo.stack}-"
        self.roles = self._roles()
        self.tables = self._tables()
        self.buckets = {
            name: f"{stage}-{self.own(function)}".removeprefix("-")
            for stage in stages or ("",)
            for function, name in self._used(
                "AWS::Lambda::Function",
                "Environment",
                "Variables",
                f"{stage.upper()}_BUCKET_NAME".removeprefix("_"),
            )
        }
        self.topics = {arn for _, arn in self._used_lists("AWS::CloudWatch::Alarm", "AlarmActions")}
        self.keys = {
            key: self.own(resource)
            for resource, key in self._used("AWS::SNS::Topic", "KmsMasterKeyId")
        }
        # One for all of the service is known by its logs, which every service has.
        self.keys |= {key: "service" for _, key in self._used("AWS::Logs::LogGroup", "KmsKeyId")}
        self.access_logs = {
            arn.removesuffix(":*")
            for _, arn in self._used(
                "AWS::ApiGatewayV2::Stage", "AccessLogSettings", "DestinationArn"
            )
        }

        self.security_groups = {
            group: user
            for user, resource_type, path in (
                ("functions", "AWS::Lambda::Function", ("VpcConfig", "SecurityGroupIds")),
                ("cache", "AWS::ElastiCache::ServerlessCache", ("SecurityGroupIds",)),
                ("cache", "AWS::DAX::Cluster", ("SecurityGroupIds",)),
                ("endpoints", "AWS::EC2::VPCEndpoint", ("SecurityGroupIds",)),
            )
            for group in self._listed(resource_type, *path)
        }
        self.workflow_logs = {
            destination["CloudWatchLogsLogGroup"]["LogGroupArn"].removesuffix(":*"): name
            for name, destinations in self._destinations()
            for destination in destinations
        }

    def _destinations(self) -> Iterator[tuple[str, list[Any]]]:
        """(name, where its log goes) of each state machine."""
        for logical_id, resource in self._resolver.resources.items():
            if resource["Type"] == "AWS::StepFunctions::StateMachine":
                logging = resource["Properties"].get("LoggingConfiguration", {})
                written = self._resolver.resolve(logging.get("Destinations", []))
                yield self.own(logical_id), written

    def own(self, logical_id: str) -> str:
        """Physical name without the stack's prefix, "" when it is just the stack's."""
        name = self._resolver.physical(logical_id)
        return "" if name == self._prefix.rstrip("-") else name.removeprefix(self._prefix)

    def _used(self, resource_type: str, *path: str) -> Iterator[tuple[str, str]]:
        """(logical id, resolved value at a path) of the resources of a type that have one."""
        for logical_id, resource in self._resolver.resources.items():
            if resource["Type"] == resource_type:
                value = self._resolver.resolve(resource.get("Properties", {}).get(path[0], {}))
                for key in path[1:]:
                    value = value.get(key, {})
                if value:
                    yield logical_id, str(value)

    def _listed(self, resource_type: str, *path: str) -> Iterator[str]:
        """Each item of the lists at a path in the resources of a type."""
        for resource in self._resolver.resources.values():
            if resource["Type"] == resource_type:
                value = self._resolver.resolve(resource["Properties"].get(path[0], {}))
                for key in path[1:]:
                    value = value.get(key, {})
                yield from map(str, value)

    def _zone(self, logical_id: str) -> str:
        """The number of the Availability Zone, in its Region, that a subnet is in."""
        properties = self._resolver.resources[logical_id].get("Properties", {})
        zone = str(self._resolver.resolve(properties.get("AvailabilityZone", "")))
        return str(ord(zone[-1]) - ord("a")) if zone else "any"

    def _used_lists(self, resource_type: str, name: str) -> Iterator[tuple[str, str]]:
        for logical_id, resource in self._resolver.resources.items():
            if resource["Type"] == resource_type:
                for value in self._resolver.resolve(resource["Properties"].get(name, [])):
                    yield logical_id, str(value)

    def _roles(self) -> Mapping[str, set[str]]:
        """Role ARN -> what assumes it: names of functions, "schedule/<name>",
        "workflow/<name>", "deployment"."""
        users: dict[str, set[str]] = defaultdict(set)
        for logical_id, role in self._used("AWS::Lambda::Function", "Role"):
            users[role].add(self.own(logical_id))
        for logical_id, role in self._used("AWS::Scheduler::Schedule", "Target", "RoleArn"):
            users[role].add(f"schedule/{self.own(logical_id)}")
        for logical_id, role in self._used("AWS::StepFunctions::StateMachine", "RoleArn"):
            users[role].add(f"workflow/{self.own(logical_id)}")
        for _, role in self._used("AWS::DAX::Cluster", "IAMRoleARN"):
            users[role].add("cache")
        for _, role in self._used("AWS::CodeDeploy::DeploymentGroup", "ServiceRoleArn"):
            users[role].add("deployment")
        return users

    def _tables(self) -> Mapping[str, str]:
        """Physical name of a table -> its reference, from the variable that hands it to code:
        TABLE_NAME is the service's table, IDEMPOTENCY_TABLE_NAME is "table:idempotency". The table
        whose changes start a function is the service's, too."""
        found = {}
        for logical_id, arn in self._used("AWS::Lambda::EventSourceMapping", "EventSourceArn"):
            if followed := TABLE_STREAM.search(arn):
                started = self._resolver.resources[logical_id]["Properties"]["FunctionName"]
                alias = str(self._resolver.resolve(started)).rpartition(":")[2].lower()
                stage = alias if alias in self._stages else ""
                found[followed[1]] = f"table:{stage}".removesuffix(":")
        for resource in self._resolver.resources.values():
            if resource["Type"] != "AWS::Lambda::Function":
                continue
            variables = resource["Properties"].get("Environment", {}).get("Variables", {})
            for name, value in variables.items():
                if match := TABLE_VARIABLE.match(name):
                    of = (match[1] or "").lower().replace("_", "-")
                    found[str(self._resolver.resolve(value))] = f"table:{of}".removesuffix(":")
        return found

    def _log_group(self, arn: str, stage: str) -> str:
        """Reference of a log group that is no function's, "" for one that may be."""
        if arn in self.workflow_logs:
            return f"log-group:workflow/{self.workflow_logs[arn]}"
        own = f"{stage}-api" if stage else "api"
        return f"log-group:{own}" if arn in self.access_logs else ""

    def _stage(self, name: str) -> str:
        """The stage that a physical name, without what comes before the stack's, belongs to."""
        own = name.partition(self._prefix.rstrip("-"))[2].removeprefix("-")
        return own if own in self._stages else ""

    def _beginning(self, name: str) -> str:
        """The stage that a physical name begins with, after the stack's."""
        own = name.removeprefix(self._prefix)
        return next((stage for stage in self._stages if own.startswith(f"{stage}-")), "")

    def _title(self, logical_id: str) -> str:
        """What an API is called: a property of it, and no part of its ARN."""
        properties = self._resolver.resources[logical_id].get("Properties", {})
        return str(self._resolver.resolve(properties.get("Name", "")))

    def reference(self, logical_id: str, kind: str, arn: str) -> str:
        """Reference of a resource, not yet unique."""
        name = self._resolver.physical(logical_id)
        stage = self._stage(self._title(logical_id) if kind == "api" else name)
        by_place = {
            "api": f"api:{stage}".removesuffix(":"),
            "bucket": f"bucket:{self.buckets.get(name, 'unused')}",
            "key": f"key:{self.keys.get(arn, 'unused')}",
            "log-group": self._log_group(arn.removesuffix(":*"), stage),
            "secret": f"secret:{self._beginning(name)}".removesuffix(":"),
            "cache": "cache",
            "cache-user": "cache-user",
            "network": "network",
            "security-group": f"security-group:{self.security_groups.get(name, 'unused')}",
            "role": f"role:{'+'.join(sorted(self.roles.get(arn, ['unused'])))}",
            "table": self.tables.get(name, ""),
            "topic": "topic:notifications" if arn in self.topics else "",
        }.get(kind, "")
        if by_place:
            return by_place
        if kind == "subnet":
            return f"subnet:{self._zone(logical_id)}"
        if kind == "log-group":
            return f"log-group:{name.removeprefix('/aws/lambda/').removeprefix(self._prefix)}"
        if not self._resolver.is_named(logical_id):
            return f"{kind}:unnamed"
        own = self.own(logical_id)
        if kind == "queue":
            own = own.removesuffix(".fifo")
        return f"{kind}:{own}".removesuffix(":")


def references(
    resolver: Resolver, stages: tuple[str, ...] = ()
) -> tuple[References, Mapping[str, str]]:
    """The registry and the reference of each logical id. Names that would collide are numbered."""
    graph, registry = _Graph(resolver, stages), References(resolver.pseudo.stack)
    found: dict[str, str] = {}
    for logical_id, resource in resolver.resources.items():
        kind = _KINDS.get(resource["Type"])
        if kind is None:
            continue
        of_type = TYPES[resource["Type"]]
        arn = resolver.format(logical_id, of_type.arn) if of_type.arn else None
        wanted = graph.reference(logical_id, kind, arn or "")
        unique = (f"{wanted}~{number}" for number in itertools.count(2))
        reference = wanted
        while reference in found.values():
            reference = next(unique)
        found[logical_id] = reference
        registry.add(
            reference,
            arn=arn,
            name=resolver.physical(logical_id),
            value=resolver.format(logical_id, of_type.stands_for) if of_type.stands_for else None,
        )
    return registry, found
