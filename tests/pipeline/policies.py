"""The roles in pipeline/bootstrap.yaml: exact trust, bounded names, no way to more rights.

The template is resolved for one environment and its statements are read as IAM would. What
CloudFormation needs to make the stack comes from the resource types' own schemas, which cfn-lint
brings: each names the actions that its handlers call.
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

ACCOUNT = "123456789012"
INLINE_CHARACTERS = 10_240
"""What all inline policies of a role may have together, without white space (IAM quotas)."""
MANAGED_CHARACTERS = 6_144
"""What a managed policy may have, without white space (IAM quotas)."""

NO_RESOURCE = {
    "dax:CreateParameterGroup",
    "dax:CreateSubnetGroup",
    "dax:DeleteParameterGroup",
    "dax:DeleteSubnetGroup",
    "dax:DescribeParameterGroups",
    "dax:DescribeParameters",
    "dax:DescribeSubnetGroups",
    "dax:UpdateParameterGroup",
    "dax:UpdateSubnetGroup",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEncryptionControls",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcs",
    "kms:ListAliases",
    "lambda:GetAccountSettings",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "secretsmanager:GetRandomPassword",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions for which AWS offers no resource (Service Authorization Reference)."""

BOUND_BY_CONDITION = {
    "kms:CreateKey": "aws:RequestTag/service",
    "kms:TagResource": "aws:RequestTag/service",
    "lambda:CreateEventSourceMapping": "lambda:FunctionArn",
    "lambda:DeleteEventSourceMapping": "lambda:FunctionArn",
    "lambda:GetEventSourceMapping": "lambda:FunctionArn",
    "lambda:UpdateEventSourceMapping": "lambda:FunctionArn",
}
"""Actions on something that has no name yet -> the condition that bounds them instead."""

NAMELESS = (
    "arn:aws:apigateway:{region}::/apis",
    "arn:aws:apigateway:{region}::/apis/*",
    "arn:aws:apigateway:{region}::/tags/*",
    "arn:aws:billing::{account}:billingview/*",
    "arn:aws:cloudformation:{region}:aws:transform/Serverless-2016-10-31",
    "arn:aws:cloudwatch:{region}:{account}:alarm:*",
    "arn:aws:codedeploy:{region}:{account}:deploymentconfig:CodeDeployDefault.*",
    "arn:aws:dax:{region}:{account}:cache/*",
    "arn:aws:ec2:{region}:{account}:*/*",
    "arn:aws:ec2:{region}:*:*/*",
    "arn:aws:ec2:{region}:{account}:security-group-rule/*",
    "arn:aws:iam::{account}:role/aws-service-role/dax.amazonaws.com/AWSServiceRoleForDAX",
    "arn:aws:iam::{account}:role/aws-service-role/elasticache.amazonaws.com/AWSServiceRoleForElastiCache",
    "arn:aws:iam::{account}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
    "arn:aws:kms:{region}:{account}:key/*",
    "arn:aws:lambda:{region}:{account}:event-source-mapping:*",
    "arn:aws:logs:{region}:{account}:log-group:*",
)
"""Resources whose ARN cannot begin with the environment's name; the actions on them are few."""

KINDS = (
    "",
    "alarm:",
    "alias/",
    "application:",
    "budget/",
    "dashboard/",
    "event-bus/",
    "deploymentgroup:",
    "function:",
    "layer:",
    "log-group:/aws/apigateway/",
    "log-group:/aws/lambda/",
    "log-group:/aws/vendedlogs/states/",
    "rule/",
    "role/pipeline/",
    "rule/",
    "schedule-group/",
    "schedule/",
    "secret:",
    "stack/",
    "stateMachine:",
    "serverlesscache:",
    "stream/",
    "table/",
    "user:",
    "usergroup:",
)
"""What stands in an ARN before the name that begins with the environment's."""

READS = ("Describe", "Get", "List")


