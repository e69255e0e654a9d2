"""Read a plain CloudFormation template (SAM after its translator, CDK, osls) into the model.

Three steps. `intrinsics` gives every resource a physical name and resolves every function, so that
what is left is what CloudFormation would send to AWS. `references` says what each resource is in
the service. The `read_*` functions here fill the model in.

Nothing is passed over in silence: a resource type without a reader, and a property that no reader
asked for, raise `UnreadError`. What is deliberately not part of the model is named in `ignore`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance import model
from tests.conformance.intrinsics import PUBLISHED, Pseudo, Resolver, UnreadError
from tests.conformance.references import (
    STREAM_VARIABLE,
    TABLE_VARIABLE,
    References,
    references,
)


class Properties:
    """The resolved properties of a resource, each of which has to be asked for or ignored.

    Every method takes AWS's name of a property. `done` raises UnreadError naming what is left.
    """

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        self.where = where
        self._left = dict(values)
        self._within: list[Properties] = []

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def take(self, name: str, default: Any = None) -> Any:
        """The value as it is, `default` when not written."""
        return self._left.pop(name, default)

    def need(self, name: str) -> Any:
        """The value of a property that AWS requires; raises UnreadError without it."""
        if name not in self._left:
            raise UnreadError(f"{self.where}: {name} is required")
        return self._left.pop(name)

    def text(self, name: str, default: str = "") -> str:
        """The value as a string."""
        return str(self.take(name, default))

    def integer(self, name: str) -> int | None:
        """The value as a whole number, None when not written."""
        value = self.take(name)
        return None if value is None else int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """The value as a boolean; CloudFormation takes "true" and "false" as such too."""
        return truth(self.take(name, default))

    def items(self, name: str) -> list[Any]:
        """The value as a list, a single value as a list of one."""
        return listed(self.take(name, []))

    def inner(self, name: str) -> Properties:
        """The properties of a nested object, empty when not written."""
        nested = Properties(f"{self.where}.{name}", self.take(name, {}))
        self._within.append(nested)
        return nested

    def objects(self, name: str) -> list[Properties]:
        """The properties of each object of a list."""
        where = f"{self.where}.{name}"
        nested = [Properties(f"{where}[{n}]", item) for n, item in enumerate(self.items(name))]
        self._within += nested
        return nested

    def ignore(self, *names: str) -> None:
        """Leave these out of the model."""
        for name in names:
            self._left.pop(name, None)

    def rest(self) -> dict[str, Any]:
        """Everything that is left, for objects whose keys are free."""
        left, self._left = self._left, {}
        return left

    def done(self) -> None:
        """Raise UnreadError unless everything was read or ignored, here and in nested objects."""
        if self._left:
            raise UnreadError(f"{self.where}: no reader for {', '.join(sorted(self._left))}")
        for nested in self._within:
            nested.done()


def listed(value: Any) -> list[Any]:
    """A list stays, anything else becomes a list of one."""
    return value if isinstance(value, list) else [value]


def kept(resource: Mapping[str, Any], attribute: str) -> bool:
    """Whether a resource outlives its deletion from the stack or its replacement.

    RetainExceptOnCreate keeps whatever a finished stack held.
    """
    return resource.get(attribute, "Delete") in {"Retain", "RetainExceptOnCreate"}


def truth(value: Any) -> bool:
    """CloudFormation's booleans: true, false and these as strings."""
    if str(value).lower() not in {"true", "false"}:
        raise UnreadError(f"{value!r} is no boolean")
    return str(value).lower() == "true"


def pairs(values: Mapping[str, Any]) -> model.Pairs:
    """A mapping as the model holds it."""
    return tuple(sorted((key, str(value)) for key, value in values.items()))


def tags(*written: Any) -> model.Pairs:
    """Tags from a list of Key and Value or a mapping, later ones winning.

    What SAM's translator marks its own resources with is no tag of the service.
    """
    merged: dict[str, Any] = {}
    for some in written:
        if isinstance(some, Mapping):
            merged.update(some)
        else:
            merged.update({item["Key"]: item["Value"] for item in some or ()})
    return pairs({key: value for key, value in merged.items() if not key.endswith(":createdBy")})


def statements(document: Any, registry: References) -> tuple[model.Statement, ...]:
    """A policy document in the model's form: one statement per effect, resource, principal and
    condition. Raises UnreadError for NotAction, NotResource and NotPrincipal."""
    grouped: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for number, written in enumerate(listed(document["Statement"])):
        statement = Properties(f"Statement[{number}]", written)
        statement.ignore("Sid")
        effect, actions = statement.text("Effect", "Allow"), statement.items("Action")
        resources = statement.items("Resource") or [""]
        principals = _principals(statement.take("Principal", {}))
        conditions = _conditions(statement.take("Condition", {}), registry)
        statement.done()
        for resource in resources:
            grouped[effect, registry.of(resource), principals, conditions].update(actions)
    return tuple(
        model.Statement(
            effect=effect,
            actions=tuple(sorted(actions)),
            resource=resource,
            principals=principals,
            conditions=conditions,
        )
        for (effect, resource, principals, conditions), actions in sorted(
            grouped.items(), key=lambda item: str(item[0])
        )
    )


def _principals(written: Any) -> tuple[str, ...]:
    if isinstance(written, str):
        return (written,)
    return tuple(
        sorted(f"{kind}:{name}" for kind, names in written.items() for name in listed(names))
    )


def _conditions(
    written: Mapping[str, Mapping[str, Any]], registry: References
) -> tuple[model.Condition, ...]:
    return tuple(
        model.Condition(
            operator=operator,
            key=key,
            values=tuple(registry.of(_plain(value)) for value in listed(values)),
        )
        for operator, tests in sorted(written.items())
        for key, values in sorted(tests.items())
    )


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass
class Reading:
    """One pass over a template: what is resolved, and the model as far as it is filled in."""

    resolver: Resolver
    references: References
    of: Mapping[str, str]
    stack_tags: Mapping[str, str]
    parts: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    permissions: list[model.Permission] = field(default_factory=list)

    def name(self, logical_id: str) -> str:
        """Neutral name without its kind; the kind where there is only one (api, table)."""
        kind, colon, name = self.of[logical_id].partition(":")
        return name if colon else kind

    def tags(self, properties: Properties, name: str = "Tags") -> model.Pairs:
        """Tags of a resource: those of its stack and its own."""
        return tags(self.stack_tags, properties.take(name, []))

    def optional(self, value: Any) -> str | None:
        """Reference for an ARN that may be missing."""
        return None if value is None else self.references.of(value)

    def placed(self, properties: Properties, name: str, kind: str) -> tuple[str, ...]:
        """Sorted references for a list of ids of subnets or security groups."""
        return tuple(sorted(self.references.named(kind, i) for i in properties.items(name)))

    def all(self, resource_type: str) -> Iterator[tuple[str, Mapping[str, Any], Properties]]:
        """(logical id, resource, resolved properties) of each resource of a type."""
        for logical_id, resource in self.resolver.resources.items():
            if resource["Type"] == resource_type:
                resolved = self.resolver.resolve(resource.get("Properties", {}))
                yield logical_id, resource, Properties(logical_id, resolved)


