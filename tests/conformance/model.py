"""The rendered infrastructure of one service in one environment, in no tool's terms.

Properties are named as AWS documents them (snake_case). A resource is known by a neutral
reference that says what it is in the service, never by a tool's logical id:

    function:create-order        its alias: function:create-order:live
    queue:fulfil-order           its DLQ:   queue:fulfil-order-dlq (.fifo left out)
    table, table:idempotency     an index:  table/index/by-day, its changes: table/stream/latest
    stream:count-views
    role:create-order            the role that function create-order assumes
    workflow:fulfilment          role:workflow/fulfilment, log-group:workflow/fulfilment
    log-group:create-order       api, topic:notifications, layer:shared, alarm:create-order-errors
    cache, cache-user            network, subnet:0 (by its zone), security-group:functions
    bucket:import-orders         its objects:  bucket:import-orders/*.json
    topic:notify-customer        event-bus, and its rules: rule:record-payment

References come from physical names without their `<stack>-` prefix or, where a tool lets AWS choose
the name, from the resource's place in the graph (a role: who assumes it; a table: the variable that
holds its name). Two infrastructures are equal when `==` says so; `differences` lists why not.

An optional property that AWS fills in is given AWS's documented default by the reader, so that
"not written" and "written as the default" are equal. `None` stands for "not set, and that matters".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass

Reference = str
Pairs = tuple[tuple[str, str], ...]
"""A mapping of strings in a form that compares and sorts: pairs in the order of their keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of a statement's Condition block, for instance Bool aws:SecureTransport false."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One effect on one resource. Readers split and merge what was written into this form, since
    tools group actions and resources differently without changing what is allowed."""

    effect: str
    actions: tuple[str, ...]
    resource: Reference
    principals: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    trust: tuple[Statement, ...]
    statements: tuple[Statement, ...]
    managed_policies: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """`log_format` Text is Lambda's own default; levels exist only with JSON."""

    log_format: str = "Text"
    application_log_level: str | None = None
    system_log_level: str | None = None
    log_group: Reference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    physical_name: str
    handler: str
    runtime: str
    architecture: str
    memory: int | None
    timeout: int | None
    reserved_concurrency: int | None
    layers: tuple[Reference, ...]
    variables: Pairs
    role: Reference
    tracing: str
    logging: Logging
    encryption: Reference | None = None
    """The key that its variables are encrypted with, where it is not Lambda's own."""
    ephemeral_storage: int = 512
    recursive_loop: str = "Terminate"
    snap_start: str = "None"
    """To what SnapStart applies: "None" or "PublishedVersions"."""
    dead_letter: Reference | None = None
    subnets: tuple[Reference, ...] = ()
    security_groups: tuple[Reference, ...] = ()
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """`version` is "published" (immutable, published by this stack) or what was written.

    `retained`: the version outlives its replacement, so an earlier release can be restored.
    """

    function: Reference
    version: str
    retained: bool
    provisioned_concurrency: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How an alias moves to the next version (CodeDeploy deployment group)."""

    alias: Reference
    configuration: str
    alarms: tuple[Reference, ...]
    rollback_events: tuple[str, ...]
    role: Reference
    hooks: Pairs = ()
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    dead_letter: Reference
    max_receive_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    physical_name: str
    visibility_timeout: int
    message_retention_period: int
    delay: int
    receive_wait_time: int
    fifo: bool
    redrive: Redrive | None
    redrive_allow: tuple[str, ...]
    """RedriveAllowPolicy: (permission, source queue, ...), for instance ("byQueue", "queue:a")."""
    encryption: str
    """"sqs-managed", "none" or a KMS key."""
    policy: tuple[Statement, ...]
    deduplication: str = "queue"
    """FIFO: "queue" or "messageGroup", with "content" after it where bodies are compared."""
    throughput_limit: str = "perQueue"
    """FIFO: "perQueue" or "perMessageGroupId"."""
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A Kinesis data stream. `shards` is None where it is on demand."""

    physical_name: str
    shards: int | None
    retention_hours: int
    encryption: str
    """"none" or a KMS key."""
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    keys: Pairs
    projection: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    keys: Pairs
    """(attribute, "HASH S" | "RANGE N" | ...), partition key first."""
    indexes: Mapping[str, Index]
    billing_mode: str
    on_demand_limits: Pairs
    point_in_time_recovery: bool
    encryption: str
    """"aws-owned" (DynamoDB's default), "aws-managed" or a KMS key."""
    time_to_live: str | None
    stream: str | None
    deletion_protection: bool
    kept_on_delete: bool
    kept_on_replace: bool
    policy: tuple[Statement, ...]
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    protocol: str
    endpoint: str
    dead_letter: Reference | None = None
    filter: str | None = None
    """The filter policy as JSON with sorted keys."""
    filter_scope: str = "MessageAttributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    encryption: str
    """"none" or a KMS key."""
    policy: tuple[Statement, ...]
    subscriptions: tuple[Subscription, ...]
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """Whose tokens a route accepts, for whom, and where it looks for them."""

    issuer: str
    audience: tuple[str, ...]
    identity_source: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    target: Reference
    authorization: str
    """"NONE", "AWS_IAM" or "JWT"."""
    authorizer: Authorizer | None = None
    """Of a JWT route."""
    scopes: tuple[str, ...] = ()
    payload_format: str
    timeout_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    burst: int | None
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """An HTTP API with its one stage. Route keys are AWS's: "POST /orders"."""

    physical_name: str
    protocol: str
    routes: Mapping[str, Route]
    stage: str
    auto_deploy: bool
    throttle: Throttle
    route_throttles: Mapping[str, Throttle]
    detailed_metrics: bool
    access_log: Reference | None
    access_log_fields: tuple[str, ...]
    cors: Pairs
    default_endpoint_disabled: bool
    tags: Pairs = ()
    stage_tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """None where the tool leaves it to AWS (185 attempts in 24 h for a schedule)."""

    attempts: int | None
    max_event_age: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shards:
    """How a mapping reads its source shard by shard, and what becomes of what fails."""

    starting_position: str
    parallelization: int
    bisects: bool
    retry: Retry
    on_failure: Reference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceMapping:
    """`shards` is None for a source that has none (a queue)."""

    source: Reference
    target: Reference
    enabled: bool
    batch_size: int | None
    batch_window: int
    maximum_concurrency: int | None
    response_types: tuple[str, ...]
    filters: tuple[str, ...]
    shards: Shards | None = None
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    physical_name: str
    group: Reference
    expression: str
    timezone: str
    flexible_window: str
    enabled: bool
    target: Reference
    role: Reference
    input: str | None
    dead_letter: Reference | None
    retry: Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleGroup:
    physical_name: str
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRetry:
    """One rule by which a failed state is tried again; AWS's defaults where nothing is written."""

    errors: tuple[str, ...]
    interval: int = 1
    attempts: int = 3
    rate: float = 2.0
    longest: int | None = None
    jitter: str = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state of a state machine. `target` is what a task is done on: the function that it invokes,
    the queue that it writes to. `next` is "" where the execution ends.

    `fields` is what else is written (arguments, output, assigned variables), each as JSON with
    references in place of ARNs and URLs.
    """

    kind: str
    resource: str = ""
    target: Reference = ""
    next: str = ""
    timeout: int | None = None
    retries: tuple[TaskRetry, ...] = ()
    catches: tuple[tuple[tuple[str, ...], str], ...] = ()
    """(errors, next state) of each catcher."""
    fields: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine:
    """A state machine of Step Functions, its definition read."""

    physical_name: str
    kind: str
    role: Reference
    query_language: str
    start: str
    timeout: int | None
    states: Mapping[str, State]
    log_level: str
    logs_execution_data: bool
    log_group: Reference | None
    tracing: bool
    encryption: str
    """"aws-owned" or a KMS key."""
    tags: Pairs = ()

    @property
    def path(self) -> tuple[str, ...]:
        """Names of the states that an execution passes if none fails, in their order."""
        passed: list[str] = []
        name = self.start
        while name in self.states and name not in passed:
            passed.append(name)
            name = self.states[name].next
        return tuple(passed)

    @property
    def steps(self) -> tuple[Reference, ...]:
        """What the states on this way invoke."""
        invoking = (self.states[name] for name in self.path)
        return tuple(s.target for s in invoking if s.resource.endswith(":lambda:invoke"))

    @property
    def dead_letters(self) -> frozenset[Reference]:
        """The queues that states write to which a failure leads to."""
        caught = {after for state in self.states.values() for _, after in state.catches}
        return frozenset(
            self.states[name].target
            for name in caught & self.states.keys()
            if self.states[name].resource.endswith(":sqs:sendMessage")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBus:
    physical_name: str
    policy: tuple[Statement, ...] = ()
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of an event bus with its one target. `pattern` is JSON with sorted keys, in which a
    bucket of the stack is a reference."""

    physical_name: str
    bus: Reference
    pattern: str
    enabled: bool
    target: Reference
    input: str | None
    dead_letter: Reference | None
    retry: Retry
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """`expires_days`: after how many days an object goes, `versions_expire_days`: a version of it
    that was replaced; None when they stay."""

    encryption: str
    """"AES256", "none" or a KMS key."""
    public_access_blocked: bool
    object_ownership: str
    versioned: bool
    expires_days: int | None
    versions_expire_days: int | None
    event_bridge: bool
    kept_on_delete: bool
    kept_on_replace: bool
    policy: tuple[Statement, ...]
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A customer managed KMS key, known by what it encrypts."""

    rotation: bool
    alias: str
    policy: tuple[Statement, ...]
    kept_on_delete: bool
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret of Secrets Manager. `value`: "generated" by AWS, "written" in the template, or
    "none"; `length`: characters of a generated one."""

    physical_name: str
    value: str
    length: int | None
    encryption: str
    """"aws-managed" or a KMS key."""
    kept_on_delete: bool
    kept_on_replace: bool
    policy: tuple[Statement, ...]
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """`public`: it has public addresses, or a route that leads out of the network."""

    network: Reference
    cidr: str
    public: bool
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a network reaches a service of AWS; known by the end of that service's name."""

    kind: str
    """"Gateway" or "Interface"."""
    network: Reference
    subnets: tuple[Reference, ...]
    """From which it is reached: those it is in, or those whose routes lead to it."""
    security_groups: tuple[Reference, ...]
    private_dns: bool
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A VPC."""

    cidr: str
    dns: bool
    """Names are resolved in it, and its own have names: what private names of endpoints need."""
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Flow:
    """What a security group lets through: to or from `peer`, another group or a CIDR block."""

    protocol: str
    ports: tuple[int, int]
    peer: Reference


ALL_TRAFFIC = Flow(protocol="-1", ports=(-1, -1), peer="0.0.0.0/0")
"""What a security group lets out where nothing is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    network: Reference
    ingress: tuple[Flow, ...]
    egress: tuple[Flow, ...]
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUser:
    name: str
    authentication: str
    access: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A cache that functions reach: ElastiCache Serverless, or a DAX cluster.

    `nodes` is None where AWS has as many as are needed; `limits` are then how large it may get.
    """

    kind: str
    """"valkey 8" or "dax"."""
    physical_name: str
    subnets: tuple[Reference, ...]
    security_groups: tuple[Reference, ...]
    tls: bool
    encryption: str
    """"aws-owned", "none" or a KMS key."""
    limits: Pairs = ()
    users: tuple[CacheUser, ...] = ()
    nodes: int | None = None
    node_type: str = ""
    parameters: Pairs = ()
    role: Reference | None = None
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInvokeConfig:
    retry: Retry
    on_failure: Reference | None
    on_success: Reference | None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Permission:
    target: Reference
    action: str
    principal: str
    source_arn: str | None
    source_account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    physical_name: str
    retention_days: int | None
    encryption: str | None
    kept_on_delete: bool
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A CloudWatch metric. Dimension values are references where they name a resource."""

    namespace: str
    name: str
    dimensions: Pairs
    statistic: str
    period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """`expression` is metric math over `metrics` in order (m1, m2, ...), "" for one metric."""

    physical_name: str
    metrics: tuple[Metric, ...]
    expression: str
    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str
    actions_enabled: bool
    alarm_actions: tuple[Reference, ...]
    ok_actions: tuple[Reference, ...]
    insufficient_data_actions: tuple[Reference, ...]
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """What a dashboard shows, whatever its layout."""

    metrics: frozenset[Metric]
    alarms: frozenset[Reference]
    log_queries: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNotification:
    kind: str
    """"ACTUAL" or "FORECASTED"."""
    comparison: str
    threshold: float
    threshold_type: str
    subscribers: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    amount: float
    unit: str
    time_unit: str
    budget_type: str
    filters: Pairs
    notifications: tuple[BudgetNotification, ...]
    tags: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    retained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Infrastructure:
    """Every resource of one stack by neutral name without its kind: `functions["create-order"]`."""

    environment: str
    region: str
    account: str
    stack: str
    functions: Mapping[str, Function] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    layers: Mapping[str, Layer] = field(default_factory=dict)
    log_groups: Mapping[str, LogGroup] = field(default_factory=dict)
    queues: Mapping[str, Queue] = field(default_factory=dict)
    streams: Mapping[str, Stream] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    apis: Mapping[str, Api] = field(default_factory=dict)
    event_source_mappings: Mapping[str, EventSourceMapping] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    schedule_groups: Mapping[str, ScheduleGroup] = field(default_factory=dict)
    state_machines: Mapping[str, StateMachine] = field(default_factory=dict)
    event_buses: Mapping[str, EventBus] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    keys: Mapping[str, Key] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    caches: Mapping[str, Cache] = field(default_factory=dict)
    networks: Mapping[str, Network] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    security_groups: Mapping[str, SecurityGroup] = field(default_factory=dict)
    event_invoke_configs: Mapping[str, EventInvokeConfig] = field(default_factory=dict)
    permissions: tuple[Permission, ...] = ()
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    dashboards: Mapping[str, Dashboard] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    outputs: Pairs = ()

    def role_of(self, function: str) -> Role:
        """A function's execution role. Raises KeyError when the stack doesn't make that role."""
        return self.roles[self.functions[function].role.removeprefix("role:")]

    @property
    def dead_letter_queues(self) -> frozenset[str]:
        """Names of the queues that some resource of the stack uses as its dead-letter queue."""
        return self._dead_letters("queue:")

    @property
    def dead_letter_topics(self) -> frozenset[str]:
        """Names of the topics that are told of what some function failed on for good."""
        return self._dead_letters("topic:")

    def _dead_letters(self, kind: str) -> frozenset[str]:
        used = [queue.redrive.dead_letter for queue in self.queues.values() if queue.redrive]
        used += [function.dead_letter or "" for function in self.functions.values()]
        used += [schedule.dead_letter or "" for schedule in self.schedules.values()]
        used += [rule.dead_letter or "" for rule in self.rules.values()]
        used += [config.on_failure or "" for config in self.event_invoke_configs.values()]
        read = [mapping.shards for mapping in self.event_source_mappings.values()]
        used += [shards.on_failure or "" for shards in read if shards]
        used += [s.dead_letter or "" for topic in self.topics.values() for s in topic.subscriptions]
        used += [queue for m in self.state_machines.values() for queue in m.dead_letters]
        return frozenset(
            reference.removeprefix(kind) for reference in used if reference.startswith(kind)
        )


def differences(left: object, right: object, path: str = "") -> list[str]:
    """Where two values of this model differ, one line each: `queues.fulfil-order.delay: 0 != 5`."""
    if left == right:
        return []
    if is_dataclass(left) and type(left) is type(right):
        return [
            line
            for item in fields(left)
            for line in differences(
                getattr(left, item.name),
                getattr(right, item.name),
                f"{path}.{item.name}".strip("."),
            )
        ]
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        lines = []
        for key in sorted({*left, *right}):
            where = f"{path}.{key}".strip(".")
            if key not in left:
                lines.append(f"{where}: only on the right: {right[key]!r}")
            elif key not in right:
                lines.append(f"{where}: only on the left: {left[key]!r}")
            else:
                lines += differences(left[key], right[key], where)
        return lines
    if isinstance(left, tuple | frozenset) and isinstance(right, tuple | frozenset):
        gone = [item for item in left if item not in right]
        new = [item for item in right if item not in left]
        if gone or new:
            return [f"{path}: only on the left: {item!r}" for item in gone] + [
                f"{path}: only on the right: {item!r}" for item in new
            ]
    return [f"{path}: {left!r} != {right!r}"]