@dataclass(frozen=True)
class Statement:
    """An allowing statement of a role's policy, resolved: what it allows on what, and when."""

    role: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]

    @property
    def asked(self) -> set[str]:
        """The condition keys it asks for."""
        return {key for operator in self.conditions.values() for key in operator}


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms as their long ones."""


def _short(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt":
        value = value.split(".")
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short)


def load(project: Path) -> dict[str, Any]:
    """The bootstrap template of a rendered project, with long forms of its functions."""
    text = (project / "pipeline" / "bootstrap.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.load(text, _Loader))


@dataclass(frozen=True)
class Place:
    """Where the template is deployed to."""

    slug: str
    environment: str
    region: str
    subject: str = "repo:example@1/order-service@2"
    guards: tuple[str, ...] = ()
    """The forge's environments whose jobs act here, where they are others than this one."""
    answered_boundary: str = ""
    """Path and name of the policy that was answered instead of the pipeline's own."""

    @property
    def boundary(self) -> str:
        """The policy that bounds every role of the service."""
        name = self.answered_boundary or f"pipeline/{self.prefix}-boundary"
        return f"arn:aws:iam::{ACCOUNT}:policy/{name}"

    @property
    def prefix(self) -> str:
        """How the names of the environment's resources begin."""
        return f"{self.slug}-{self.environment}"