def read_functions(r: Reading) -> None:
    """AWS::Lambda::Function; the code's location differs by tool and is checked on packages."""
    for logical_id, _, p in r.all("AWS::Lambda::Function"):
        p.ignore("Code", "Description", "PackageType")
        network = p.inner("VpcConfig")
        logging, tracing = p.inner("LoggingConfig"), p.inner("TracingConfig")
        storage, dead_letter = p.inner("EphemeralStorage"), p.inner("DeadLetterConfig")
        group = logging.take("LogGroup")
        r.parts["functions"][r.name(logical_id)] = model.Function(
            physical_name=p.text("FunctionName"),
            handler=p.text("Handler"),
            runtime=p.text("Runtime"),
            architecture=",".join(p.items("Architectures")) or "x86_64",
            memory=p.integer("MemorySize"),
            timeout=p.integer("Timeout"),
            reserved_concurrency=p.integer("ReservedConcurrentExecutions"),
            layers=tuple(r.references.of(layer) for layer in p.items("Layers")),
            variables=_variables(r, p.inner("Environment").inner("Variables").rest()),
            role=r.references.of(p.need("Role")),
            tracing=tracing.text("Mode", "PassThrough"),
            logging=model.Logging(
                log_format=logging.text("LogFormat", "Text"),
                application_log_level=logging.take("ApplicationLogLevel"),
                system_log_level=logging.take("SystemLogLevel"),
                log_group=None if group is None else r.references.named("log-group", group),
            ),
            encryption=r.optional(p.take("KmsKeyArn")),
            ephemeral_storage=storage.integer("Size") or 512,
            recursive_loop=p.text("RecursiveLoop", "Terminate"),
            snap_start=p.inner("SnapStart").text("ApplyOn", "None"),
            dead_letter=r.optional(dead_letter.take("TargetArn")),
            subnets=r.placed(network, "SubnetIds", "subnet"),
            security_groups=r.placed(network, "SecurityGroupIds", "security-group"),
            tags=r.tags(p),
        )
        p.done()


def _variables(r: Reading, written: Mapping[str, Any]) -> model.Pairs:
    def neutral(name: str, value: Any) -> str:
        if TABLE_VARIABLE.match(name):
            return r.references.named("table", str(value))
        if STREAM_VARIABLE.match(name):
            return r.references.named("stream", str(value))
        if name == "BUCKET_NAME" or name.endswith("_BUCKET_NAME"):
            return r.references.named("bucket", str(value))
        if name.endswith("EVENT_BUS_NAME"):
            return r.references.named("event-bus", str(value))
        return r.references.of(value)

    return pairs({name: neutral(name, value) for name, value in written.items()})


def read_versions_and_aliases(r: Reading) -> None:
    """AWS::Lambda::Version and AWS::Lambda::Alias, with the CodeDeploy group that shifts it."""
    retained = {}
    for _, resource, p in r.all("AWS::Lambda::Version"):
        p.ignore("CodeSha256", "Description")
        owner = r.references.function(p.need("FunctionName"))
        retained[owner] = kept(resource, "DeletionPolicy")
        p.done()
    groups = dict(_deployment_groups(r))
    for logical_id, resource, p in r.all("AWS::Lambda::Alias"):
        p.ignore("Description")
        owner, name = r.references.function(p.need("FunctionName")), p.text("Name")
        version = p.text("FunctionVersion")
        provisioned = p.inner("ProvisionedConcurrencyConfig")
        r.parts["aliases"][f"{owner.removeprefix('function:')}:{name}"] = model.Alias(
            function=owner,
            version=version,
            retained=version == PUBLISHED and retained[owner],
            provisioned_concurrency=provisioned.integer("ProvisionedConcurrentExecutions"),
        )
        p.done()
        _deployment(r, logical_id, resource, f"{owner}:{name}", groups)


def _deployment_groups(r: Reading) -> Iterator[tuple[str, tuple[str, Properties]]]:
    """Physical name -> (logical id, properties) of CodeDeploy's deployment groups."""
    for _, _, p in r.all("AWS::CodeDeploy::Application"):
        if p.text("ComputePlatform") != "Lambda":
            raise UnreadError(f"{p.where}: an application for something else than Lambda")
        p.ignore("ApplicationName", "Tags")
        p.done()
    for logical_id, _, p in r.all("AWS::CodeDeploy::DeploymentGroup"):
        yield r.resolver.physical(logical_id), (logical_id, p)


def _deployment(
    r: Reading,
    logical_id: str,
    resource: Mapping[str, Any],
    alias: str,
    groups: dict[str, tuple[str, Properties]],
) -> None:
    written = r.resolver.resolve(resource.get("UpdatePolicy", {}))
    policy = Properties(f"{logical_id}.UpdatePolicy", written).inner("CodeDeployLambdaAliasUpdate")
    name = policy.take("DeploymentGroupName")
    if name is None:
        return
    policy.ignore("ApplicationName")
    hooks = {
        hook: r.references.function(policy.take(hook))
        for hook in ("BeforeAllowTrafficHook", "AfterAllowTrafficHook")
        if hook in policy
    }
    policy.done()
    _, p = groups[name]
    p.ignore("ApplicationName", "DeploymentGroupName", "DeploymentStyle")
    alarms, rollback = p.inner("AlarmConfiguration"), p.inner("AutoRollbackConfiguration")
    names = [str(item["Name"]) for item in alarms.items("Alarms")]
    events = tuple(sorted(rollback.items("Events")))
    r.parts["deployments"][alias.removeprefix("function:")] = model.Deployment(
        alias=alias,
        configuration=p.text("DeploymentConfigName"),
        alarms=tuple(sorted(r.references.named("alarm", n) for n in names))
        if alarms.flag("Enabled", default=False)
        and not alarms.flag("IgnorePollAlarmFailure", default=False)
        else (),
        rollback_events=events if rollback.flag("Enabled", default=False) else (),
        role=r.references.of(p.need("ServiceRoleArn")),
        hooks=pairs(hooks),
        tags=r.tags(p),
    )
    p.done()


def read_roles(r: Reading) -> None:
    """AWS::IAM::Role with AWS::IAM::Policy attached to it."""
    attached: dict[str, list[Any]] = defaultdict(list)
    for _, _, p in r.all("AWS::IAM::Policy"):
        p.ignore("PolicyName")
        document = p.need("PolicyDocument")
        for role in p.items("Roles"):
            attached[role].append(document)
        p.done()
    for logical_id, _, p in r.all("AWS::IAM::Role"):
        p.ignore("Description", "Path", "RoleName", "MaxSessionDuration")
        documents = [policy["PolicyDocument"] for policy in p.items("Policies")]
        documents += attached[r.resolver.physical(logical_id)]
        merged = {"Statement": [s for d in documents for s in listed(d["Statement"])]}
        r.parts["roles"][r.name(logical_id)] = model.Role(
            trust=statements(p.need("AssumeRolePolicyDocument"), r.references),
            statements=statements(merged, r.references),
            managed_policies=tuple(sorted(p.items("ManagedPolicyArns"))),
            permissions_boundary=p.take("PermissionsBoundary"),
            tags=r.tags(p),
        )
        p.done()


def read_layers(r: Reading) -> None:
    """AWS::Lambda::LayerVersion."""
    for logical_id, resource, p in r.all("AWS::Lambda::LayerVersion"):
        p.ignore("Content", "Description", "LayerName", "LicenseInfo")
        r.parts["layers"][r.name(logical_id)] = model.Layer(
            runtimes=tuple(sorted(p.items("CompatibleRuntimes"))),
            architectures=tuple(sorted(p.items("CompatibleArchitectures"))),
            retained=kept(resource, "DeletionPolicy"),
        )
        p.done()


def read_log_groups(r: Reading) -> None:
    """AWS::Logs::LogGroup."""
    for logical_id, resource, p in r.all("AWS::Logs::LogGroup"):
        r.parts["log_groups"][r.name(logical_id)] = model.LogGroup(
            physical_name=p.text("LogGroupName"),
            retention_days=p.integer("RetentionInDays"),
            encryption=r.optional(p.take("KmsKeyId")),
            kept_on_delete=kept(resource, "DeletionPolicy"),
            tags=r.tags(p),
        )
        p.done()


