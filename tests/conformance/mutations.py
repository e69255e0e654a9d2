"""Broken fixtures: for each check, changes to a real rendered template that it has to report.

A change names its resources by neutral reference ("queue:fulfil-order") or by type, optionally with
one property ("AWS::CloudWatch::Alarm[MetricName=Errors]"), never by logical id, so that the table
serves whichever tool made the template.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.conformance.intrinsics import Pseudo, Resolver
from tests.conformance.references import references

if TYPE_CHECKING:
    from collections.abc import Mapping

Template = dict[str, Any]
Change = Callable[["Fixture"], None]

_SELECTOR = re.compile(r"^(?P<type>AWS::[\w:]+)(?:\[(?P<name>\w+)=(?P<value>[^\]]+)\])?$")


@dataclass
class Fixture:
    """A copy of a translated template that changes may break."""

    template: Template
    logical_ids: Mapping[str, str] = field(repr=False)
    """Reference -> logical id."""

    @classmethod
    def of(cls, template: Template, parameters: Mapping[str, str], pseudo: Pseudo) -> Fixture:
        """Take a copy of a template that was read with these parameters."""
        copied = copy.deepcopy(template)
        _, named = references(Resolver(copied, parameters, pseudo))
        return cls(copied, {reference: logical_id for logical_id, reference in named.items()})

    def find(self, selector: str) -> list[str]:
        """Logical ids that a selector names; raises LookupError for none."""
        match = _SELECTOR.match(selector)
        if match is None:
            return [self.logical_ids[selector]]
        found = [
            logical_id
            for logical_id, resource in self.template["Resources"].items()
            if resource["Type"] == match["type"]
            and (
                match["name"] is None
                or str(resource["Properties"].get(match["name"])) == match["value"]
            )
        ]
        if not found:
            raise LookupError(f"the fixture has no {selector}")
        return found

    def holders(self, selector: str, path: str) -> Iterator[tuple[Any, Any]]:
        """(container, key) of the value at a dotted path in each resource; "Properties." is left
        out of paths that don't start with a capital attribute of the resource itself."""
        for logical_id in self.find(selector):
            resource = self.template["Resources"][logical_id]
            *inner, last = path.split(".")
            holder = resource if path in _ATTRIBUTES else resource["Properties"]
            for key in inner:
                holder = holder[int(key)] if key.isdigit() else holder.setdefault(key, {})
            yield holder, int(last) if last.isdigit() else last


_ATTRIBUTES = {"DeletionPolicy", "UpdateReplacePolicy"}

EVERYBODY = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
"""A rule of a security group that lets everybody in."""


def drop(selector: str, path: str) -> Change:
    """Take a property out. Raises KeyError when it isn't there: the change would prove nothing."""

    def change(fixture: Fixture) -> None:
        for holder, key in fixture.holders(selector, path):
            del holder[key]

    return change


def put(selector: str, path: str, value: Any) -> Change:
    """Write a property."""

    def change(fixture: Fixture) -> None:
        for holder, key in fixture.holders(selector, path):
            holder[key] = copy.deepcopy(value)

    return change


def remove(selector: str) -> Change:
    """Take resources out."""

    def change(fixture: Fixture) -> None:
        for logical_id in fixture.find(selector):
            del fixture.template["Resources"][logical_id]

    return change


def add(resource_type: str, **properties: Any) -> Change:
    """Put a resource in."""

    def change(fixture: Fixture) -> None:
        made = {"Type": resource_type, "Properties": properties}
        fixture.template["Resources"]["Added"] = made

    return change


def grant(role: str, action: str, resource: str) -> Change:
    """Let a role do more. `resource` is "*" or what a reference's ARN is; "#ref" behind it where
    its type gives the ARN by Ref."""

    def change(fixture: Fixture) -> None:
        reference, _, alias = resource.partition("@")
        reference, by_ref, _ = reference.partition("#ref")
        arn: Any = resource
        if resource != "*":
            logical_id = fixture.logical_ids[reference]
            attribute = "TopicArn" if reference.startswith("topic:") else "Arn"
            arn = {"Fn::Sub": f"${{{logical_id}.{attribute}}}{f':{alias}' if alias else ''}"}
            if by_ref:
                arn = {"Ref": logical_id}
        for holder, key in fixture.holders(role, "Policies.0.PolicyDocument.Statement"):
            holder[key].append({"Effect": "Allow", "Action": [action], "Resource": arn})

    return change


def revoke(role: str, action: str) -> Change:
    """Take an action out of every statement of a role."""

    def change(fixture: Fixture) -> None:
        for holder, key in fixture.holders(role, "Policies.0.PolicyDocument.Statement"):
            before = copy.deepcopy(holder[key])
            for statement in holder[key]:
                actions = statement["Action"]
                written = [actions] if isinstance(actions, str) else actions
                statement["Action"] = [a for a in written if a != action]
            if holder[key] == before:
                raise LookupError(f"{role} has no {action}")

    return change


def replace(selector: str, path: str, old: str, new: str) -> Change:
    """Replace text in a property, for instance in a dashboard's body."""

    def change(fixture: Fixture) -> None:
        for holder, key in fixture.holders(selector, path):
            if old not in holder[key]:
                raise LookupError(f"{selector} {path} holds no {old!r}")
            holder[key] = holder[key].replace(old, new)

    return change


def redefine(workflow: str, path: str, value: Any) -> Change:
    """Write a value, or with None take it out, at a dotted path in a state machine's definition.

    Raises KeyError for a state that isn't there.
    """

    def change(fixture: Fixture) -> None:
        for holder, key in fixture.holders(workflow, "DefinitionString"):
            written = holder[key]
            text = written if isinstance(written, str) else "\n".join(written["Fn::Join"][1])
            definition = json.loads(text)
            *inner, last = path.split("/")
            part = definition
            for name in inner:
                part = part[int(name)] if name.isdigit() else part[name]
            if value is None:
                del part[last]
            else:
                part[last] = value
            holder[key] = json.dumps(definition)

    return change


def filtered(selector: str, path: str, keep: Callable[[Any], bool]) -> Change:
    """Keep some items of a list only."""

    def change(fixture: Fixture) -> None:
        for holder, key in fixture.holders(selector, path):
            left = [item for item in holder[key] if keep(item)]
            if len(left) == len(holder[key]):
                raise LookupError(f"{selector} {path}: nothing to take out")
            holder[key] = left

    return change


@dataclass(frozen=True)
class Mutation:
    """A change that `check` has to report, and whose other findings are of `also` only.

    `render` names the project of `renders.RENDERS` that is broken.
    """

    check: str
    what: str
    change: Change
    also: tuple[str, ...] = ()
    render: str = "default"


ALARM = "AWS::CloudWatch::Alarm"
QUEUES = "arn:aws:sqs:eu-west-1:123456789012:order-service-shared-"
DLQ_ALARM = f"{ALARM}[MetricName=ApproximateNumberOfMessagesVisible]"
BUDGET = "AWS::Budgets::Budget"
STATES_ALARM = f"{ALARM}[Namespace=AWS/States]"
MAIN = "workflow:main"
CHARGE = "States/charge-order"
MAPPING = "AWS::Lambda::EventSourceMapping"
SHARD_MAPPING = f"{MAPPING}[StartingPosition=TRIM_HORIZON]"
FILTERED = f"{MAPPING}[BatchSize=50]"
TOPIC = {"Ref": "NotificationTopic"}
SUBSCRIPTION = "AWS::SNS::Subscription"
STAGE = "AWS::ApiGatewayV2::Stage"
GROUP = "AWS::CodeDeploy::DeploymentGroup"
ROUTE = "Body.paths./orders.post.x-amazon-apigateway-integration"
TOKEN = "Body.components.securitySchemes.Token.x-amazon-apigateway-authorizer"
CORS = "Body.x-amazon-apigateway-cors"