class _Resolver:
    """Replaces a template's functions by what AWS would put there."""

    def __init__(self, resources: Mapping[str, Any], place: Place) -> None:
        self.resources = resources
        self.known = {
            "AWS::Partition": "aws",
            "AWS::Region": place.region,
            "AWS::AccountId": ACCOUNT,
            "Environment": place.environment,
            "SubjectPrefix": place.subject,
        }

    def ref(self, name: str) -> str:
        """What a parameter, a pseudo parameter, a resource or an attribute of one stands for."""
        if name in self.known:
            return self.known[name]
        logical_id, _, attribute = name.partition(".")
        resource = self.resources[logical_id]
        properties = {key: self(part) for key, part in resource["Properties"].items()}
        name = {
            "AWS::IAM::Role": "arn:aws:iam::{account}:role{Path}{RoleName}",
            "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy{Path}{ManagedPolicyName}",
            "AWS::S3::Bucket": "arn:aws:s3:::{BucketName}" if attribute else "{BucketName}",
        }[resource["Type"]]
        return name.format(account=ACCOUNT, **properties)

    def __call__(self, value: Any) -> Any:
        """The value without functions; raises KeyError for a name that stands for nothing."""
        match value:
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([^}]+)\}", lambda found: self.ref(found[1]), text)
            case {"Ref": str(name)}:
                return self.ref(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return self.ref(f"{name}.{attribute}")
            case dict():
                return {key: self(part) for key, part in value.items()}
            case list():
                return [self(part) for part in value]
        return value


def resolve(template: Mapping[str, Any], place: Place) -> Any:
    """The template's resources with their functions replaced by what AWS would put there."""
    return _Resolver(template["Resources"], place)(template["Resources"])


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _documents(resources: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in resources.items():
        properties = resource["Properties"]
        for policy in properties.get("Policies", []):
            yield name, policy["PolicyDocument"]
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            yield name, properties["PolicyDocument"]


def statements(resources: Mapping[str, Any]) -> list[Statement]:
    """All allowing statements of all roles and of the boundary.

    Those of a policy that is attached to roles count as the roles' own.
    """
    return [
        Statement(
            role=role,
            sid=statement.get("Sid", ""),
            actions=_listed(statement["Action"]),
            resources=_listed(statement["Resource"]),
            conditions=statement.get("Condition", {}),
        )
        for name, document in _documents(resources)
        for role in _holders(resources, name)
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
    ]


def _holders(resources: Mapping[str, Any], name: str) -> list[str]:
    """The logical ids of the roles that have the policies of resource `name`."""
    attached = [role.split("/")[-1] for role in resources[name]["Properties"].get("Roles", [])]
    return [
        role for role, own in _of(resources, "AWS::IAM::Role") if own["RoleName"] in attached
    ] or [name]


def findings(template: Mapping[str, Any], place: Place) -> list[str]:
    """What is too wide in the roles of one environment, one line each."""
    resources = resolve(template, place)
    allowed = statements(resources)
    return [
        *_trust(resources, place),
        *(finding for statement in allowed for finding in _bounds(statement, place)),
        *_escalation(resources, allowed, place),
        *_sizes(resources),
    ]


def _trust(resources: Mapping[str, Any], place: Place) -> Iterator[str]:
    """Who may assume a role: this environment's jobs, or one service; nobody by a pattern."""
    issuer = "token.actions.githubusercontent.com"
    for name, role in _of(resources, "AWS::IAM::Role"):
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            principal = statement["Principal"]
            if "Service" in principal:
                if statement["Action"] != "sts:AssumeRole" or "*" in str(principal):
                    yield f"D02 {name} trusts {principal}"
                continue
            guard = role["RoleName"].removeprefix(f"{place.slug}-").removesuffix("-deploy")
            if guard not in (place.guards or (place.environment,)):
                yield f"D02 {name} is called {role['RoleName']}, after no environment"
            wanted = {
                f"{issuer}:aud": "sts.amazonaws.com",
                f"{issuer}:sub": f"{place.subject}:environment:{guard}",
            }
            provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"
            if principal != {"Federated": provider}:
                yield f"D02 {name} trusts {principal}"
            if statement["Action"] != "sts:AssumeRoleWithWebIdentity":
                yield f"D02 {name} is assumed by {statement['Action']}"
            if statement.get("Condition") != {"StringEquals": wanted}:
                yield f"D02 {name} trusts whoever meets {json.dumps(statement.get('Condition'))}"


def _of(resources: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in resources.items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]


def _named(resource: str, place: Place) -> bool:
    """Whether an ARN's own part begins with the environment's name, or lies under its path."""
    *_, own = resource.split(":", 5)
    path = f"/{place.slug}/{place.environment}/"
    # AWS names buckets, and keeps so many characters of the stack's name.
    prefix = place.prefix[:24] if resource.startswith("arn:aws:s3:") else place.prefix
    return own.startswith((f"role{path}", f"parameter{path}")) or any(
        own.startswith(f"{kind}{prefix}") for kind in KINDS
    )


def _bounds(statement: Statement, place: Place) -> Iterator[str]:
    """Never `*` on `*`; names of this environment, unless AWS has none to offer."""
    where = f"{statement.role} {statement.sid}"
    for action in statement.actions:
        service, _, verb = action.partition(":")
        if "*" in service or verb.startswith("*") or not verb:
            yield f"F01 {where} allows {action}"
        elif "*" in verb and not verb.startswith(READS):
            yield f"F01 {where} allows {action}, more than it names"
        bound = BOUND_BY_CONDITION.get(action)
        free = action in NO_RESOURCE or (bound and bound in statement.asked)
        if "*" in statement.resources and not free:
            yield f"F01 {where} allows {action} on everything"
        yield from _networks_of_others(action, statement)
    for resource in statement.resources:
        if resource != "*" and not _bounded(resource, place):
            yield f"F01 {where} reaches {resource}"


CHANGES = ("Associate", "Delete", "Disassociate", "Modify", "Replace")


def _networks_of_others(action: str, statement: Statement) -> Iterator[str]:
    """Nothing of a network has a name: what is there is told from others' by its tags. A cluster's
    interfaces, which AWS makes, have none."""
    service, _, verb = action.partition(":")
    ours = {"aws:ResourceTag/service", "aws:ResourceTag/environment"} <= statement.asked
    if service == "ec2" and verb.startswith(CHANGES) and not ours and "Interface" not in verb:
        yield f"F01 {statement.role} {statement.sid} allows {action} on networks of others"


def _bounded(resource: str, place: Place) -> bool:
    """Whether an ARN is the environment's own, or one of those that can't be."""
    if resource.startswith("arn:aws:execute-api:"):
        # The API's id is not known before it is made; its stage and routes are.
        return resource.partition(":*/")[2].startswith("$default/")
    nameless = {arn.format(region=place.region, account=ACCOUNT) for arn in NAMELESS}
    return resource in nameless or _named(resource, place)


GIVES = ("iam:CreateRole", "iam:Put*", "iam:Attach*", "iam:DeleteRolePolicy")
"""Actions that give a role rights: only on a role that has the boundary."""
FREES = (
    "iam:DeleteRolePermissionsBoundary",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
)
"""Actions that would loosen the boundary."""


def _escalation(
    resources: Mapping[str, Any], allowed: Iterable[Statement], place: Place
) -> Iterator[str]:
    """No role gives itself or another more: boundary on all it makes, roles passed to few."""
    own = [
        f"arn:aws:iam::{ACCOUNT}:role{role['Path']}{role['RoleName']}"
        for _, role in _of(resources, "AWS::IAM::Role")
    ]
    own += [
        f"arn:aws:iam::{ACCOUNT}:policy{policy['Path']}{policy['ManagedPolicyName']}"
        for _, policy in _of(resources, "AWS::IAM::ManagedPolicy")
    ]
    for statement in allowed:
        where = f"{statement.role} {statement.sid}"
        changed = [action for action in statement.actions if action.startswith("iam:")]
        if "iam:PassRole" in changed:
            changed.remove("iam:PassRole")
            if "iam:PassedToService" not in statement.asked:
                yield f"D02 {where} gives a role to any service"
        for action in changed:
            yield from (f"D02 {where}: {fault}" for fault in _frees(action, statement, place))
            for arn in (arn for arn in own if _matches(arn, statement.resources)):
                yield f"D02 {where} allows {action} on {arn}, a role of the pipeline"
        stack = any(":stack/" in resource for resource in statement.resources)
        if "cloudformation:CreateChangeSet" in statement.actions and stack:
            needed = {"cloudformation:RoleArn", "cloudformation:ImportResourceTypes"}
            if not needed <= statement.asked:
                yield f"D02 {where} may deploy with another role, or take in others' resources"


def _frees(action: str, statement: Statement, place: Place) -> Iterator[str]:
    """How an action on roles gets round the boundary."""
    bound = statement.conditions.get("ArnEquals", {}).get("iam:PermissionsBoundary")
    if _matches(action, GIVES) and bound != place.boundary:
        yield f"allows {action} without the boundary"
    if action in FREES:
        yield f"allows {action}"


def _matches(value: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)


def _sizes(resources: Mapping[str, Any]) -> Iterator[str]:
    characters: dict[str, int] = {}
    for name, document in _documents(resources):
        size = len("".join(json.dumps(document).split()))
        characters[name] = characters.get(name, 0) + size
    for name, size in characters.items():
        managed = resources[name]["Type"] == "AWS::IAM::ManagedPolicy"
        most = MANAGED_CHARACTERS if managed else INLINE_CHARACTERS
        if size > most:
            yield f"D02 {name} has {size} characters of policy, and IAM takes {most}"


UNUSED: Mapping[str, str] = {
    "apigateway:TagResource": "IAM has no such action: tags are a POST to /tags",
    "apigateway:UntagResource": "IAM has no such action: tags are a DELETE of /tags",
    "firehose:": "no log group delivers to Firehose",
    "ec2:DescribeInstances": "no servers",
    "ec2:AssociateSubnetCidrBlock": "a subnet has one block",
    "ec2:DisassociateSubnetCidrBlock": "a subnet has one block",
    "ec2:CreateVpcEncryptionControl": "not asked for",
    "ec2:ModifyVpcTenancy": "no servers",
    "elasticache:ModifyReplicationGroup": "the cache has no nodes",
    "vpc-lattice:": "endpoints of AWS's services only",
    "vpce:AllowMultiRegion": "endpoints of the stack's own Region",
    "elasticfilesystem:": "no function mounts a file system",
    "s3files:": "no function mounts a file system",
    "lambda:AssociateRuntimeAlias": "not a public action",
    "lambda:DeleteFunctionCodeSigningConfig": "no code signing",
    "lambda:PutFunctionCodeSigningConfig": "no code signing",
    "lambda:PassCapacityProvider": "no capacity provider",
    "lambda:PutFunctionScalingConfig": "no capacity provider",
    "kms:CreateGrant": "only AWS's own keys for functions and tables",
    "kms:Decrypt": "only AWS's own keys for functions and tables",
    "kms:Encrypt": "only AWS's own keys for functions and tables",
    "kms:GenerateDataKey": "only AWS's own keys for functions and tables",
    "kms:ListAliases": "only AWS's own keys for tables",
    "kms:RevokeGrant": "only AWS's own keys for tables",
    "kms:ReEncrypt": "AWS's own key for events on their way",
    "kms:ReEncryptFrom": "AWS's own key for events on their way",
    "kms:ReEncryptTo": "AWS's own key for events on their way",
    "kinesis:DecreaseStreamRetentionPeriod": "a stream keeps records for a day, the least",
    "kinesis:DisableEnhancedMonitoring": "no metrics of single shards",
    "kinesis:EnableEnhancedMonitoring": "no metrics of single shards",
    "kinesis:StopStreamEncryption": "streams are always encrypted",
    "kinesis:UpdateMaxRecordSize": "records of the usual size",
    "kinesis:UpdateShardCount": "streams are on demand",
    "kinesis:UpdateStreamMode": "streams are on demand",
    "kinesis:UpdateStreamRecordDistributionStrategy": "not set",
    "kinesis:UpdateStreamWarmThroughput": "no throughput ahead of demand",
    "events:PutPermission": "no other account puts events on the bus",
    "events:RemovePermission": "no other account puts events on the bus",
    "iam:AttachRolePolicy": "no role has a managed policy",
    "iam:DetachRolePolicy": "no role has a managed policy",
    "iam:DeleteRolePermissionsBoundary": "no role may lose its boundary",
    "logs:AssociateKmsKey": "log groups have AWS's own key",
    "logs:DisassociateKmsKey": "log groups have AWS's own key",
    "logs:DeleteDataProtectionPolicy": "no data protection policy",
    "logs:PutDataProtectionPolicy": "no data protection policy",
    "logs:DeleteIndexPolicy": "no index policy",
    "logs:PutIndexPolicy": "no index policy",
    "logs:DeleteResourcePolicy": "made by the access log only",
    "logs:PutBearerTokenAuthentication": "no bearer token",
    "logs:PutLogGroupDeletionProtection": "no deletion protection",
    "logs:CreateLogStream": "of a table that is imported",
    "logs:DescribeLogStreams": "of a table that is imported",
    "logs:PutLogEvents": "of a table that is imported",
    "s3:GetObjectMetadata": "of a table that is imported",
    "s3:ListBucket": "of a table that is imported",
    "s3:REST.PUT.OBJECT": "not an action",
    "s3:CreateBucketMetadataTableConfiguration": "no metadata table",
    "s3:DeleteBucketMetadataTableConfiguration": "no metadata table",
    "s3:UpdateBucketMetadata": "no metadata table",
    "s3tables:": "no metadata table",
    "s3:DeleteBucketAnalyticsConfiguration": "no analytics",
    "s3:PutAnalyticsConfiguration": "no analytics",
    "s3:DeleteBucketCors": "no browser asks for objects",
    "s3:PutBucketCORS": "no browser asks for objects",
    "s3:DeleteBucketEncryption": "encryption stays",
    "s3:DeleteBucketLifecycle": "objects expire",
    "s3:DeleteBucketMetricsConfiguration": "no metrics of requests",
    "s3:PutMetricsConfiguration": "no metrics of requests",
    "s3:DeleteBucketReplication": "no replication",
    "s3:PutBucketReplication": "no replication",
    "s3:PutReplicationConfiguration": "no replication",
    "s3:DeleteBucketWebsite": "no website",
    "s3:PutBucketWebsite": "no website",
    "s3:DeleteObject": "no object is CloudFormation's",
    "s3:PutObjectAcl": "no access lists",
    "s3:PutBucketAcl": "no access lists",
    "s3:PutAccelerateConfiguration": "no acceleration",
    "s3:PutBucketAbac": "no access by tags",
    "s3:PutBucketLogging": "no log of access",
    "s3:PutBucketObjectLockConfiguration": "no object is locked",
    "s3:PutObjectLockConfiguration": "no object is locked",
    "s3:PutIntelligentTieringConfiguration": "objects expire before they would move",
    "s3:PutInventoryConfiguration": "no inventory",
    "s3:getObject": "the API's definition is in the template",
    "dynamodb:AssociateTableReplica": "no global table",
    "dynamodb:BatchWriteItem": "no global table",
    "dynamodb:CreateTableReplica": "no global table",
    "dynamodb:DeleteItem": "no global table",
    "dynamodb:GetItem": "no global table",
    "dynamodb:PutItem": "no global table",
    "dynamodb:Query": "no global table",
    "dynamodb:Scan": "no global table",
    "dynamodb:UpdateItem": "no global table",
    "dynamodb:DeleteResourcePolicy": "no policy on a table",
    "dynamodb:PutResourcePolicy": "no policy on a table",
    "dynamodb:DescribeImport": "no table is imported",
    "dynamodb:ImportTable": "no table is imported",
    "dynamodb:DisableKinesisStreamingDestination": "no table streams to Kinesis",
    "dynamodb:EnableKinesisStreamingDestination": "no table streams to Kinesis",
    "dynamodb:UpdateKinesisStreamingDestination": "no table streams to Kinesis",
    "dynamodb:UpdateContributorInsights": "no contributor insights",
    "sns:PutDataProtectionPolicy": "no data protection policy",
    "sns:SetSubscriptionAttributes": "subscriptions have no attributes",
    "codedeploy:RegisterOnPremisesInstance": "no servers",
    "secretsmanager:RemoveRegionsFromReplication": "no replica",
    "secretsmanager:ReplicateSecretToRegions": "no replica",
}
"""Actions that a resource type's handlers know and this service does not need: why."""

UNUSED_BY: Mapping[tuple[str, str], str] = {
    ("AWS::Logs::LogGroup", "logs:CreateLogDelivery"): "the API's stage has it",
    ("AWS::Logs::LogGroup", "logs:PutResourcePolicy"): "the API's stage has it",
    ("AWS::DynamoDB::Table", "iam:CreateServiceLinkedRole"): "no replica, no scaling",
    ("AWS::Events::Rule", "iam:PassRole"): "Lambda takes no role of a rule",
    ("AWS::S3::Bucket", "iam:PassRole"): "no replication",
    ("AWS::SNS::Topic", "iam:GetRole"): "no delivery logging",
    ("AWS::SNS::Topic", "iam:PassRole"): "no delivery logging",
    ("AWS::DynamoDB::Table", "kms:DescribeKey"): "AWS's own key",
    ("AWS::DynamoDB::Table", "kinesis:DescribeStream"): "no table streams to Kinesis",
    ("AWS::DynamoDB::Table", "kinesis:PutRecords"): "no table streams to Kinesis",
    ("AWS::Lambda::EventSourceMapping", "kms:DescribeKey"): "AWS's own key for filters",
}
"""The same for one resource type."""


PROVISIONING = {
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:PutProvisionedConcurrencyConfig",
}
"""Needed where an alias has provisioned concurrency."""


@cache
def handler_actions(kind: str) -> frozenset[str]:
    """The IAM actions that CloudFormation's handlers of a resource type call, by its schema."""
    from cfnlint.schema.manager import (  # noqa: PLC0415  two seconds to import
        PROVIDER_SCHEMA_MANAGER,
    )

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", kind).schema
    handlers = schema.get("handlers", {})
    return frozenset(
        action
        for name in ("create", "read", "update", "delete")
        for action in handlers.get(name, {}).get("permissions", [])
    )


IN_A_VPC = ("ec2:",)
"""Actions that a function needs which is in a VPC, and no other."""

OF_AN_OWN_KEY = ("kms:", "logs:AssociateKmsKey", "logs:DisassociateKmsKey")
"""Actions of `UNUSED` that are used all the same where the service has a key of its own."""


def missing(
    template: Mapping[str, Any], place: Place, kinds: Iterable[str], *, provisioned: bool = False
) -> list[str]:
    """Actions that CloudFormation needs for resources of these types and its role doesn't allow.

    `provisioned`: some alias has provisioned concurrency.
    """
    allowed = [
        action
        for statement in statements(resolve(template, place))
        if statement.role == "ExecutionRole"
        for action in statement.actions
    ]
    kinds = set(kinds)
    shifting = "AWS::CodeDeploy::Application" in kinds
    own_key = "AWS::KMS::Alias" in kinds
    unused_here = [u for u in UNUSED if not (own_key and u.startswith(OF_AN_OWN_KEY))]
    unused_here += IN_A_VPC if "AWS::EC2::SecurityGroup" not in kinds else ()
    return sorted(
        f"{kind} needs {action}"
        for kind in kinds
        for action in handler_actions(kind)
        if (shifting or not action.startswith("codedeploy:"))
        and not any(action.startswith(unused) for unused in unused_here)
        and (kind, action) not in UNUSED_BY
        and (provisioned or action not in PROVISIONING)
        and not _matches(action, allowed)
    )