def read_queues(r: Reading) -> None:
    """AWS::SQS::Queue with the AWS::SQS::QueuePolicy of each."""
    policies: dict[str, list[Any]] = defaultdict(list)
    for _, _, p in r.all("AWS::SQS::QueuePolicy"):
        document = p.need("PolicyDocument")
        for url in p.items("Queues"):
            queue = r.references.of(url)
            if queue in policies:
                raise UnreadError(f"{p.where}: {queue} has a policy already, which it replaces")
            policies[queue] += listed(document["Statement"])
        p.done()
    for logical_id, _, p in r.all("AWS::SQS::Queue"):
        redrive, allow = p.inner("RedrivePolicy"), p.inner("RedriveAllowPolicy")
        sources = [r.references.of(arn) for arn in allow.items("sourceQueueArns")]
        permission = allow.take("redrivePermission")
        r.parts["queues"][r.name(logical_id)] = model.Queue(
            physical_name=p.text("QueueName"),
            visibility_timeout=_or(p.integer("VisibilityTimeout"), 30),
            message_retention_period=_or(p.integer("MessageRetentionPeriod"), 345_600),
            delay=_or(p.integer("DelaySeconds"), 0),
            receive_wait_time=_or(p.integer("ReceiveMessageWaitTimeSeconds"), 0),
            fifo=p.flag("FifoQueue", default=False),
            deduplication=_deduplication(p),
            throughput_limit=p.text("FifoThroughputLimit", "perQueue"),
            redrive=_redrive(r, redrive),
            redrive_allow=(permission, *sorted(sources)) if permission else (),
            encryption=r.references.of(_queue_encryption(p)),
            policy=statements({"Statement": policies[r.of[logical_id]]}, r.references),
            tags=r.tags(p),
        )
        p.done()


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _deduplication(p: Properties) -> str:
    scope = p.text("DeduplicationScope", "queue")
    by_content = p.flag("ContentBasedDeduplication", default=False)
    return f"{scope} content" if by_content else scope


def _redrive(r: Reading, p: Properties) -> model.Redrive | None:
    target, count = p.take("deadLetterTargetArn"), p.integer("maxReceiveCount")
    if target is None or count is None:
        return None
    return model.Redrive(dead_letter=r.references.of(target), max_receive_count=count)


def _queue_encryption(p: Properties) -> str:
    p.ignore("KmsDataKeyReusePeriodSeconds")
    key = p.take("KmsMasterKeyId")
    managed = p.flag("SqsManagedSseEnabled", default=key is None)  # SQS's default since 2022
    return key or ("sqs-managed" if managed else "none")


_KEY_PARTS = {"HASH": 0, "RANGE": 1}


def _keys(schema: Iterable[Mapping[str, str]], types: Mapping[str, str]) -> model.Pairs:
    ordered = sorted(schema, key=lambda item: _KEY_PARTS[item["KeyType"]])
    return tuple(
        (item["AttributeName"], f"{item['KeyType']} {types[item['AttributeName']]}")
        for item in ordered
    )


def read_tables(r: Reading) -> None:
    """AWS::DynamoDB::Table."""
    for logical_id, resource, p in r.all("AWS::DynamoDB::Table"):
        p.ignore("TableName")
        types = {
            item["AttributeName"]: item["AttributeType"] for item in p.items("AttributeDefinitions")
        }
        recovery = p.inner("PointInTimeRecoverySpecification")
        recovery.ignore("RecoveryPeriodInDays")
        limits, stream = p.inner("OnDemandThroughput"), p.inner("StreamSpecification")
        lifetime, policy = p.inner("TimeToLiveSpecification"), p.inner("ResourcePolicy")
        document = policy.take("PolicyDocument", {"Statement": []})
        expires = lifetime.take("AttributeName")
        r.parts["tables"][r.name(logical_id)] = model.Table(
            keys=_keys(p.need("KeySchema"), types),
            indexes={
                str(index.need("IndexName")): _index(index, types)
                for index in p.objects("GlobalSecondaryIndexes")
            },
            billing_mode=p.text("BillingMode", "PROVISIONED"),
            on_demand_limits=pairs(limits.rest()),
            point_in_time_recovery=recovery.flag("PointInTimeRecoveryEnabled", default=False),
            encryption=r.references.of(_table_encryption(p.inner("SSESpecification"))),
            time_to_live=expires if lifetime.flag("Enabled", default=False) else None,
            stream=stream.take("StreamViewType"),
            deletion_protection=p.flag("DeletionProtectionEnabled", default=False),
            kept_on_delete=kept(resource, "DeletionPolicy"),
            kept_on_replace=kept(resource, "UpdateReplacePolicy"),
            policy=statements(document, r.references),
            tags=r.tags(p),
        )
        p.done()


def _index(p: Properties, types: Mapping[str, str]) -> model.Index:
    p.ignore("OnDemandThroughput")
    projection = p.inner("Projection")
    return model.Index(
        keys=_keys(p.need("KeySchema"), types),
        projection=projection.text("ProjectionType"),
        attributes=tuple(sorted(projection.items("NonKeyAttributes"))),
    )


def _table_encryption(p: Properties) -> str:
    p.ignore("SSEType")
    key, enabled = p.take("KMSMasterKeyId"), p.flag("SSEEnabled", default=False)
    return str(key or "aws-managed") if enabled else "aws-owned"


def read_streams(r: Reading) -> None:
    """AWS::Kinesis::Stream."""
    for logical_id, _, p in r.all("AWS::Kinesis::Stream"):
        mode, encryption = p.inner("StreamModeDetails"), p.inner("StreamEncryption")
        encrypted = encryption.text("EncryptionType", "NONE") == "KMS"
        shards = p.integer("ShardCount")
        r.parts["streams"][r.name(logical_id)] = model.Stream(
            physical_name=p.text("Name"),
            shards=None
            if mode.text("StreamMode", "PROVISIONED") == "ON_DEMAND"
            else _or(shards, 1),
            retention_hours=_or(p.integer("RetentionPeriodHours"), 24),
            encryption=r.references.of(encryption.take("KeyId")) if encrypted else "none",
            tags=r.tags(p),
        )
        p.done()


def read_topics(r: Reading) -> None:
    """AWS::SNS::Topic with its policies and subscriptions."""
    policies: dict[str, list[Any]] = defaultdict(list)
    for _, _, p in r.all("AWS::SNS::TopicPolicy"):
        document = p.need("PolicyDocument")
        for topic in p.items("Topics"):
            policies[r.references.of(topic)] += listed(document["Statement"])
        p.done()
    subscriptions: dict[str, list[Properties]] = defaultdict(list)
    for _, _, p in r.all("AWS::SNS::Subscription"):
        subscriptions[r.references.of(p.need("TopicArn"))].append(p)
    for logical_id, _, p in r.all("AWS::SNS::Topic"):
        p.ignore("DisplayName", "TopicName")
        reference = r.of[logical_id]
        own = subscriptions[reference] + p.objects("Subscription")
        r.parts["topics"][r.name(logical_id)] = model.Topic(
            encryption=r.references.of(p.take("KmsMasterKeyId", "none")),
            policy=statements({"Statement": policies[reference]}, r.references),
            subscriptions=tuple(
                sorted((_subscription(r, s) for s in own), key=lambda s: (s.protocol, s.endpoint))
            ),
            tags=r.tags(p),
        )
        p.done()


def _subscription(r: Reading, p: Properties) -> model.Subscription:
    protocol, endpoint = p.text("Protocol"), p.need("Endpoint")
    redrive, policy = p.inner("RedrivePolicy"), p.take("FilterPolicy")
    scope = p.text("FilterPolicyScope", "MessageAttributes")
    p.ignore("RawMessageDelivery")
    target = redrive.take("deadLetterTargetArn")
    p.done()
    return model.Subscription(
        protocol=protocol,
        endpoint=r.references.function(endpoint) if protocol == "lambda" else str(endpoint),
        dead_letter=r.optional(target),
        filter=None if policy is None else json.dumps(policy, sort_keys=True),
        filter_scope=scope,
    )