# One line per way of breaking a practice; the names are those of the default project's functions.
MUTATIONS: tuple[Mutation, ...] = (
    # --- F01 --- roles
    Mutation(
        "own_role",
        "two functions share a role",
        put("function:fulfil-order", "Role", "arn:aws:iam::123456789012:role/shared"),
    ),
    Mutation(
        "own_role",
        "another service may assume the role",
        put(
            "role:create-order",
            "AssumeRolePolicyDocument.Statement.0.Principal.Service",
            "ec2.amazonaws.com",
        ),
    ),
    Mutation(
        "just_what_it_calls",
        "an action that the code never calls",
        grant("role:create-order", "dynamodb:Scan", "table"),
    ),
    Mutation(
        "just_what_it_calls",
        "the action that writes the order is missing",
        revoke("role:create-order", "dynamodb:PutItem"),
    ),
    Mutation(
        "just_what_it_calls",
        "the poller can't delete messages",
        revoke("role:fulfil-order", "sqs:DeleteMessage"),
    ),
    Mutation(
        "just_what_it_calls",
        "the function may not write to its log group",
        revoke("role:report-orders", "logs:PutLogEvents"),
    ),
    Mutation(
        "just_what_it_calls",
        "a managed policy",
        put("role:create-order", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/PowerUserAccess"]),
    ),
    Mutation(
        "no_wildcards",
        "every action on the table",
        grant("role:create-order", "dynamodb:*", "table"),
    ),
    Mutation(
        "no_wildcards",
        "an action on every queue",
        grant("role:deployment", "sqs:SendMessage", "*"),
    ),
    Mutation(
        "scheduler_role",
        "schedules of any account use the role",
        drop("role:schedule/report-orders", "AssumeRolePolicyDocument.Statement.0.Condition"),
    ),
    Mutation(
        "scheduler_role",
        "the schedule can't write to its DLQ",
        revoke("role:schedule/report-orders", "sqs:SendMessage"),
    ),
    Mutation(
        "roles_are_for_something",
        "a role that nothing assumes",
        add("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": []}),
    ),
    Mutation(
        "key_for_one_use",
        "the function decrypts whatever it finds",
        drop("role:create-order", "Policies.0.PolicyDocument.Statement.5.Condition"),
        render="key",
    ),
    Mutation(
        "key_for_all_it_touches",
        "the function can't read its variables",
        put(
            "role:create-order",
            "Policies.0.PolicyDocument.Statement.5.Condition.StringEquals",
            {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"},
        ),
        render="key",
    ),
    Mutation(
        "just_what_it_calls",
        "the sender can't encrypt its message",
        revoke("role:create-order", "kms:GenerateDataKey"),
        render="key",
    ),
    Mutation(
        "scheduler_role",
        "the schedule can't encrypt a dead letter",
        revoke("role:schedule/report-orders", "kms:GenerateDataKey"),
        render="key",
    ),
    Mutation(
        "roles_are_bounded",
        "a role that nothing bounds",
        drop("role:create-order", "PermissionsBoundary"),
        render="tokens",
    ),
    Mutation(
        "roles_are_bounded",
        "a boundary of another account, which IAM refuses",
        put("role:create-order", "PermissionsBoundary", "arn:aws:iam::1:policy/teams/boundary"),
        render="tokens",
    ),
    Mutation(
        "workflow_role",
        "state machines of any account use the role",
        drop("role:workflow/main", "AssumeRolePolicyDocument.Statement.0.Condition"),
        render="workflows",
    ),
    Mutation(
        "workflow_role",
        "a step of another workflow",
        grant("role:workflow/main", "lambda:InvokeFunction", "function:count-order@live"),
        render="workflows",
    ),
    Mutation(
        "workflow_role",
        "the workflow can't write to its DLQ",
        revoke("role:workflow/main", "sqs:SendMessage"),
        render="workflows",
    ),
    Mutation(
        "workflow_role",
        "nobody may set up the delivery of the log",
        revoke("role:workflow/counting", "logs:CreateLogDelivery"),
        render="workflows",
    ),
    Mutation(
        "just_what_it_calls",
        "the sender may not start the workflow",
        revoke("role:take-order", "states:StartExecution"),
        render="workflows",
    ),
    # --- F02 --- sizes
    Mutation(
        "memory_and_timeout", "memory left to AWS", drop("function:create-order", "MemorySize")
    ),
    Mutation(
        "memory_and_timeout",
        "timeout of another environment",
        put("function:report-orders", "Timeout", 59),
    ),
    Mutation(
        "api_waits_for_the_function",
        "the API gives up first",
        put("api", f"{ROUTE}.timeoutInMillis", 5000),
    ),
    Mutation(
        "workflows_wait_for_their_steps",
        "the task gives up before its function",
        redefine(MAIN, "States/ship-order/TimeoutSeconds", 90),
        render="workflows",
    ),
    Mutation(
        "workflows_wait_for_their_steps",
        "an execution ends amid its retries",
        redefine(MAIN, "TimeoutSeconds", 300),
        render="workflows",
    ),
    Mutation(
        "workflows_wait_for_their_steps",
        "an execution may run twice",
        put(MAIN, "StateMachineType", "EXPRESS"),
        render="workflows",
    ),
    # --- F03 --- variables
    Mutation(
        "variables",
        "the environment of another stack",
        put("function:create-order", "Environment.Variables.ENVIRONMENT", "staging"),
    ),
    Mutation(
        "variables",
        "the queue of another function",
        put(
            "function:create-order",
            "Environment.Variables.FULFIL_ORDER_QUEUE_URL",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/order-service-prod-fulfil-order-dlq",
        ),
    ),
    Mutation(
        "variables",
        "the sender starts another workflow",
        put(
            "function:take-order",
            "Environment.Variables.CHARGE_ORDER_WORKFLOW_ARN",
            "arn:aws:states:eu-west-1:123456789012:stateMachine:order-service-live-counting",
        ),
        render="workflows",
    ),
    Mutation(
        "no_secret_in_variables",
        "a secret by name",
        put("function:create-order", "Environment.Variables.PAYMENT_TOKEN", "x"),
    ),
    Mutation(
        "no_secret_in_variables",
        "a secret resolved at deployment",
        put(
            "function:create-order",
            "Environment.Variables.PAYMENTS",
            "{{resolve:secretsmanager:payments}}",
        ),
    ),
    # --- F04 --- dead letters
    Mutation(
        "queue_redrives",
        "poison messages come back for ever",
        drop("queue:fulfil-order", "RedrivePolicy"),
    ),
    Mutation(
        "queue_redrives",
        "given up too early",
        put("queue:fulfil-order", "RedrivePolicy.maxReceiveCount", 2),
    ),
    Mutation(
        "queue_redrives",
        "dead letters go elsewhere",
        put(
            "queue:fulfil-order",
            "RedrivePolicy.deadLetterTargetArn",
            "arn:aws:sqs:eu-west-1:123456789012:order-service-prod-report-orders-dlq",
        ),
    ),
    Mutation(
        "dead_letters_wait_for_someone",
        "a DLQ that forgets within a minute",
        put("queue:fulfil-order-dlq", "MessageRetentionPeriod", 60),
    ),
    Mutation(
        "fifo_queues",
        "dead letters lose their order",
        drop("queue:order-dlq", "FifoQueue"),
        render="fifo",
    ),
    Mutation(
        "fifo_queues",
        "a name that SQS refuses for a FIFO queue",
        put("queue:order", "QueueName", "order-service-prod-order"),
        render="fifo",
    ),
    Mutation(
        "fifo_queues",
        "a second change of an order that says the same is lost",
        put("queue:order", "ContentBasedDeduplication", value=True),
        render="fifo",
    ),
    Mutation(
        "fifo_batches",
        "batches that only a standard queue has",
        put(MAPPING, "MaximumBatchingWindowInSeconds", 5),
        also=("F15", "F17"),
        render="fifo",
    ),
    Mutation(
        "partial_batches",
        "one bad record fails ten",
        drop(MAPPING, "FunctionResponseTypes"),
    ),
    Mutation(
        "asynchronous_invocations",
        "a failed event is lost",
        drop("AWS::Lambda::EventInvokeConfig", "DestinationConfig"),
    ),
    Mutation(
        "asynchronous_invocations",
        "retries left to AWS",
        drop("AWS::Lambda::EventInvokeConfig", "MaximumRetryAttempts"),
    ),
    Mutation(
        "asynchronous_invocations",
        "the configuration is on $LATEST, which nobody calls",
        drop("AWS::Lambda::EventInvokeConfig", "Qualifier"),
        also=("F09",),
    ),
    Mutation(
        "schedule_delivery",
        "an undelivered event is lost",
        drop("schedule:report-orders", "Target.DeadLetterConfig"),
    ),
    Mutation(
        "schedule_delivery",
        "185 retries over a day",
        drop("schedule:report-orders", "Target.RetryPolicy"),
    ),
    Mutation(
        "workflow_failures",
        "a failed step is not tried again",
        redefine(MAIN, f"{CHARGE}/Retry", None),
        render="workflows",
    ),
    Mutation(
        "workflow_failures",
        "all that failed together come back together",
        redefine(MAIN, f"{CHARGE}/Retry/1/JitterStrategy", None),
        render="workflows",
    ),
    Mutation(
        "workflow_failures",
        "a failed execution leaves nothing behind",
        redefine(MAIN, f"{CHARGE}/Catch", None),
        render="workflows",
    ),
    Mutation(
        "workflow_failures",
        "only timeouts are caught",
        redefine(MAIN, f"{CHARGE}/Catch/0/ErrorEquals", ["States.Timeout"]),
        render="workflows",
    ),
    Mutation(
        "workflow_failures",
        "the dead letter doesn't say what failed",
        redefine(MAIN, "States/Keep what failed/Arguments/MessageBody", "{% $id %}"),
        render="workflows",
    ),
    Mutation(
        "workflow_failures",
        "a failed execution succeeds",
        redefine(MAIN, "States/Give up", {"Type": "Succeed"}),
        render="workflows",
    ),
    Mutation(
        "workflow_failures",
        "dead letters go within the hour",
        put("queue:main-dlq", "MessageRetentionPeriod", 3600),
        render="workflows",
    ),
    Mutation(
        "asynchronous_invocations",
        "the topic that hears of failures is another's",
        put(
            "AWS::Lambda::EventInvokeConfig",
            "DestinationConfig.OnFailure.Destination",
            {"Ref": "NotificationTopic"},
        ),
        also=("F05",),
        render="told",
    ),
    Mutation(
        "topic_delivery",
        "a notification that cannot be delivered is lost",
        drop(SUBSCRIPTION, "RedrivePolicy"),
        render="told",
    ),
    Mutation(
        "topic_delivery",
        "the filter looks at attributes, which no sender sets",
        drop(SUBSCRIPTION, "FilterPolicyScope"),
        render="told",
    ),
    Mutation(
        "topic_delivery",
        "some notifications are filtered away",
        put(SUBSCRIPTION, "FilterPolicy", {"status": ["paid"]}),
        render="kept",
    ),
    Mutation(
        "event_delivery",
        "an event that cannot be delivered is lost",
        drop("rule:hear", "Targets.0.DeadLetterConfig"),
        render="told",
    ),
    Mutation(
        "event_delivery",
        "185 retries over a day, for an event",
        drop("rule:hear", "Targets.0.RetryPolicy"),
        render="told",
    ),
    Mutation(
        "event_delivery",
        "the rule listens to the account's bus",
        drop("rule:hear", "EventBusName"),
        also=("F05", "F06", "S01"),
        render="kept",
    ),
    Mutation(
        "event_delivery",
        "a rule that is switched off",
        put("rule:learn", "State", "DISABLED"),
        render="told",
    ),
    Mutation(
        "undelivered_may_be_kept",
        "SNS may not write to the DLQ",
        put("AWS::SQS::QueuePolicy", "PolicyDocument.Statement.0.Principal.Service", "s3.aws"),
        render="kept",
    ),
    Mutation(
        "undelivered_may_be_kept",
        "any topic and rule may write to the DLQ",
        drop("AWS::SQS::QueuePolicy", "PolicyDocument.Statement.0.Condition"),
        render="kept",
    ),
    Mutation(
        "undelivered_may_be_kept",
        "neither SNS nor EventBridge may use the key of the DLQ",
        filtered(
            "key:service",
            "KeyPolicy.Statement",
            lambda statement: statement.get("Sid") != "Publishers",
        ),
        also=("F06",),
        render="told and encrypted",
    ),
    # --- F05 --- dead letters are watched
    Mutation(
        "dead_letter_topics_are_watched",
        "nobody hears that a function failed for good",
        put(f"{ALARM}[MetricName=NumberOfMessagesPublished]", "MetricName", "PublishSize"),
        render="told",
    ),
    Mutation(
        "losses_are_watched",
        "lost notifications go unseen",
        remove(f"{ALARM}[MetricName=NumberOfNotificationsFailedToRedriveToDlq]"),
        render="told",
    ),
    Mutation(
        "losses_are_watched",
        "the third lost event rings",
        put(f"{ALARM}[MetricName=InvocationsFailedToBeSentToDlq]", "Threshold", 3),
        render="told",
    ),
    Mutation(
        "dead_letters_are_watched",
        "only the hundredth dead letter counts",
        put(DLQ_ALARM, "Threshold", 100),
    ),
    Mutation(
        "dead_letters_are_watched",
        "an alarm that tells nobody",
        drop(DLQ_ALARM, "AlarmActions"),
        also=("F06",),
    ),
    Mutation(
        "failed_delivery_is_watched",
        "lost failure records go unseen",
        put(f"{ALARM}[MetricName=DestinationDeliveryFailures]", "MetricName", "AsyncEventAge"),
    ),
    Mutation(
        "undelivered_schedules_are_watched",
        "schedules that reach nothing go unseen",
        put(
            f"{ALARM}[MetricName=InvocationsFailedToBeSentToDeadLetterCount]",
            "MetricName",
            "InvocationAttemptCount",
        ),
    ),
    Mutation(
        "undelivered_schedules_are_watched",
        "the alarm counts another group",
        drop("schedule:report-orders", "GroupName"),
    ),
    Mutation(
        "dead_letters_are_watched",
        "nobody hears of a workflow's dead letters",
        remove(DLQ_ALARM),
        render="one workflow",
    ),
    # --- F06 --- alarms
    Mutation(
        "alarms",
        "throttles go unseen",
        put(f"{ALARM}[MetricName=Throttles]", "MetricName", "Invocations"),
    ),
    Mutation(
        "alarms",
        "a thousand errors are nothing",
        put(f"{ALARM}[MetricName=Errors]", "Threshold", 1000),
    ),
    Mutation(
        "alarms",
        "the queue's age goes unseen",
        put(f"{ALARM}[MetricName=ApproximateAgeOfOldestMessage]", "Threshold", 86_400),
    ),
    Mutation(
        "alarms",
        "an alarm on a REST API's metric, which an HTTP API doesn't have",
        put(f"{ALARM}[MetricName=5xx]", "MetricName", "5XXError"),
    ),
    Mutation(
        "alarms",
        "nobody hears that concurrency runs out",
        drop(f"{ALARM}[MetricName=ConcurrentExecutions]", "Dimensions"),
    ),
    Mutation(
        "alarms",
        "failed executions go unseen",
        put(STATES_ALARM, "MetricName", "ExecutionsSucceeded"),
        render="workflows",
    ),
    Mutation(
        "alarms",
        "an undelivered notification goes unseen",
        remove(f"{ALARM}[MetricName=NumberOfNotificationsFailed]"),
        render="kept",
    ),
    Mutation(
        "alarms",
        "an alarm on the rules of the account's bus",
        filtered(
            f"{ALARM}[MetricName=FailedInvocations]",
            "Dimensions",
            lambda item: item["Name"] != "EventBusName",
        ),
        render="kept",
    ),
    Mutation(
        "duration_alarms_ring_in_time",
        "an alarm at more than the timeout",
        put(f"{ALARM}[MetricName=Duration]", "Threshold", 900_000),
    ),
    Mutation(
        "alarms_reach_someone",
        "alarms switched off",
        put(f"{ALARM}[MetricName=Throttles]", "ActionsEnabled", value=False),
    ),
    Mutation(
        "alarms_reach_someone",
        "quiet hours ring",
        drop(f"{ALARM}[MetricName=Throttles]", "TreatMissingData"),
    ),
    Mutation(
        "publishers_may_publish",
        "a topic encrypted with AWS's key swallows alarms",
        put("topic:notifications", "KmsMasterKeyId", "alias/aws/sns"),
    ),
    Mutation(
        "publishers_may_publish",
        "a topic policy that lets alarms out",
        filtered(
            "AWS::SNS::TopicPolicy",
            "PolicyDocument.Statement",
            lambda statement: statement["Effect"] == "Deny",
        ),
    ),
    Mutation(
        "publishers_may_publish",
        "a key that alarms can't use",
        filtered(
            "AWS::KMS::Key",
            "KeyPolicy.Statement",
            lambda statement: "Service" not in statement["Principal"],
        ),
    ),
    Mutation(
        "api_alarms_have_data",
        "a stage that nobody deploys",
        put(STAGE, "AutoDeploy", value=False),
    ),
    # --- F07 --- dashboard
    Mutation(
        "dashboard",
        "no tail latencies",
        replace("AWS::CloudWatch::Dashboard", "DashboardBody.Fn::Sub", '"p99"', '"p90"'),
    ),
    Mutation(
        "dashboard",
        "no failed executions",
        replace("AWS::CloudWatch::Dashboard", "DashboardBody.Fn::Sub", "sFailed", "sAborted"),
        render="workflows",
    ),
    Mutation(
        "dashboard",
        "nobody sees what topics were told",
        replace(
            "AWS::CloudWatch::Dashboard",
            "DashboardBody.Fn::Sub",
            "NumberOfMessagesPublished",
            "PublishSize",
        ),
        render="told",
    ),
    # --- F08 --- traces
    Mutation("tracing", "traces are off", drop("function:create-order", "TracingConfig")),
    Mutation(
        "no_tracing_permission",
        "traces may be written where there are none",
        grant("role:create-order", "xray:PutTraceSegments", "*"),
        also=("F01",),
        render="plain",
    ),
    Mutation(
        "tracing",
        "X-Ray samples beside OpenTelemetry",
        put("function:create-order", "TracingConfig.Mode", "Active"),
        render="otel",
    ),
    Mutation(
        "variables",
        "traces go to another Region",
        put(
            "function:create-order",
            "Environment.Variables.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "https://xray.us-east-1.amazonaws.com/v1/traces",
        ),
        render="otel",
    ),
    Mutation(
        "tracing",
        "a workflow without traces",
        drop(MAIN, "TracingConfiguration"),
        render="workflows",
    ),
    # --- F09 --- the alias
    Mutation(
        "callers_target_the_alias",
        "the queue calls $LATEST",
        put(MAPPING, "FunctionName", "order-service-prod-fulfil-order"),
    ),
    Mutation(
        "callers_target_the_alias",
        "the route calls $LATEST",
        put(
            "api",
            f"{ROUTE}.uri",
            "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:"
            "eu-west-1:123456789012:function:order-service-prod-create-order/invocations",
        ),
    ),
    Mutation(
        "callers_target_the_alias",
        "the topic calls $LATEST",
        put(
            SUBSCRIPTION,
            "Endpoint",
            "arn:aws:lambda:eu-west-1:123456789012:function:order-service-prod-tell",
        ),
        render="told",
    ),
    Mutation(
        "callers_target_the_alias",
        "the rule calls $LATEST",
        put(
            "rule:hear",
            "Targets.0.Arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:order-service-prod-hear",
        ),
        render="told",
    ),
    Mutation(
        "every_function_has_its_caller",
        "the rule calls another function",
        put(
            "rule:hear",
            "Targets.0.Arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:order-service-prod-learn:live",
        ),
        also=("S01",),
        render="told",
    ),
    Mutation(
        "every_function_has_its_caller",
        "the schedule calls another function",
        put(
            "schedule:report-orders",
            "Target.Arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:order-service-prod-create-order:live",
        ),
    ),
    Mutation(
        "callers_target_the_alias",
        "a step calls $LATEST",
        redefine(MAIN, "States/ship-order/Arguments/FunctionName", "order-service-live-ship-order"),
        render="workflows",
    ),
    Mutation(
        "every_function_has_its_caller",
        "a step is left out",
        redefine(MAIN, f"{CHARGE}/Next", "tell-all"),
        render="workflows",
    ),
    Mutation(
        "versions_are_published",
        "the alias follows $LATEST",
        put("AWS::Lambda::Alias", "FunctionVersion", "$LATEST"),
    ),
    # --- F10 --- releases
    Mutation(
        "aliases",
        "an alias that no environment has",
        add(
            "AWS::Lambda::Alias",
            Name="next",
            FunctionName="order-service-prod-create-order",
            FunctionVersion="3",
        ),
        also=("F09",),
    ),
    Mutation(
        "traffic_shift",
        "production moves at once",
        put(GROUP, "DeploymentConfigName", "CodeDeployDefault.LambdaAllAtOnce"),
    ),
    Mutation(
        "traffic_shift",
        "alarms don't roll back",
        put(GROUP, "AutoRollbackConfiguration.Enabled", value=False),
    ),
    Mutation(
        "rollback_alarms",
        "no alarm watches the deployment",
        drop(GROUP, "AlarmConfiguration"),
    ),
    Mutation(
        "rollback_alarms",
        "the alarm counts every invocation, not the alias's",
        filtered(
            f"{ALARM}[MetricName=Errors]", "Dimensions", lambda item: item["Name"] == "FunctionName"
        ),
    ),
    # --- F11 --- roll-back
    Mutation(
        "versions_outlive_their_successor",
        "the previous version is gone",
        drop("AWS::Lambda::Version", "DeletionPolicy"),
    ),
    # --- F12 --- reserved concurrency
    Mutation(
        "reserved_concurrency",
        "nothing stops a run-away loop",
        drop("function:fulfil-order", "ReservedConcurrentExecutions"),
        also=("F15",),
    ),
    Mutation(
        "quota",
        "more than the account has",
        put("function:create-order", "ReservedConcurrentExecutions", 950),
    ),
    # --- F14 --- loops
    Mutation(
        "no_loop",
        "AWS's own detection is off",
        put("function:create-order", "RecursiveLoop", "Allow"),
    ),
    Mutation(
        "no_loop",
        "a consumer feeds its own queue",
        grant("role:fulfil-order", "sqs:SendMessage", "queue:fulfil-order"),
        also=("F01",),
    ),
    Mutation(
        "no_loop",
        "a step starts its own workflow",
        grant("role:ship-order", "states:StartExecution", "workflow:main"),
        also=("F01",),
        render="workflows",
    ),
    Mutation(
        "no_loop",
        "a subscriber publishes to its own topic",
        grant("role:tell", "sns:Publish", "topic:tell"),
        also=("F01",),
        render="told",
    ),
    Mutation(
        "no_loop",
        "a rule takes the events that its own function sends",
        put("rule:hear", "EventPattern", {"source": ["shop"], "detail-type": ["OrderPaid"]}),
        also=("F04",),
        render="told",
    ),
    # --- F15 --- rates
    Mutation(
        "api_throttling",
        "no rate limit",
        drop(STAGE, "DefaultRouteSettings.ThrottlingRateLimit"),
    ),
    Mutation(
        "api_throttling",
        "a route without the limit",
        put(
            STAGE,
            "RouteSettings",
            {"POST /orders": {"ThrottlingRateLimit": 9000, "ThrottlingBurstLimit": 9000}},
        ),
    ),
    Mutation(
        "queue_concurrency",
        "the queue runs more than is reserved",
        put(MAPPING, "ScalingConfig.MaximumConcurrency", 50),
    ),
    Mutation(
        "queue_concurrency",
        "the queue knows no limit",
        drop(MAPPING, "ScalingConfig"),
    ),
    Mutation("queue_batches", "batches of one", put(MAPPING, "BatchSize", 1)),
    Mutation(
        "queue_batches",
        "messages are filtered away",
        put(MAPPING, "FilterCriteria", {"Filters": [{"Pattern": "{}"}]}),
    ),
    # --- F16 --- layers and runtime
    Mutation("layers", "a function without the layer", drop("function:create-order", "Layers")),
    Mutation(
        "layers_fit",
        "a layer for another Python",
        put("layer:shared", "CompatibleRuntimes", ["python3.9"]),
    ),
    Mutation("runtime", "another Python", put("function:create-order", "Runtime", "python3.9")),
    # --- F17 --- visibility
    Mutation(
        "visibility_timeout",
        "a message comes back while it is worked on",
        put("queue:fulfil-order", "VisibilityTimeout", 60),
    ),
    # --- F18 --- logs
    Mutation("log_groups", "logs kept for ever", drop("log-group:create-order", "RetentionInDays")),
    Mutation(
        "log_groups",
        "a log group that Lambda makes",
        put("function:create-order", "LoggingConfig.LogGroup", "/aws/lambda/other"),
    ),
    Mutation(
        "log_format",
        "logs as text",
        put(
            "function:create-order",
            "LoggingConfig",
            {"LogGroup": "/aws/lambda/order-service-prod-create-order"},
        ),
    ),
    Mutation(
        "workflow_logs",
        "inputs and outputs are logged",
        put(MAIN, "LoggingConfiguration.IncludeExecutionData", value=True),
        render="workflows",
    ),
    Mutation(
        "workflow_logs",
        "nothing is logged",
        put(MAIN, "LoggingConfiguration.Level", "OFF"),
        render="workflows",
    ),
    Mutation(
        "workflow_logs",
        "two workflows share a log",
        put(
            MAIN,
            "LoggingConfiguration.Destinations.0.CloudWatchLogsLogGroup.LogGroupArn",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/states/other:*",
        ),
        render="workflows",
    ),
    Mutation("access_log", "no access log", drop(STAGE, "AccessLogSettings")),
    # --- F19 --- data
    Mutation(
        "queues_are_private",
        "a queue in plain text",
        put("queue:fulfil-order", "SqsManagedSseEnabled", value=False),
    ),
    Mutation("queues_are_private", "queues without TLS", remove("AWS::SQS::QueuePolicy")),
    Mutation(
        "topics_are_private",
        "a topic without TLS",
        filtered(
            "AWS::SNS::TopicPolicy",
            "PolicyDocument.Statement",
            lambda statement: statement["Effect"] == "Allow",
        ),
    ),
    Mutation(
        "topics_are_private", "a topic in plain text", drop("topic:notifications", "KmsMasterKeyId")
    ),
    Mutation(
        "topics_are_private",
        "a key that never rotates",
        put("AWS::KMS::Key", "EnableKeyRotation", value=False),
    ),
    Mutation(
        "roles_may_encrypt",
        "a topic with a key that no sender may use",
        put("topic:tell", "KmsMasterKeyId", {"Fn::GetAtt": ["NotificationKey", "Arn"]}),
        render="told",
    ),
    Mutation("tables_survive", "orders go with the stack", drop("table", "DeletionPolicy")),
    Mutation(
        "tables_survive",
        "yesterday can't be restored",
        put("table", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", value=False),
    ),
    Mutation(
        "tables_are_shaped",
        "paid by the hour",
        drop("table", "BillingMode"),
    ),
    Mutation(
        "idempotency_records_expire",
        "records stay for ever",
        drop("table:idempotency", "TimeToLiveSpecification"),
    ),
    Mutation(
        "one_key_for_all",
        "dead letters under AWS's key",
        put("queue:fulfil-order-dlq", "KmsMasterKeyId", "alias/aws/sqs"),
        render="key",
    ),
    Mutation(
        "one_key_for_all",
        "a table under AWS's key",
        drop("table", "SSESpecification"),
        render="key",
    ),
    Mutation(
        "one_key_for_all",
        "readable variables",
        drop("function:create-order", "KmsKeyArn"),
        render="key",
    ),
    Mutation(
        "one_key_for_all",
        "logs under AWS's key",
        drop("log-group:create-order", "KmsKeyId"),
        render="key",
    ),
    Mutation(
        "one_key_for_all",
        "the key goes before the table",
        drop("AWS::KMS::Key", "DeletionPolicy"),
        render="key",
    ),
    Mutation(
        "key_opens_for_few",
        "any log group of the account",
        drop("AWS::KMS::Key", "KeyPolicy.Statement.2.Condition"),
        render="key",
    ),
    # --- F20 --- permissions
    Mutation(
        "api_may_invoke",
        "the permission is for another route",
        put(
            "AWS::Lambda::Permission",
            "SourceArn",
            {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:other/*/GET/orders"},
        ),
    ),
    Mutation(
        "permissions_name_their_source",
        "any API may invoke",
        drop("AWS::Lambda::Permission", "SourceArn"),
    ),
    Mutation(
        "api_asks_who_calls",
        "anybody may order",
        drop("api", "Body.paths./orders.post.security"),
    ),
    Mutation(
        "api_asks_who_calls",
        "anybody may order without a token",
        drop("api", "Body.paths./orders.post.security"),
        render="tokens",
    ),
    Mutation(
        "api_knows_whose_tokens",
        "tokens for any other service are taken, too",
        put("api", f"{TOKEN}.jwtConfiguration.audience", ["orders", "https://other.example.com"]),
        render="tokens",
    ),
    Mutation(
        "api_knows_whose_tokens",
        "tokens of somebody else",
        put("api", f"{TOKEN}.jwtConfiguration.issuer", "https://login.example.net"),
        render="tokens",
    ),
    Mutation(
        "api_knows_whose_tokens",
        "tokens in addresses, which logs keep",
        put("api", f"{TOKEN}.identitySource", "$request.querystring.token"),
        render="tokens",
    ),
    Mutation(
        "pages_that_may_call",
        "the pages of everybody may call",
        put("api", f"{CORS}.allowOrigins", ["*"]),
        render="tokens",
    ),
    Mutation(
        "pages_that_may_call",
        "browsers may not send the token",
        put("api", f"{CORS}.allowHeaders", ["content-type", "idempotency-key"]),
        render="tokens",
    ),
    Mutation(
        "pages_that_may_call",
        "a page may call where none was answered",
        put("api", f"{CORS}.allowOrigins", ["https://shop.example.com"]),
    ),
    # --- F10, F11 --- two aliases in one stack
    Mutation(
        "stages_share_nothing",
        "a queue for both aliases",
        put("queue:dev-fulfil-order", "QueueName", "order-service-shared-fulfil-order"),
        also=("F04",),
        render="dev-prod",
    ),
    Mutation(
        "stages_share_nothing",
        "no schedule for PROD",
        remove("schedule:prod-report-orders"),
        also=("F01", "F04", "F09"),
        render="dev-prod",
    ),
    Mutation(
        "nothing_crosses",
        "DEV takes its work from PROD's queue",
        put("AWS::Lambda::EventSourceMapping", "EventSourceArn", f"{QUEUES}prod-fulfil-order"),
        also=("F09", "F15", "F17", "S01"),
        render="dev-prod",
    ),
    Mutation(
        "nothing_crosses",
        "PROD's dead letters are among DEV's",
        put(
            "queue:prod-fulfil-order",
            "RedrivePolicy.deadLetterTargetArn",
            f"{QUEUES}dev-fulfil-order-dlq",
        ),
        also=("F04", "F05"),
        render="dev-prod",
    ),
    Mutation(
        "nothing_crosses",
        "DEV's events start PROD",
        put("rule:prod-hear", "EventBusName", "order-service-shared-dev"),
        also=("F04", "F05", "F06", "S01"),
        render="dev-prod that hears",
    ),
    Mutation(
        "nothing_crosses",
        "PROD's undelivered notifications are among DEV's",
        put(
            "AWS::SNS::Subscription[Protocol=lambda]",
            "RedrivePolicy.deadLetterTargetArn",
            f"{QUEUES}dev-tell-dlq",
        ),
        also=("F04", "F05"),
        render="dev-prod that hears",
    ),
    Mutation(
        "stages_share_nothing",
        "a topic for both aliases",
        put("topic:dev-tell", "TopicName", "order-service-shared-tell"),
        render="dev-prod that hears",
    ),
    Mutation(
        "nothing_crosses",
        "DEV's changes start PROD",
        put(
            "AWS::Lambda::EventSourceMapping[StartingPosition=TRIM_HORIZON]",
            "EventSourceArn",
            {"Fn::GetAtt": ["DevTable", "StreamArn"]},
        ),
        also=("F04", "F05", "F09", "F15", "S01"),
        render="dev-prod in order",
    ),
    Mutation(
        "stages_share_nothing",
        "a stream for both aliases",
        put("stream:dev-count", "Name", "order-service-shared-count"),
        render="dev-prod in order",
    ),
    Mutation(
        "nothing_crosses",
        "DEV's uploads start PROD",
        put("rule:prod-take", "EventPattern.detail.bucket.name", [{"Ref": "DevTakeBucket"}]),
        also=("F04", "S01"),
        render="dev-prod that is told",
    ),
    Mutation(
        "nothing_crosses",
        "an alarm of DEV starts PROD",
        put(
            "alarm:dev-hand-in-errors",
            "AlarmActions",
            [{"Ref": "NotificationTopic"}, {"Ref": "ProdReactAlias"}],
        ),
        also=("F06", "F09"),
        render="dev-prod that is told",
    ),
    Mutation(
        "alarms_start_functions",
        "an alarm on what both share starts PROD's function alone",
        put(
            "alarm:hand-in-concurrency",
            "AlarmActions",
            [{"Ref": "NotificationTopic"}, {"Ref": "ProdReactAlias"}],
        ),
        render="dev-prod that is told",
    ),
    Mutation(
        "variables",
        "PROD hands in to DEV's bucket",
        put(
            "function:hand-in",
            "Environment.Variables.PROD_TAKE_BUCKET_NAME",
            {"Ref": "DevTakeBucket"},
        ),
        render="dev-prod that is told",
    ),
    Mutation(
        "variables",
        "PROD signs with DEV's secret",
        put("function:create-order", "Environment.Variables.PROD_SECRET_ARN", {"Ref": "DevSecret"}),
        render="dev-prod with tokens and a secret",
    ),
    Mutation(
        "api_knows_whose_tokens",
        "PROD takes tokens for another",
        put("AWS::ApiGatewayV2::Authorizer", "JwtConfiguration.Audience", ["others"]),
        render="dev-prod with tokens and a secret",
    ),
    Mutation(
        "provisioned_concurrency",
        "PROD waits for no call",
        put("AWS::Lambda::Alias[Name=PROD]", "ProvisionedConcurrencyConfig", {}),
        render="dev-prod that waits",
    ),
    Mutation(
        "a_deployment_moves_dev_alone",
        "PROD follows each deployment",
        put("AWS::Lambda::Alias[Name=PROD]", "FunctionVersion", "published"),
        render="dev-prod",
    ),
    Mutation(
        "sources_may_invoke",
        "the topic may not invoke",
        put(
            "AWS::Lambda::Permission[Principal=sns.amazonaws.com]",
            "SourceArn",
            {"Ref": "NotificationTopic"},
        ),
        render="told",
    ),
    Mutation(
        "sources_may_invoke",
        "the rule may invoke $LATEST only",
        put(
            "AWS::Lambda::Permission[Principal=events.amazonaws.com]",
            "FunctionName",
            "order-service-prod-hear",
        ),
        also=("F09",),
        render="told",
    ),
    # --- F21 --- tags
    Mutation(
        "tags",
        "a resource of somebody else",
        put("queue:fulfil-order", "Tags", [{"Key": "owner", "Value": "nobody"}]),
    ),
    Mutation(
        "tags",
        "a workflow of somebody else",
        put(MAIN, "Tags", [{"Key": "owner", "Value": "nobody"}]),
        render="workflows",
    ),
    # --- F22 --- architecture
    Mutation(
        "architecture",
        "a function on x86_64",
        put("function:create-order", "Architectures", ["x86_64"]),
    ),
    # --- F13 --- starts
    Mutation(
        "snap_start",
        "a function that starts cold",
        drop("function:create-order", "SnapStart"),
        render="snapstart",
    ),
    Mutation(
        "snap_start",
        "a snapshot that nobody asked for",
        put("function:create-order", "SnapStart", {"ApplyOn": "PublishedVersions"}),
    ),
    Mutation(
        "snap_start",
        "SnapStart beside provisioned concurrency",
        put(
            "AWS::Lambda::Alias",
            "ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions",
            1,
        ),
        render="snapstart",
    ),
    Mutation(
        "snap_start",
        "more storage than a snapshot takes",
        put("function:create-order", "EphemeralStorage", {"Size": 1024}),
        render="snapstart",
    ),
    Mutation(
        "snap_start",
        "a Python without SnapStart",
        put("function:create-order", "Runtime", "python3.11"),
        also=("F16",),
        render="snapstart",
    ),
    Mutation(
        "snap_start",
        "callers of $LATEST, which has no snapshot",
        put("AWS::Lambda::Alias", "FunctionVersion", "$LATEST"),
        also=("F09",),
        render="snapstart",
    ),
    Mutation(
        "provisioned_concurrency",
        "no environment waits for calls",
        drop("AWS::Lambda::Alias", "ProvisionedConcurrencyConfig"),
        render="provisioned",
    ),
    Mutation(
        "provisioned_concurrency",
        "environments wait that nobody asked for",
        put(
            "AWS::Lambda::Alias",
            "ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions",
            1,
        ),
    ),
    Mutation(
        "provisioned_concurrency",
        "more than the function has reserved",
        put("function:create-order", "ReservedConcurrentExecutions", 4),
        also=("F12",),
        render="provisioned",
    ),
    Mutation(
        "provisioned_concurrency_is_shown",
        "nobody sees what is paid for",
        replace(
            "AWS::CloudWatch::Dashboard",
            "DashboardBody.Fn::Sub",
            "ProvisionedConcurrencyUtilization",
            "Invocations",
        ),
        render="provisioned",
    ),
    Mutation(
        "alarms",
        "calls that start cold all the same go unseen",
        put(
            f"{ALARM}[MetricName=ProvisionedConcurrencySpilloverInvocations]",
            "MetricName",
            "Invocations",
        ),
        render="provisioned",
    ),
    # --- S01 --- decoupling
    Mutation(
        "pass_work_on_by_queue",
        "a function calls a function",
        grant("role:create-order", "lambda:InvokeFunction", "function:fulfil-order@live"),
        also=("F01",),
    ),
    Mutation(
        "pass_work_on_by_queue",
        "the workflow begins with another step",
        redefine(MAIN, "States/Begin/Next", "ship-order"),
        also=("F09",),
        render="workflows",
    ),
    Mutation(
        "pass_work_on_by_queue",
        "a topic that nobody listens to",
        remove(SUBSCRIPTION),
        also=("F04", "F09"),
        render="told",
    ),
    # --- S03 --- the secret
    Mutation(
        "secret_is_made_by_aws",
        "its value stands in the template",
        put("secret", "SecretString", "hunter2"),
        render="secret",
    ),
    Mutation(
        "secret_is_made_by_aws",
        "nobody makes its value",
        drop("secret", "GenerateSecretString"),
        render="secret",
    ),
    Mutation(
        "secret_is_made_by_aws",
        "a value that can be guessed",
        put("secret", "GenerateSecretString.PasswordLength", 8),
        render="secret",
    ),
    Mutation(
        "secret_is_made_by_aws",
        "it goes with the stack",
        drop("secret", "DeletionPolicy"),
        render="secret",
    ),
    Mutation(
        "secret_is_made_by_aws",
        "a secret that nobody asked for",
        add("AWS::SecretsManager::Secret", Name="order-service-prod-more"),
    ),
    Mutation(
        "secret_is_for_its_users",
        "a function without it may read it",
        grant("role:tick", "secretsmanager:GetSecretValue", "secret#ref"),
        also=("F01",),
        render="secret",
    ),
    Mutation(
        "secret_is_for_its_users",
        "a function that uses it may replace it",
        grant("role:take", "secretsmanager:PutSecretValue", "secret#ref"),
        also=("F01",),
        render="secret",
    ),
    Mutation(
        "no_secret_in_variables",
        "the secret's value, resolved at deployment",
        put(
            "function:take",
            "Environment.Variables.SECRET_ARN",
            {"Fn::Sub": "{{resolve:secretsmanager:${Secret}}}"},
        ),
        render="secret",
    ),
    # --- buckets and alarms ---
    Mutation(
        "just_what_it_calls",
        "a function reads what its rule doesn't tell it of",
        grant("role:take", "s3:GetObject", "bucket:keep"),
        render="files",
    ),
    Mutation(
        "variables",
        "the bucket of another function",
        put("function:hand-in", "Environment.Variables.TAKE_BUCKET_NAME", {"Ref": "KeepBucket"}),
        render="files",
    ),
    Mutation(
        "upload_delivery",
        "S3 tells nobody",
        drop("bucket:take", "NotificationConfiguration"),
        render="files",
    ),
    Mutation(
        "upload_delivery",
        "an upload that cannot be delivered is lost",
        drop("rule:take", "Targets.0.DeadLetterConfig"),
        render="files",
    ),
    Mutation(
        "upload_delivery",
        "185 retries over a day, for an upload",
        drop("rule:take", "Targets.0.RetryPolicy"),
        render="files",
    ),
    Mutation(
        "upload_delivery",
        "start or end of the key, not both",
        put(
            "rule:take",
            "EventPattern.detail.object.key",
            [{"prefix": "in/"}, {"suffix": ".json"}],
        ),
        render="files",
    ),
    Mutation(
        "upload_delivery",
        "any bucket's objects",
        drop("rule:take", "EventPattern.detail.bucket"),
        also=("S01",),
        render="files",
    ),
    Mutation(
        "losses_are_watched",
        "lost uploads go unseen",
        remove(f"{ALARM}[MetricName=InvocationsFailedToBeSentToDlq]"),
        render="files",
    ),
    Mutation(
        "alarms",
        "an undelivered upload goes unseen",
        remove(f"{ALARM}[MetricName=FailedInvocations]"),
        render="files",
    ),
    Mutation(
        "alarms_start_functions",
        "alarms that ring only once",
        filtered("alarm:hello-errors", "OKActions", lambda action: action == TOPIC),
        render="alarms",
    ),
    Mutation(
        "alarms_start_functions",
        "an alarm that starts what it watches",
        put("alarm:react-errors", "AlarmActions", [TOPIC, {"Ref": "ReactFunctionAliaslive"}]),
        also=("F14",),
        render="alarms",
    ),
    Mutation(
        "alarms_reach_someone",
        "an alarm that starts what is not for alarms",
        put("alarm:hello-errors", "OKActions", [TOPIC, {"Ref": "WorkFunctionAliaslive"}]),
        render="alarms",
    ),
    Mutation(
        "alarms_start_functions",
        "an alarm that starts what sends to what it watches",
        put("alarm:note-dead-letters", "OKActions", [TOPIC, {"Ref": "ReactFunctionAliaslive"}]),
        also=("F14",),
        render="alarms",
    ),
    Mutation(
        "callers_target_the_alias",
        "alarms start $LATEST",
        put(
            "alarm:hello-errors", "AlarmActions", [TOPIC, {"Fn::GetAtt": ["ReactFunction", "Arn"]}]
        ),
        also=("F06",),
        render="alarms",
    ),
    Mutation(
        "every_function_has_its_caller",
        "nothing starts the function for alarms",
        remove("AWS::Lambda::Permission[Principal=lambda.alarms.cloudwatch.amazonaws.com]"),
        also=("F20",),
        render="alarms",
    ),
    Mutation(
        "alarms_may_invoke",
        "alarms of every account and service",
        drop(
            "AWS::Lambda::Permission[Principal=lambda.alarms.cloudwatch.amazonaws.com]",
            "SourceAccount",
        ),
        render="alarms",
    ),
    Mutation(
        "no_loop",
        "a function fills the bucket that starts it",
        grant("role:take", "s3:PutObject", "bucket:take"),
        also=("F01",),
        render="files",
    ),
    Mutation(
        "buckets_are_private",
        "a bucket in plain text",
        drop("bucket:take", "BucketEncryption"),
        render="files",
    ),
    Mutation(
        "buckets_are_private",
        "a bucket that a policy may open",
        put("bucket:take", "PublicAccessBlockConfiguration.BlockPublicPolicy", value=False),
        render="files",
    ),
    Mutation(
        "buckets_are_private",
        "objects that belong to whoever puts them there",
        drop("bucket:take", "OwnershipControls"),
        render="files",
    ),
    Mutation(
        "buckets_are_private",
        "objects without TLS",
        put("AWS::S3::BucketPolicy", "PolicyDocument.Statement.0.Resource", {"Fn::Sub": "x"}),
        render="files",
    ),
    Mutation(
        "buckets_empty_themselves",
        "one upload, and the stack can't be deleted",
        drop("bucket:take", "DeletionPolicy"),
        render="files",
    ),
    Mutation(
        "buckets_empty_themselves",
        "objects stay for ever",
        drop("bucket:take", "LifecycleConfiguration"),
        render="files",
    ),
    Mutation(
        "buckets_empty_themselves",
        "objects go before their dead letters",
        put("bucket:take", "LifecycleConfiguration.Rules.0.ExpirationInDays", 7),
        render="files",
    ),
    Mutation(
        "sources_may_invoke",
        "the rule of another bucket",
        put(
            "AWS::Lambda::Permission[Principal=events.amazonaws.com]",
            "SourceArn",
            {"Fn::GetAtt": ["TakeRule", "Arn"]},
        ),
        render="files",
    ),
    Mutation(
        "pass_work_on_by_queue",
        "a bucket that nobody listens to",
        put("rule:take", "EventPattern.detail.bucket.name", [{"Ref": "BareBucket"}]),
        also=("F04",),
        render="files",
    ),
    # --- S05 --- environments
    Mutation(
        "environments_are_apart",
        "a name that two environments would share",
        put(f"{ALARM}[MetricName=5xx]", "AlarmName", "api-5xx"),
    ),
    Mutation(
        "functions_are_those_answered",
        "a function under another name",
        put("function:create-order", "FunctionName", "order-service-prod-create"),
    ),
    # --- S06 --- cost
    Mutation(
        "budget", "another amount", put("AWS::Budgets::Budget", "Budget.BudgetLimit.Amount", 5)
    ),
    Mutation(
        "budget",
        "nobody hears of it",
        drop(BUDGET, "NotificationsWithSubscribers"),
    ),
    Mutation(
        "budget_counts_this_environment",
        "the whole account's cost",
        drop(BUDGET, "Budget.FilterExpression"),
    ),
    # --- streams ---
    Mutation(
        "just_what_it_calls",
        "the poller can't read the table's changes",
        revoke("role:follow", "dynamodb:GetRecords"),
        render="streams",
    ),
    Mutation(
        "just_what_it_calls",
        "the poller can't find the shards",
        revoke("role:count", "kinesis:ListShards"),
        render="streams",
    ),
    Mutation(
        "just_what_it_calls",
        "what fails can't be kept",
        revoke("role:note", "sqs:SendMessage"),
        render="streams",
    ),
    Mutation(
        "just_what_it_calls",
        "a record can't be sent",
        revoke("role:write", "kinesis:PutRecord"),
        render="streams",
    ),
    Mutation(
        "variables",
        "the stream of another function",
        put(
            "function:write",
            "Environment.Variables.COUNT_STREAM_NAME",
            "order-service-prod-note",
        ),
        render="streams",
    ),
    *(
        Mutation("failed_records", what, change, render="streams")
        for what, change in (
            ("records that fail are lost", drop(SHARD_MAPPING, "DestinationConfig")),
            ("retries until the records are gone", drop(SHARD_MAPPING, "MaximumRetryAttempts")),
            ("no retry at all", put(SHARD_MAPPING, "MaximumRetryAttempts", 0)),
            (
                "a good record fails with a bad one",
                drop(SHARD_MAPPING, "BisectBatchOnFunctionError"),
            ),
            (
                "records before the deployment are missed",
                put(SHARD_MAPPING, "StartingPosition", "LATEST"),
            ),
        )
    ),
    Mutation(
        "failed_records",
        "given up when the stream has forgotten it, too",
        put(SHARD_MAPPING, "MaximumRecordAgeInSeconds", 86_400),
        render="streams",
    ),
    Mutation(
        "failed_records",
        "dead letters of another function",
        put(
            SHARD_MAPPING,
            "DestinationConfig.OnFailure.Destination",
            "arn:aws:sqs:eu-west-1:123456789012:order-service-prod-note-dlq",
        ),
        render="streams",
    ),
    Mutation(
        "partial_batches",
        "records that are done come again",
        drop(SHARD_MAPPING, "FunctionResponseTypes"),
        render="streams",
    ),
    Mutation(
        "failed_delivery_is_watched",
        "lost places of failed records go unseen",
        put(f"{ALARM}[MetricName=DestinationDeliveryFailures]", "MetricName", "AsyncEventAge"),
        render="streams",
    ),
    Mutation(
        "dead_letters_are_watched",
        "dead letters of streams go unseen",
        put(DLQ_ALARM, "Threshold", 100),
        render="streams",
    ),
    Mutation(
        "alarms",
        "nobody hears of a stream that piles up",
        put(f"{ALARM}[MetricName=IteratorAge]", "MetricName", "Invocations"),
        render="streams",
    ),
    Mutation(
        "iterator_age_alarms_ring_in_time",
        "an alarm when the records are given up",
        put(f"{ALARM}[MetricName=IteratorAge]", "Threshold", 21_600_000),
        also=("F06",),
        render="streams",
    ),
    Mutation(
        "iterator_age_alarms_ring_in_time",
        "an alarm for each batch that takes its time",
        put(f"{ALARM}[MetricName=IteratorAge]", "Threshold", 1000),
        also=("F06",),
        render="streams",
    ),
    Mutation(
        "dashboard",
        "a stream that piles up is not shown",
        replace("AWS::CloudWatch::Dashboard", "DashboardBody.Fn::Sub", "IteratorAge", "Duration"),
        render="streams",
    ),
    Mutation(
        "every_function_has_its_caller",
        "nobody reads the stream",
        put(
            f"{MAPPING}[ParallelizationFactor=2]",
            "FunctionName",
            "arn:aws:lambda:eu-west-1:123456789012:function:order-service-prod-write:live",
        ),
        also=("F14", "F15"),
        render="streams",
    ),
    Mutation(
        "no_loop",
        "the table's changes write the table",
        grant("role:follow", "dynamodb:PutItem", "table"),
        also=("F01",),
        render="streams",
    ),
    Mutation(
        "no_loop",
        "what the table's changes send is written to the table",
        grant("role:note", "dynamodb:UpdateItem", "table"),
        also=("F01",),
        render="streams",
    ),
    Mutation(
        "no_loop",
        "a reader of a stream feeds it",
        grant("role:note", "kinesis:PutRecord", "stream:count"),
        also=("F01",),
        render="streams",
    ),
    Mutation(
        "shard_concurrency",
        "fewer executions than shards x batches",
        put("function:count", "ReservedConcurrentExecutions", 7),
        also=("F12",),
        render="streams",
    ),
    Mutation(
        "shard_concurrency",
        "one batch of a shard at a time",
        drop(f"{MAPPING}[ParallelizationFactor=2]", "ParallelizationFactor"),
        render="streams",
    ),
    Mutation(
        "shard_batches",
        "batches of one",
        put(SHARD_MAPPING, "BatchSize", 1),
        render="streams",
    ),
    Mutation(
        "shard_batches",
        "changes nobody asked for",
        drop(FILTERED, "FilterCriteria"),
        render="streams",
    ),
    Mutation(
        "streams_are_private",
        "a stream in plain text",
        drop("stream:count", "StreamEncryption"),
        render="streams",
    ),
    Mutation(
        "streams_are_private",
        "a stream of a fixed size",
        drop("stream:count", "StreamModeDetails"),
        render="streams",
    ),
    Mutation(
        "streams_are_private",
        "a stream that costs for a week",
        put("stream:count", "RetentionPeriodHours", 168),
        render="streams",
    ),
    Mutation(
        "tables_are_shaped",
        "changes without what was there before",
        put("table", "StreamSpecification.StreamViewType", "NEW_IMAGE"),
        render="streams",
    ),
    Mutation(
        "tags",
        "a stream of somebody else",
        put("stream:count", "Tags", [{"Key": "owner", "Value": "nobody"}]),
        render="streams",
    ),
    Mutation(
        "environments_are_apart",
        "a stream that two environments would share",
        put("stream:count", "Name", "count"),
        render="streams",
    ),
    # --- S02 --- the cache and its network
    Mutation(
        "cache_is_the_answered_one",
        "another engine",
        put("cache", "Engine", "redis"),
        render="cache",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "a cache of any size",
        drop("cache", "CacheUsageLimits.DataStorage.Maximum"),
        render="cache",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "a cache of any price",
        drop("cache", "CacheUsageLimits.ECPUPerSecond"),
        render="cache",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "a network that nobody asked for",
        add("AWS::EC2::VPC", CidrBlock="10.0.0.0/24"),
        render="default",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "a cluster that speaks plain text",
        drop("cache", "ClusterEndpointEncryptionType"),
        render="accelerator",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "a cluster that is not encrypted at rest",
        put("cache", "SSESpecification.SSEEnabled", False),
        render="accelerator",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "production on one node",
        put("cache", "ReplicationFactor", 1),
        render="accelerator",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "copies for an hour",
        put("AWS::DAX::ParameterGroup", "ParameterNameValues.record-ttl-millis", "3600000"),
        render="accelerator",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "copies of queries for as long as DAX likes",
        drop("AWS::DAX::ParameterGroup", "ParameterNameValues.query-ttl-millis"),
        render="accelerator",
    ),
    Mutation(
        "cache_is_the_answered_one",
        "a cluster in one zone",
        filtered("AWS::DAX::SubnetGroup", "SubnetIds", lambda s: s["Ref"] == "SubnetA"),
        render="accelerator",
    ),
    Mutation(
        "cache_is_for_its_users",
        "everybody in the network reaches the cache",
        put("security-group:cache", "SecurityGroupIngress", [EVERYBODY]),
        render="cache",
    ),
    Mutation(
        "cache_is_for_its_users",
        "every port of the cache",
        put("AWS::EC2::SecurityGroupIngress", "ToPort", 65535),
        render="cache",
    ),
    Mutation(
        "cache_is_for_its_users",
        "a function that is not in the network",
        drop("function:look", "VpcConfig"),
        render="cache",
    ),
    Mutation(
        "cache_is_for_its_users",
        "a function in the network without need",
        put(
            "function:take",
            "VpcConfig",
            {
                "SecurityGroupIds": [{"Ref": "FunctionSecurityGroup"}],
                "SubnetIds": [{"Ref": "SubnetA"}],
            },
        ),
        render="cache",
    ),
    Mutation(
        "cache_is_for_its_users",
        "functions may call anything",
        drop("security-group:functions", "SecurityGroupEgress"),
        render="cache",
    ),
    Mutation(
        "cache_is_for_its_users",
        "a user with a password",
        put("cache-user", "AuthenticationMode", {"Type": "password"}),
        render="cache",
    ),
    Mutation(
        "cache_is_for_its_users",
        "a user who may do anything",
        put("cache-user", "AccessString", "on ~* +@all"),
        render="cache",
    ),
    Mutation(
        "cache_is_for_its_users",
        "a user by another name than the cache",
        put("cache-user", "UserName", "somebody"),
        render="cache",
    ),
    Mutation(
        "cache_is_for_its_users",
        "a cache that everybody may use",
        drop("cache", "UserGroupId"),
        render="cache",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "no endpoint for the secret",
        remove("AWS::EC2::VPCEndpoint[PrivateDnsEnabled=True]"),
        render="cache",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "a subnet with public addresses",
        put("subnet:0", "MapPublicIpOnLaunch", True),
        render="cache",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "names of endpoints that nobody resolves",
        put("network", "EnableDnsHostnames", False),
        render="cache",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "endpoints without private names",
        put("AWS::EC2::VPCEndpoint[PrivateDnsEnabled=True]", "PrivateDnsEnabled", False),
        render="cache",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "endpoints that everybody reaches",
        put("security-group:endpoints", "SecurityGroupIngress", [EVERYBODY]),
        render="cache",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "a zone without endpoints",
        filtered(
            "AWS::EC2::VPCEndpoint[PrivateDnsEnabled=True]",
            "SubnetIds",
            lambda s: s["Ref"] == "SubnetA",
        ),
        render="cache",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "a zone without a route to the table",
        put("AWS::EC2::SubnetRouteTableAssociation", "SubnetId", {"Ref": "SubnetA"}),
        render="cache",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "another VPC than the one that is there",
        put("security-group:cache", "VpcId", "vpc-00000000"),
        render="cache in a VPC that was there",
    ),
    Mutation(
        "network_leads_to_what_is_called",
        "a cache in other subnets",
        put("cache", "SubnetIds", ["subnet-00000000", "subnet-11111111"]),
        render="cache in a VPC that was there",
    ),
    Mutation(
        "code_makes_no_interfaces",
        "code that makes network interfaces",
        filtered(
            "role:look", "Policies.0.PolicyDocument.Statement", lambda s: s["Effect"] == "Allow"
        ),
        render="cache",
    ),
    Mutation(
        "cache_that_fails_rings",
        "no alarm on the cache",
        put("AWS::CloudWatch::Alarm[MetricName=CacheFailures]", "Namespace", "Other"),
        render="cache",
    ),
    Mutation(
        "cache_that_fails_rings",
        "an alarm on every environment's cache",
        filtered(
            "AWS::CloudWatch::Alarm[MetricName=CacheFailures]",
            "Dimensions",
            lambda d: d["Name"] == "service",
        ),
        render="cache",
    ),
    Mutation(
        "just_what_it_calls",
        "a function that may not connect",
        revoke("role:look", "elasticache:Connect"),
        render="cache",
    ),
    Mutation(
        "just_what_it_calls",
        "a function that writes to the cluster",
        grant("role:look", "dax:PutItem", "cache"),
        render="accelerator",
    ),
    Mutation(
        "roles_are_for_something",
        "a cluster that writes the table",
        grant("role:cache", "dynamodb:PutItem", "table"),
        render="accelerator",
    ),
    Mutation(
        "roles_are_for_something",
        "a cluster that may not read the table",
        revoke("role:cache", "dynamodb:GetItem"),
        render="accelerator",
    ),
    Mutation(
        "roles_are_for_something",
        "a role that is not the cluster's alone",
        put(
            "role:cache",
            "AssumeRolePolicyDocument.Statement.0.Principal.Service",
            "ec2.amazonaws.com",
        ),
        render="accelerator",
    ),
    Mutation(
        "variables",
        "a function that asks another cache",
        put("function:look", "Environment.Variables.CACHE_URL", "valkeys://a@b:6379"),
        render="cache",
    ),
    Mutation(
        "tags",
        "a cache of somebody else",
        put("cache", "Tags", [{"Key": "owner", "Value": "nobody"}]),
        render="cache",
    ),
    Mutation(
        "environments_are_apart",
        "a cache that two environments would share",
        put("cache", "ServerlessCacheName", "cache"),
        also=("F03", "S02"),
        render="cache",
    ),
)