def read_apis(r: Reading) -> None:
    """AWS::ApiGatewayV2::Api, routes from its OpenAPI body or from Route and Integration."""
    stages = {str(p.need("ApiId")): p for _, _, p in r.all("AWS::ApiGatewayV2::Stage")}
    integrations: dict[str, dict[str, Properties]] = defaultdict(dict)
    for logical_id, _, p in r.all("AWS::ApiGatewayV2::Integration"):
        integrations[str(p.need("ApiId"))][logical_id] = p
    for logical_id, _, p in r.all("AWS::ApiGatewayV2::Api"):
        p.ignore("Description", "FailOnWarnings")
        body = p.inner("Body")
        stage = stages.get(r.resolver.physical(logical_id))
        if stage is None:
            raise UnreadError(f"{logical_id}: an API without a stage")
        routes, title = dict(_body_routes(r, body)), body.inner("info")
        title.ignore("version")
        api = r.resolver.physical(logical_id)
        routes |= dict(_resource_routes(r, integrations[api], api))
        body_tags = {
            item["name"]: item["x-amazon-apigateway-tag-value"] for item in body.items("tags")
        }
        settings = stage.inner("DefaultRouteSettings")
        log = stage.inner("AccessLogSettings")
        r.parts["apis"][r.name(logical_id)] = model.Api(
            physical_name=str(p.take("Name") or title.take("title", "")),
            protocol=p.text("ProtocolType", "HTTP"),
            routes=routes,
            stage=stage.text("StageName"),
            auto_deploy=stage.flag("AutoDeploy", default=False),
            detailed_metrics=settings.flag("DetailedMetricsEnabled", default=False),
            throttle=_throttle(settings),
            route_throttles={
                route: _throttle(Properties(f"{stage.where}.RouteSettings.{route}", written))
                for route, written in stage.inner("RouteSettings").rest().items()
            },
            access_log=_access_log(r, log),
            access_log_fields=_log_fields(log.text("Format")),
            cors=_cors(p, body),
            default_endpoint_disabled=p.flag("DisableExecuteApiEndpoint", default=False),
            tags=tags(r.stack_tags, body_tags, p.take("Tags", {})),
            stage_tags=r.tags(stage),
        )
        title.ignore("title")
        stage.ignore("Description")
        p.done()
        stage.done()


def _access_log(r: Reading, p: Properties) -> str | None:
    written = p.take("DestinationArn")
    return None if written is None else r.references.of(str(written).removesuffix(":*"))


def _log_fields(written: str) -> tuple[str, ...]:
    """Names of the context variables that an access log's format holds."""
    return tuple(sorted(set(re.findall(r"\$context\.([A-Za-z_.]+)", written))))


def _throttle(p: Properties) -> model.Throttle:
    rate = p.take("ThrottlingRateLimit")
    return model.Throttle(
        burst=p.integer("ThrottlingBurstLimit"), rate=None if rate is None else float(rate)
    )


def _cors(p: Properties, body: Properties) -> model.Pairs:
    """What API Gateway answers browsers, by the names of CloudFormation's properties."""
    written = p.inner("CorsConfiguration").rest()
    for name, value in body.inner("x-amazon-apigateway-cors").rest().items():
        written.setdefault(f"{name[0].upper()}{name[1:]}", value)
    return pairs(
        {
            name: ",".join(sorted(value)) if isinstance(value, list) else value
            for name, value in written.items()
        }
    )


_AUTHORIZATION = {"awsSigv4": "AWS_IAM"}
_INTEGRATION_TIMEOUT_MS = 30_000
"""HTTP API's default and maximum."""


def _body_routes(r: Reading, body: Properties) -> Iterator[tuple[str, model.Route]]:
    body.ignore("openapi")
    schemes = body.inner("components").inner("securitySchemes").rest()
    default_security = body.items("security")
    for path, methods in body.inner("paths").rest().items():
        for method, written in methods.items():
            p = Properties(f"Body.paths.{path}.{method}", written)
            p.ignore("parameters", "responses", "operationId", "summary")
            security = p.items("security") or default_security
            integration = p.inner("x-amazon-apigateway-integration")
            integration.ignore("httpMethod", "type")
            key = "$default" if path == "/$default" else f"{_method(method)} {path}"
            yield (
                key,
                model.Route(
                    target=r.references.function(integration.need("uri")),
                    authorization=_authorization(security, schemes),
                    authorizer=_authorizer(security, schemes),
                    scopes=tuple(
                        sorted(s for item in security for some in item.values() for s in some)
                    ),
                    payload_format=integration.text("payloadFormatVersion", "1.0"),
                    timeout_ms=_or(integration.integer("timeoutInMillis"), _INTEGRATION_TIMEOUT_MS),
                ),
            )
            p.done()


def _method(written: str) -> str:
    return "ANY" if written == "x-amazon-apigateway-any-method" else written.upper()


def _authorization(security: list[Mapping[str, Any]], schemes: Mapping[str, Any]) -> str:
    names = [name for item in security for name in item]
    if not names:
        return "NONE"
    (name,) = names
    scheme = schemes[name]
    sigv4 = scheme.get("x-amazon-apigateway-authtype")
    if sigv4:
        return _AUTHORIZATION[sigv4]
    authorizer = scheme.get("x-amazon-apigateway-authorizer", {})
    return str(authorizer.get("type", "")).upper()


def _authorizer(
    security: list[Mapping[str, Any]], schemes: Mapping[str, Any]
) -> model.Authorizer | None:
    if _authorization(security, schemes) != "JWT":
        return None
    ((name, _),) = [pair for item in security for pair in item.items()]
    p = Properties(f"securitySchemes.{name}", schemes[name]["x-amazon-apigateway-authorizer"])
    p.ignore("type")
    token = p.inner("jwtConfiguration")
    found = model.Authorizer(
        issuer=token.text("issuer"),
        audience=tuple(sorted(token.items("audience"))),
        identity_source=tuple(sorted(p.items("identitySource"))),
    )
    p.done()
    return found


def _authorizers(r: Reading) -> Mapping[str, model.Authorizer]:
    """Physical id -> authorizer, of those that are resources of their own."""
    found = {}
    for logical_id, _, p in r.all("AWS::ApiGatewayV2::Authorizer"):
        p.ignore("ApiId", "Name")
        if p.text("AuthorizerType") != "JWT":
            raise UnreadError(f"{p.where}: an authorizer of another kind")
        token = p.inner("JwtConfiguration")
        found[r.resolver.physical(logical_id)] = model.Authorizer(
            issuer=token.text("Issuer"),
            audience=tuple(sorted(token.items("Audience"))),
            identity_source=tuple(sorted(p.items("IdentitySource"))),
        )
        p.done()
    return found


def _resource_routes(
    r: Reading, integrations: Mapping[str, Properties], api: str
) -> Iterator[tuple[str, model.Route]]:
    targets = {}
    for logical_id, p in integrations.items():
        p.ignore("Description", "IntegrationMethod", "IntegrationType")
        targets[f"integrations/{r.resolver.physical(logical_id)}"] = (
            r.references.function(p.need("IntegrationUri")),
            p.text("PayloadFormatVersion", "1.0"),
            _or(p.integer("TimeoutInMillis"), _INTEGRATION_TIMEOUT_MS),
        )
        p.done()
    authorizers = _authorizers(r)
    for _, _, p in r.all("AWS::ApiGatewayV2::Route"):
        if str(p.need("ApiId")) != api:
            continue
        p.ignore("OperationName")
        target, payload, timeout = targets[p.text("Target")]
        yield (
            p.text("RouteKey"),
            model.Route(
                target=target,
                authorization=p.text("AuthorizationType", "NONE"),
                authorizer=authorizers.get(str(p.take("AuthorizerId"))),
                scopes=tuple(sorted(p.items("AuthorizationScopes"))),
                payload_format=payload,
                timeout_ms=timeout,
            ),
        )
        p.done()


def read_event_source_mappings(r: Reading) -> None:
    """AWS::Lambda::EventSourceMapping of queues, streams and tables."""
    for _, _, p in r.all("AWS::Lambda::EventSourceMapping"):
        source = r.references.of(p.need("EventSourceArn"))
        target = r.references.function(p.need("FunctionName"))
        filters = p.inner("FilterCriteria").items("Filters")
        scaling = p.inner("ScalingConfig")
        mapping = model.EventSourceMapping(
            source=source,
            target=target,
            enabled=p.flag("Enabled", default=True),
            batch_size=p.integer("BatchSize"),
            batch_window=_or(p.integer("MaximumBatchingWindowInSeconds"), 0),
            maximum_concurrency=scaling.integer("MaximumConcurrency"),
            response_types=tuple(sorted(p.items("FunctionResponseTypes"))),
            filters=tuple(sorted(json.dumps(item, sort_keys=True) for item in filters)),
            shards=_shards(r, p),
            tags=r.tags(p),
        )
        r.parts["event_source_mappings"][f"{source} -> {target}"] = mapping
        p.done()


def _shards(r: Reading, p: Properties) -> model.Shards | None:
    position = p.take("StartingPosition")
    if position is None:  # AWS wants it for all sources that have shards
        return None
    return model.Shards(
        starting_position=position,
        parallelization=_or(p.integer("ParallelizationFactor"), 1),
        bisects=p.flag("BisectBatchOnFunctionError", default=False),
        retry=model.Retry(
            attempts=p.integer("MaximumRetryAttempts"),
            max_event_age=p.integer("MaximumRecordAgeInSeconds"),
        ),
        on_failure=r.optional(p.inner("DestinationConfig").inner("OnFailure").take("Destination")),
    )


def _retry(p: Properties, attempts: str = "MaximumRetryAttempts") -> model.Retry:
    return model.Retry(
        attempts=p.integer(attempts), max_event_age=p.integer("MaximumEventAgeInSeconds")
    )


def read_schedules(r: Reading) -> None:
    """AWS::Scheduler::Schedule."""
    for logical_id, _, p in r.all("AWS::Scheduler::Schedule"):
        p.ignore("Description")
        window, target = p.inner("FlexibleTimeWindow"), p.inner("Target")
        minutes = window.take("MaximumWindowInMinutes")
        r.parts["schedules"][r.name(logical_id)] = model.Schedule(
            physical_name=p.text("Name"),
            group=r.references.named("schedule-group", p.text("GroupName", "default")),
            expression=p.text("ScheduleExpression"),
            timezone=p.text("ScheduleExpressionTimezone", "UTC"),
            flexible_window=f"{window.text('Mode')} {minutes or ''}".strip(),
            enabled=p.text("State", "ENABLED") == "ENABLED",
            target=r.references.function(target.need("Arn")),
            role=r.references.of(target.need("RoleArn")),
            input=target.take("Input"),
            dead_letter=r.optional(target.inner("DeadLetterConfig").take("Arn")),
            retry=_retry(target.inner("RetryPolicy")),
        )
        p.done()


def read_schedule_groups(r: Reading) -> None:
    """AWS::Scheduler::ScheduleGroup."""
    for logical_id, _, p in r.all("AWS::Scheduler::ScheduleGroup"):
        r.parts["schedule_groups"][r.name(logical_id)] = model.ScheduleGroup(
            physical_name=p.text("Name"), tags=r.tags(p)
        )
        p.done()


def read_state_machines(r: Reading) -> None:
    """AWS::StepFunctions::StateMachine, its definition included."""
    for logical_id, _, p in r.all("AWS::StepFunctions::StateMachine"):
        logging, encryption = p.inner("LoggingConfiguration"), p.inner("EncryptionConfiguration")
        encryption.ignore("Type", "KmsDataKeyReusePeriodSeconds")
        groups = [item["CloudWatchLogsLogGroup"] for item in logging.items("Destinations")]
        definition = Properties(f"{logical_id}.Definition", _definition(p))
        definition.ignore("Comment", "Version")
        language = definition.text("QueryLanguage", "JSONPath")
        r.parts["state_machines"][r.name(logical_id)] = model.StateMachine(
            physical_name=p.text("StateMachineName"),
            kind=p.text("StateMachineType", "STANDARD"),
            role=r.references.of(p.need("RoleArn")),
            query_language=language,
            start=definition.text("StartAt"),
            timeout=definition.integer("TimeoutSeconds"),
            states={
                name: _state(r, Properties(f"{logical_id}.Definition.States.{name}", written))
                for name, written in definition.inner("States").rest().items()
            },
            log_level=logging.text("Level", "OFF"),
            logs_execution_data=logging.flag("IncludeExecutionData", default=False),
            log_group=None
            if not groups
            else r.references.of(str(groups[0]["LogGroupArn"]).removesuffix(":*")),
            tracing=p.inner("TracingConfiguration").flag("Enabled", default=False),
            encryption=r.references.of(encryption.take("KmsKeyId", "aws-owned")),
            tags=r.tags(p),
        )
        definition.done()
        p.done()


def _definition(p: Properties) -> dict[str, Any]:
    """The definition of a state machine with its substitutions made."""
    text = str(p.need("DefinitionString"))
    for name, value in p.inner("DefinitionSubstitutions").rest().items():
        text = text.replace(f"${{{name}}}", str(value))
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def _state(r: Reading, p: Properties) -> model.State:
    """A state of any kind but those with branches, for which there is no reader yet."""
    p.ignore("Comment")
    kind, after, end = p.text("Type"), p.text("Next"), p.flag("End", default=False)
    if kind not in {"Fail", "Pass", "Succeed", "Task"} or bool(after) == (
        end or kind in {"Fail", "Succeed"}
    ):
        raise UnreadError(f"{p.where}: a {kind} state that goes on to {after!r}, end {end}")
    arguments = p.inner("Arguments")
    function, queue = arguments.text("FunctionName"), arguments.text("QueueUrl")
    retries = [
        model.TaskRetry(
            errors=tuple(sorted(rule.items("ErrorEquals"))),
            interval=_or(rule.integer("IntervalSeconds"), 1),
            attempts=_or(rule.integer("MaxAttempts"), 3),
            rate=float(rule.take("BackoffRate", 2.0)),
            longest=rule.integer("MaxDelaySeconds"),
            jitter=rule.text("JitterStrategy", "NONE"),
        )
        for rule in p.objects("Retry")
    ]
    catches = [
        (tuple(sorted(rule.items("ErrorEquals"))), rule.text("Next"), rule.take("Output"))
        for rule in p.objects("Catch")
    ]
    given = arguments.rest()
    fields = {f"Arguments.{name}": value for name, value in given.items()}
    fields |= {f"Catch.{n}.Output": output for n, (_, _, output) in enumerate(catches)}
    written = {name: p.take(name) for name in ("Assign", "Output", "Error", "Cause") if name in p}
    state = model.State(
        kind=kind,
        resource=p.text("Resource"),
        target=r.references.function(function) if function else r.references.of(queue),
        next=after,
        timeout=p.integer("TimeoutSeconds"),
        retries=tuple(retries),
        catches=tuple((errors, following) for errors, following, _ in catches),
        fields=pairs({k: json.dumps(v, sort_keys=True) for k, v in (fields | written).items()}),
    )
    p.done()
    return state


def read_event_buses(r: Reading) -> None:
    """AWS::Events::EventBus."""
    for logical_id, _, p in r.all("AWS::Events::EventBus"):
        p.ignore("Description")
        document = p.take("Policy", {"Statement": []})
        r.parts["event_buses"][r.name(logical_id)] = model.EventBus(
            physical_name=p.text("Name"),
            policy=statements(document, r.references),
            tags=r.tags(p),
        )
        p.done()


def read_rules(r: Reading) -> None:
    """AWS::Events::Rule with its one target; raises UnreadError for several."""
    for logical_id, _, p in r.all("AWS::Events::Rule"):
        p.ignore("Description")
        targets = p.objects("Targets")
        if len(targets) != 1:
            raise UnreadError(f"{logical_id}: {len(targets)} targets")
        (target,) = targets
        target.ignore("Id")
        r.parts["rules"][r.name(logical_id)] = model.Rule(
            physical_name=p.text("Name"),
            bus=r.references.named("event-bus", p.text("EventBusName", "default")),
            pattern=_pattern(r, p.need("EventPattern")),
            enabled=p.text("State", "ENABLED") == "ENABLED",
            target=r.references.function(target.need("Arn")),
            input=target.take("Input"),
            dead_letter=r.optional(target.inner("DeadLetterConfig").take("Arn")),
            retry=_retry(target.inner("RetryPolicy")),
            tags=r.tags(p),
        )
        p.done()


def _pattern(r: Reading, written: dict[str, Any]) -> str:
    detail = written.get("detail", {})
    if "bucket" in detail:
        names = [r.references.named("bucket", name) for name in detail["bucket"]["name"]]
        written = written | {"detail": detail | {"bucket": detail["bucket"] | {"name": names}}}
    return json.dumps(written, sort_keys=True)


def read_buckets(r: Reading) -> None:
    """AWS::S3::Bucket with its AWS::S3::BucketPolicy."""
    policies = {}
    for _, _, p in r.all("AWS::S3::BucketPolicy"):
        bucket, document = r.references.named("bucket", p.need("Bucket")), p.need("PolicyDocument")
        policies[bucket] = statements(document, r.references)
        p.done()
    for logical_id, resource, p in r.all("AWS::S3::Bucket"):
        p.ignore("BucketName")
        blocked, owned = p.inner("PublicAccessBlockConfiguration"), p.inner("OwnershipControls")
        each = [blocked.flag(name, default=False) for name in _PUBLIC_ACCESS]
        told = p.inner("NotificationConfiguration").inner("EventBridgeConfiguration")
        expiry = _expiry(p.inner("LifecycleConfiguration").objects("Rules"))
        r.parts["buckets"][r.name(logical_id)] = model.Bucket(
            encryption=_bucket_encryption(r, p.inner("BucketEncryption")),
            public_access_blocked=all(each),
            object_ownership=",".join(rule["ObjectOwnership"] for rule in owned.items("Rules")),
            versioned=p.inner("VersioningConfiguration").text("Status") == "Enabled",
            expires_days=expiry[0],
            versions_expire_days=expiry[1],
            event_bridge=told.flag("EventBridgeEnabled", default=False),
            kept_on_delete=kept(resource, "DeletionPolicy"),
            kept_on_replace=kept(resource, "UpdateReplacePolicy"),
            policy=policies.get(r.of[logical_id], ()),
            tags=r.tags(p),
        )
        p.done()


_PUBLIC_ACCESS = (
    "BlockPublicAcls",
    "BlockPublicPolicy",
    "IgnorePublicAcls",
    "RestrictPublicBuckets",
)


def _bucket_encryption(r: Reading, p: Properties) -> str:
    for rule in p.objects("ServerSideEncryptionConfiguration"):
        rule.ignore("BucketKeyEnabled")
        default = rule.inner("ServerSideEncryptionByDefault")
        algorithm, key = default.text("SSEAlgorithm"), default.take("KMSMasterKeyID")
        return r.references.of(key) if key else algorithm
    return "none"


def _expiry(rules: list[Properties]) -> tuple[int | None, int | None]:
    """Days until an object goes, and until a replaced version does."""
    objects: list[int] = []
    replaced: list[int] = []
    for rule in rules:
        rule.ignore("Id", "AbortIncompleteMultipartUpload", "ExpiredObjectDeleteMarker")
        days = rule.integer("ExpirationInDays")
        noncurrent = rule.inner("NoncurrentVersionExpiration")
        noncurrent.ignore("NewerNoncurrentVersions")
        later = noncurrent.integer("NoncurrentDays")
        if rule.text("Status") == "Enabled":
            objects += [days] if days else []
            replaced += [later] if later else []
    return min(objects, default=None), min(replaced, default=None)


def read_keys(r: Reading) -> None:
    """AWS::KMS::Key and AWS::KMS::Alias."""
    aliases = {}
    for _, _, p in r.all("AWS::KMS::Alias"):
        aliases[str(p.need("TargetKeyId"))] = p.text("AliasName")
        p.done()
    for logical_id, resource, p in r.all("AWS::KMS::Key"):
        p.ignore("Description", "PendingWindowInDays", "Enabled", "KeySpec", "KeyUsage")
        r.parts["keys"][r.name(logical_id)] = model.Key(
            rotation=p.flag("EnableKeyRotation", default=False),
            alias=aliases.get(r.resolver.physical(logical_id), ""),
            policy=statements(p.need("KeyPolicy"), r.references),
            kept_on_delete=kept(resource, "DeletionPolicy"),
            tags=r.tags(p),
        )
        p.done()


_GENERATED_LENGTH = 32
"""Characters of a generated value where none are asked for (Secrets Manager API Reference)."""


def read_secrets(r: Reading) -> None:
    """AWS::SecretsManager::Secret, with the policies put on it."""
    for logical_id, resource, p in r.all("AWS::SecretsManager::Secret"):
        p.ignore("Description")
        reference = r.of[logical_id]
        generated = "GenerateSecretString" in p
        value = p.inner("GenerateSecretString")
        length = _or(value.integer("PasswordLength"), _GENERATED_LENGTH)
        value.ignore("ExcludeCharacters", "ExcludePunctuation", "RequireEachIncludedType")
        written = p.take("SecretString") is not None
        r.parts["secrets"][r.name(logical_id)] = model.Secret(
            physical_name=p.text("Name"),
            value="written" if written else "generated" if generated else "none",
            length=length if generated else None,
            encryption=r.references.of(p.text("KmsKeyId", "aws-managed")),
            kept_on_delete=kept(resource, "DeletionPolicy"),
            kept_on_replace=kept(resource, "UpdateReplacePolicy"),
            policy=tuple(
                statement
                for _, _, policy in r.all("AWS::SecretsManager::ResourcePolicy")
                if r.references.of(policy.need("SecretId")) == reference
                for statement in statements(policy.need("ResourcePolicy"), r.references)
            ),
            tags=r.tags(p),
        )
        p.done()


def _flow(r: Reading, p: Properties, *peers: str) -> model.Flow:
    p.ignore("Description")
    group = next((p.take(name) for name in peers if name in p), None)
    block = p.take("CidrIp", p.take("CidrIpv6"))
    flow = model.Flow(
        protocol=p.text("IpProtocol"),
        ports=(_or(p.integer("FromPort"), -1), _or(p.integer("ToPort"), -1)),
        peer=str(block) if group is None else r.references.named("security-group", group),
    )
    p.done()
    return flow


def read_security_groups(r: Reading) -> None:
    """AWS::EC2::SecurityGroup with the AWS::EC2::SecurityGroupIngress of each."""
    source = ("SourceSecurityGroupId",)
    more: dict[str, list[model.Flow]] = defaultdict(list)
    for _, _, p in r.all("AWS::EC2::SecurityGroupIngress"):
        group = str(p.need("GroupId"))
        more[group].append(_flow(r, p, *source))
    for logical_id, _, p in r.all("AWS::EC2::SecurityGroup"):
        p.ignore("GroupDescription", "GroupName")
        ingress = [_flow(r, rule, *source) for rule in p.objects("SecurityGroupIngress")]
        ingress += more[r.resolver.physical(logical_id)]
        out = "DestinationSecurityGroupId"
        egress = [_flow(r, rule, out) for rule in p.objects("SecurityGroupEgress")]
        r.parts["security_groups"][r.name(logical_id)] = model.SecurityGroup(
            network=r.references.named("network", p.need("VpcId")),
            ingress=tuple(sorted(ingress)),
            egress=tuple(sorted(egress)) or (model.ALL_TRAFFIC,),
            tags=r.tags(p),
        )
        p.done()


def read_networks(r: Reading) -> None:
    """AWS::EC2::VPC, its subnets with their routes, and its endpoints."""
    for logical_id, _, p in r.all("AWS::EC2::VPC"):
        names = p.flag("EnableDnsHostnames", default=False)
        r.parts["networks"][r.name(logical_id)] = model.Network(
            cidr=p.text("CidrBlock"),
            dns=p.flag("EnableDnsSupport", default=True) and names,
            tags=r.tags(p),
        )
        p.done()
    for _, _, p in r.all("AWS::EC2::RouteTable"):
        p.ignore("VpcId", "Tags")
        p.done()
    routed: dict[str, list[str]] = defaultdict(list)
    for _, _, p in r.all("AWS::EC2::SubnetRouteTableAssociation"):
        subnet = r.references.named("subnet", p.need("SubnetId"))
        routed[str(p.need("RouteTableId"))].append(subnet)
        p.done()
    for logical_id, _, p in r.all("AWS::EC2::Subnet"):
        p.ignore("AvailabilityZone")
        r.parts["subnets"][r.name(logical_id)] = model.Subnet(
            network=r.references.named("network", p.need("VpcId")),
            cidr=p.text("CidrBlock"),
            public=p.flag("MapPublicIpOnLaunch", default=False),
            tags=r.tags(p),
        )
        p.done()
    for _, _, p in r.all("AWS::EC2::VPCEndpoint"):
        name = p.text("ServiceName").removeprefix(f"com.amazonaws.{r.resolver.pseudo.region}.")
        tables = [subnet for table in p.items("RouteTableIds") for subnet in routed[str(table)]]
        r.parts["endpoints"][name] = model.Endpoint(
            kind=p.text("VpcEndpointType", "Gateway"),
            network=r.references.named("network", p.need("VpcId")),
            subnets=r.placed(p, "SubnetIds", "subnet") or tuple(sorted(tables)),
            security_groups=r.placed(p, "SecurityGroupIds", "security-group"),
            private_dns=p.flag("PrivateDnsEnabled", default=False),
            tags=r.tags(p),
        )
        p.done()


def read_caches(r: Reading) -> None:
    """AWS::ElastiCache::ServerlessCache with its users, AWS::DAX::Cluster with its parameters."""
    users = dict(_cache_users(r))
    groups = {}
    for logical_id, _, p in r.all("AWS::ElastiCache::UserGroup"):
        p.ignore("Engine", "Tags", "UserGroupId")
        members = tuple(users[str(user)] for user in p.items("UserIds"))
        groups[r.resolver.physical(logical_id)] = members
        p.done()
    for logical_id, _, p in r.all("AWS::ElastiCache::ServerlessCache"):
        p.ignore("Description")
        limits = p.inner("CacheUsageLimits")
        storage, units = limits.inner("DataStorage"), limits.inner("ECPUPerSecond")
        most = {
            storage.text("Unit", "GB"): storage.take("Maximum"),
            "ECPU/s": units.take("Maximum"),
        }
        r.parts["caches"][r.name(logical_id)] = model.Cache(
            kind=f"{p.text('Engine')} {p.text('MajorEngineVersion')}",
            physical_name=p.text("ServerlessCacheName"),
            subnets=r.placed(p, "SubnetIds", "subnet"),
            security_groups=r.placed(p, "SecurityGroupIds", "security-group"),
            tls=True,  # a serverless cache knows nothing else
            encryption=r.references.of(p.text("KmsKeyId", "aws-owned")),
            limits=pairs({unit: value for unit, value in most.items() if value is not None}),
            users=groups.get(p.text("UserGroupId"), ()),
            tags=r.tags(p),
        )
        p.done()
    _read_clusters(r)


def _cache_users(r: Reading) -> Iterator[tuple[str, model.CacheUser]]:
    for logical_id, _, p in r.all("AWS::ElastiCache::User"):
        p.ignore("Engine", "Tags", "UserId")
        yield (
            r.resolver.physical(logical_id),
            model.CacheUser(
                name=p.text("UserName"),
                authentication=p.inner("AuthenticationMode").text("Type"),
                access=p.text("AccessString"),
            ),
        )
        p.done()


def _read_clusters(r: Reading) -> None:
    groups = {}
    for logical_id, _, p in r.all("AWS::DAX::ParameterGroup"):
        p.ignore("Description", "ParameterGroupName")
        groups[r.resolver.physical(logical_id)] = pairs(p.inner("ParameterNameValues").rest())
        p.done()
    places = {}
    for logical_id, _, p in r.all("AWS::DAX::SubnetGroup"):
        p.ignore("Description", "SubnetGroupName")
        places[r.resolver.physical(logical_id)] = r.placed(p, "SubnetIds", "subnet")
        p.done()
    for logical_id, _, p in r.all("AWS::DAX::Cluster"):
        p.ignore("ClusterName", "Description")
        at_rest = p.inner("SSESpecification").flag("SSEEnabled", default=False)
        r.parts["caches"][r.name(logical_id)] = model.Cache(
            kind="dax",
            physical_name=r.resolver.physical(logical_id),
            subnets=places.get(p.text("SubnetGroupName"), ()),
            security_groups=r.placed(p, "SecurityGroupIds", "security-group"),
            tls=p.text("ClusterEndpointEncryptionType", "NONE") == "TLS",
            encryption="aws-owned" if at_rest else "none",
            nodes=p.integer("ReplicationFactor"),
            node_type=p.text("NodeType"),
            parameters=groups.get(p.text("ParameterGroupName"), ()),
            role=r.references.of(p.need("IAMRoleARN")),
            tags=r.tags(p),
        )
        p.done()


def read_event_invoke_configs(r: Reading) -> None:
    """AWS::Lambda::EventInvokeConfig, by the function or alias it is for."""
    for _, _, p in r.all("AWS::Lambda::EventInvokeConfig"):
        owner = r.references.function(p.need("FunctionName"))
        qualifier = p.text("Qualifier", "$LATEST")
        key = owner if qualifier == "$LATEST" else f"{owner}:{qualifier}"
        targets = p.inner("DestinationConfig")
        r.parts["event_invoke_configs"][key.removeprefix("function:")] = model.EventInvokeConfig(
            retry=_retry(p),
            on_failure=r.optional(targets.inner("OnFailure").take("Destination")),
            on_success=r.optional(targets.inner("OnSuccess").take("Destination")),
        )
        p.done()


def read_permissions(r: Reading) -> None:
    """AWS::Lambda::Permission."""
    for _, _, p in r.all("AWS::Lambda::Permission"):
        r.permissions.append(
            model.Permission(
                target=r.references.function(p.need("FunctionName")),
                action=p.text("Action"),
                principal=p.text("Principal"),
                source_arn=r.optional(p.take("SourceArn")),
                source_account=p.take("SourceAccount"),
            )
        )
        p.done()


def _metric(r: Reading, p: Properties, statistic: str, period: int | None) -> model.Metric:
    return model.Metric(
        namespace=p.text("Namespace"),
        name=p.text("MetricName"),
        dimensions=pairs(
            {
                item["Name"]: r.references.dimension(item["Name"], item["Value"])
                for item in p.items("Dimensions")
            }
        ),
        statistic=statistic,
        period=period,
    )


def _alarm_metrics(r: Reading, p: Properties) -> tuple[tuple[model.Metric, ...], str]:
    """(metrics, expression) of an alarm on one metric or on metric math."""
    if "MetricName" in p:
        statistic = str(p.take("ExtendedStatistic") or p.take("Statistic"))
        return (_metric(r, p, statistic, p.integer("Period")),), ""
    metrics: list[model.Metric] = []
    ids: dict[str, str] = {}
    expression = ""
    for query in p.objects("Metrics"):
        query.ignore("Label")
        alarmed = query.flag("ReturnData", default=True)
        if "Expression" in query:
            written = query.text("Expression")
            query.ignore("Id", "Period")
            expression = written if alarmed else expression
            continue
        stat = query.inner("MetricStat")
        ids[query.text("Id")] = f"m{len(metrics) + 1}"
        statistic, period = stat.text("Stat"), stat.integer("Period")
        metrics.append(_metric(r, stat.inner("Metric"), statistic, period))
    renamed = re.sub(r"[a-z]\w*", lambda match: ids.get(match[0], match[0]), expression)
    return tuple(metrics), renamed


def read_alarms(r: Reading) -> None:
    """AWS::CloudWatch::Alarm."""
    for logical_id, _, p in r.all("AWS::CloudWatch::Alarm"):
        p.ignore("AlarmDescription")
        metrics, expression = _alarm_metrics(r, p)
        periods = int(p.need("EvaluationPeriods"))
        r.parts["alarms"][r.name(logical_id)] = model.Alarm(
            physical_name=p.text("AlarmName"),
            metrics=metrics,
            expression=expression,
            comparison=p.text("ComparisonOperator"),
            threshold=float(p.need("Threshold")),
            evaluation_periods=periods,
            datapoints_to_alarm=_or(p.integer("DatapointsToAlarm"), periods),
            treat_missing_data=p.text("TreatMissingData", "missing"),
            actions_enabled=p.flag("ActionsEnabled", default=True),
            alarm_actions=tuple(r.references.of(arn) for arn in p.items("AlarmActions")),
            ok_actions=tuple(r.references.of(arn) for arn in p.items("OKActions")),
            insufficient_data_actions=tuple(
                r.references.of(arn) for arn in p.items("InsufficientDataActions")
            ),
            tags=r.tags(p),
        )
        p.done()


def read_dashboards(r: Reading) -> None:
    """AWS::CloudWatch::Dashboard: what its widgets show."""
    for logical_id, _, p in r.all("AWS::CloudWatch::Dashboard"):
        p.ignore("DashboardName")
        metrics: set[model.Metric] = set()
        alarms: set[str] = set()
        queries: set[str] = set()
        for widget in json.loads(p.need("DashboardBody"))["widgets"]:
            shown = widget.get("properties", {})
            metrics.update(_widget_metrics(r, shown))
            alarms.update(r.references.of(arn) for arn in shown.get("alarms", ()))
            if "query" in shown:
                queries.add(shown["query"])
        r.parts["dashboards"][r.name(logical_id)] = model.Dashboard(
            metrics=frozenset(metrics), alarms=frozenset(alarms), log_queries=frozenset(queries)
        )
        p.done()


def _widget_metrics(r: Reading, shown: Mapping[str, Any]) -> Iterator[model.Metric]:
    """Metrics of a widget, its abbreviations written out: "." repeats a field of the line
    before, "..." all of them from there (CloudWatch, "Dashboard body structure")."""
    previous: list[str] = []
    for written in shown.get("metrics", ()):
        options = written[-1] if isinstance(written[-1], Mapping) else {}
        line = [item for item in written if not isinstance(item, Mapping)]
        if not line:  # an expression over the other metrics
            continue
        if "..." in line:
            tail = line[line.index("...") + 1 :]
            line = previous[: len(previous) - len(tail)] + tail
        line = [previous[n] if item == "." else item for n, item in enumerate(line)]
        previous = line
        dimensions = dict(zip(line[2::2], line[3::2], strict=True))
        yield model.Metric(
            namespace=line[0],
            name=line[1],
            dimensions=pairs({k: r.references.dimension(k, v) for k, v in dimensions.items()}),
            statistic=options.get("stat", shown.get("stat", "Average")),
            period=options.get("period", shown.get("period")),
        )


def read_budgets(r: Reading) -> None:
    """AWS::Budgets::Budget."""
    for _, _, p in r.all("AWS::Budgets::Budget"):
        budget = p.inner("Budget")
        limit, name = budget.inner("BudgetLimit"), budget.text("BudgetName")
        budget.ignore("CostTypes", "Metrics")
        r.parts["budgets"][name.removeprefix(r.resolver.pseudo.stack).strip("-") or "budget"] = (
            model.Budget(
                amount=float(limit.need("Amount")),
                unit=limit.text("Unit"),
                time_unit=budget.text("TimeUnit"),
                budget_type=budget.text("BudgetType"),
                filters=_budget_filters(budget),
                notifications=tuple(
                    _budget_notification(r, item)
                    for item in p.objects("NotificationsWithSubscribers")
                ),
                tags=tags(r.stack_tags, p.take("ResourceTags", [])),
            )
        )
        p.done()


def _budget_filters(budget: Properties) -> model.Pairs:
    """What has to match: tags and dimensions that FilterExpression joins by And, and CostFilters
    as they are. Raises UnreadError for Or, Not and other terms."""
    terms = {
        f"CostFilters.{key}": ",".join(listed(value))
        for key, value in budget.inner("CostFilters").rest().items()
    }
    for term in budget.inner("FilterExpression").objects("And"):
        for kind in ("Tags", "Dimensions"):
            if kind in term:
                inner = term.inner(kind)
                terms[f"{kind}.{inner.need('Key')}"] = ",".join(inner.items("Values"))
    return pairs(terms)


def _budget_notification(r: Reading, p: Properties) -> model.BudgetNotification:
    notification = p.inner("Notification")
    return model.BudgetNotification(
        kind=notification.text("NotificationType"),
        comparison=notification.text("ComparisonOperator"),
        threshold=float(notification.need("Threshold")),
        threshold_type=notification.text("ThresholdType", "PERCENTAGE"),
        subscribers=tuple(
            sorted(r.references.of(item["Address"]) for item in p.items("Subscribers"))
        ),
    )


READERS: tuple[Callable[[Reading], None], ...] = (
    read_functions,
    read_versions_and_aliases,
    read_roles,
    read_layers,
    read_log_groups,
    read_queues,
    read_streams,
    read_tables,
    read_topics,
    read_buckets,
    read_apis,
    read_event_source_mappings,
    read_keys,
    read_secrets,
    read_networks,
    read_security_groups,
    read_caches,
    read_event_buses,
    read_rules,
    read_schedule_groups,
    read_schedules,
    read_state_machines,
    read_event_invoke_configs,
    read_permissions,
    read_alarms,
    read_dashboards,
    read_budgets,
)


def read(
    template: Mapping[str, Any],
    *,
    environment: str,
    pseudo: Pseudo,
    parameters: Mapping[str, Any],
    stack_tags: Mapping[str, str] | None = None,
    stages: tuple[str, ...] = (),
) -> model.Infrastructure:
    """Read a plain CloudFormation template for one environment.

    `stack_tags` are the tags given to the stack, which CloudFormation puts on every resource that
    takes tags. `stages`: the names of those that the stack has, each with an API of its own. Raises
    UnreadError and ResolveError: see the module.
    """
    resolver = Resolver(template, parameters, pseudo)
    registry, names = references(resolver, stages)
    reading = Reading(resolver, registry, names, stack_tags or {})
    for reader in READERS:
        reader(reading)
    written = template.get("Outputs", {}).items()
    outputs = {
        name: registry.output(resolver.resolve(output["Value"]))
        for name, output in written
        if "Condition" not in output or resolver.condition(output["Condition"])
    }
    return model.Infrastructure(
        environment=environment,
        region=pseudo.region,
        account=pseudo.account,
        stack=pseudo.stack,
        permissions=tuple(sorted(reading.permissions, key=str)),
        outputs=pairs(outputs),
        **reading.parts,
    )
