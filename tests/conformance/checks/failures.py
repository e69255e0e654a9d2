"""What happens when something fails: F04, F05, F14, F17."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.conformance.checks.registry import (
    ASYNCHRONOUS,
    NOTIFICATIONS,
    TABLE_CHANGES,
    Service,
    about,
    check,
    dead_letters,
    entry,
    failures,
    functions,
    named,
    on_its_bus,
    source_of,
    with_source,
    workflows,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conformance.model import Alarm, Infrastructure, State, StateMachine

VISIBILITY_FACTOR = 6
MIN_RECEIVE_COUNT = 5
"""Both: Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping"."""

SHARDED = ("stream", "table")
"""The sources whose records come in order, shard by shard."""

WITH_DEAD_LETTERS = ("queue", *ASYNCHRONOUS, *SHARDED)

STREAM_RETENTION = 86_400
"""What a DynamoDB stream keeps a record for, and a Kinesis stream at least."""

MAX_RETRIES = 10
"""A record that fails holds its shard up for as long as it is tried again."""

TABLE_WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"} | {
    "dynamodb:BatchWriteItem",
    "dynamodb:TransactWriteItems",
}

MAX_RETENTION = 14 * 86_400
"""SQS's longest: a message keeps its first time of arrival in a DLQ, so a shorter one loses it."""


@check("F04", with_source("queue"))
def queue_redrives(model: Infrastructure, service: Service) -> list[str]:
    """A message that keeps failing moves to the queue's own DLQ after at least five receives and
    stays there longer than it could in the queue (SQS Developer Guide, "Dead-letter queues")."""
    found = []
    for answered in functions(service, "queue"):
        name = answered["name"]
        queue, dead = model.queues.get(name), model.queues.get(f"{name}-dlq")
        if queue is None or dead is None:
            found.append(f"{name}: queue or DLQ is missing")
            continue
        if queue.redrive is None:
            found.append(f"queue {name}: no redrive policy")
            continue
        found += wrong(f"queue {name}: DLQ", queue.redrive.dead_letter, dead_letters(name))
        receives = queue.redrive.max_receive_count
        found += wrong(
            f"queue {name}: maxReceiveCount", receives, answered["queue"]["max_receive_count"]
        )
        if receives < MIN_RECEIVE_COUNT:
            found.append(f"queue {name}: maxReceiveCount {receives} < {MIN_RECEIVE_COUNT}")
        retention = answered["queue"]["retention_seconds"]
        found += wrong(f"queue {name}: retention", queue.message_retention_period, retention)
    return found


def with_queue(service: Service) -> list[Mapping[str, Any]]:
    """The answered functions that have a DLQ: for what they failed on, unless that is told to a
    topic, and for what their source could not deliver."""
    return [
        f
        for f in functions(service, *WITH_DEAD_LETTERS)
        if f["source"] not in {*SHARDED, "alarm"} or not f["dead_letter_topic"]
    ]


@check("F04", with_source(*WITH_DEAD_LETTERS))
def dead_letters_wait_for_someone(model: Infrastructure, service: Service) -> list[str]:
    """Every DLQ keeps its messages for SQS's longest time and takes them from its one source."""
    found = []
    for answered in with_queue(service):
        name = f"{answered['name']}-dlq"
        if name not in model.queues:
            found.append(f"{name} is missing")
            continue
        queue = model.queues[name]
        found += wrong(f"{name}: retention", queue.message_retention_period, MAX_RETENTION)
        if queue.redrive is not None:
            found.append(f"{name} has a DLQ itself")
        if answered["source"] == "queue":
            expected = ("byQueue", f"queue:{answered['name']}")
            found += wrong(f"{name}: RedriveAllowPolicy", queue.redrive_allow, expected)
    return found


FIFO_NAME = ".fifo"
FIFO_BATCH = 10


def _with_fifo(service: Service) -> bool:
    return any(answered["queue"]["fifo"] for answered in functions(service, "queue"))


@check("F04", _with_fifo)
def fifo_queues(model: Infrastructure, service: Service) -> list[str]:
    """Queue and DLQ are both FIFO where that was answered, since one cannot move messages to the
    other kind, and their names say so (SQS Developer Guide, "Dead-letter queues"). Messages of one
    group do not wait for another's ("High throughput for FIFO queues"), and what says the same is
    not the same message unless its sender says so."""
    found = []
    for answered in functions(service, "queue"):
        fifo = answered["queue"]["fifo"]
        expected = ("messageGroup", "perMessageGroupId") if fifo else ("queue", "perQueue")
        for name in (answered["name"], f"{answered['name']}-dlq"):
            queue = model.queues.get(name)
            if queue is None:
                continue  # reported by `queue_redrives`
            found += wrong(f"queue {name}: FIFO", queue.fifo, fifo)
            if queue.physical_name.endswith(FIFO_NAME) != fifo:
                found.append(f"queue {name} is called {queue.physical_name}")
            order = (queue.deduplication, queue.throughput_limit)
            found += wrong(f"queue {name}: deduplication and throughput", order, expected)
    return found


@check("F04", _with_fifo)
def fifo_batches(model: Infrastructure, service: Service) -> list[str]:
    """A batch of a FIFO queue has at most ten messages and never waits for more (Lambda Developer
    Guide, "Configuring an Amazon SQS event source mapping")."""
    return [
        f"{answered['name']}: batches of {mapping.batch_size} within {mapping.batch_window} s"
        for answered in functions(service, "queue")
        for mapping in model.event_source_mappings.values()
        if answered["queue"]["fifo"]
        and mapping.source == f"queue:{answered['name']}"
        and ((mapping.batch_size or 0) > FIFO_BATCH or mapping.batch_window)
    ]


@check("F04", with_source("queue", *SHARDED))
def partial_batches(model: Infrastructure, service: Service) -> list[str]:
    """One bad record doesn't fail its batch (Lambda Developer Guide, "Implementing partial batch
    responses")."""
    return [
        f"{answered['name']}: {key} doesn't report item failures"
        for answered in functions(service, "queue", *SHARDED)
        for key, mapping in model.event_source_mappings.items()
        if mapping.source == source_of(answered)
        and mapping.response_types != ("ReportBatchItemFailures",)
    ]


@check("F04", with_source(*SHARDED))
def failed_records(model: Infrastructure, service: Service) -> list[str]:
    """A batch that fails is halved and tried again, so often and so long as answered, then its
    place goes to the function's DLQ (Lambda Developer Guide, "Retaining discarded batch records").
    That leaves half of the day for which the stream keeps the records to read them again. Reading
    begins with the oldest record, so none is missed before the mapping is there."""
    found = []
    for answered in functions(service, *SHARDED):
        name = answered["name"]
        for mapping in (m for m in model.event_source_mappings.values() if named(m.target) == name):
            shards = mapping.shards
            if shards is None:
                found.append(f"{name}: its mapping names no starting position")
                continue
            expected = answered["shards"]
            found += wrong(f"{name}: retries", shards.retry.attempts, expected["retries"])
            age = expected["max_record_age_seconds"]
            found += wrong(f"{name}: maximum record age", shards.retry.max_event_age, age)
            found += wrong(f"{name}: on failure", shards.on_failure, failures(answered))
            found += wrong(f"{name}: halves a batch that fails", shards.bisects, expected=True)
            found += wrong(f"{name}: begins at", shards.starting_position, "TRIM_HORIZON")
            if not 1 <= (shards.retry.attempts or 0) <= MAX_RETRIES:
                found.append(f"{name}: {shards.retry.attempts} retries")
            if not 60 <= (shards.retry.max_event_age or 0) <= STREAM_RETENTION // 2:
                found.append(f"{name}: gives up after {shards.retry.max_event_age} s")
    return found


@check("F04", with_source(*ASYNCHRONOUS))
def asynchronous_invocations(model: Infrastructure, service: Service) -> list[str]:
    """A failed asynchronous invocation is retried as answered, then goes to the function's DLQ or,
    by answer, to a topic (Lambda Developer Guide, "Retaining records of asynchronous
    invocations")."""
    found = []
    for answered in functions(service, *ASYNCHRONOUS):
        name = answered["name"]
        config = model.event_invoke_configs.get(entry(service, name).removeprefix("function:"))
        if config is None:
            found.append(f"{name}: no event invoke configuration on {entry(service, name)}")
            continue
        expected = answered["asynchronous"]
        found += wrong(f"{name}: retries", config.retry.attempts, expected["retries"])
        age = expected["max_event_age_seconds"]
        found += wrong(f"{name}: maximum event age", config.retry.max_event_age, age)
        found += wrong(f"{name}: on failure", config.on_failure, failures(answered))
        kind, _, target = failures(answered).partition(":")
        if target not in (model.topics if kind == "topic" else model.queues):
            found.append(f"{name}: {kind} {target} is missing")
    return found


@check("F04", with_source("schedule"))
def schedule_delivery(model: Infrastructure, service: Service) -> list[str]:
    """What EventBridge Scheduler can't deliver goes to a DLQ after bounded retries (Scheduler User
    Guide, "Configuring a dead-letter queue")."""
    found = []
    for answered in functions(service, "schedule"):
        name = answered["name"]
        schedule = model.schedules.get(name)
        if schedule is None:
            found.append(f"{name}: no schedule")
            continue
        found += wrong(f"schedule {name}: DLQ", schedule.dead_letter, dead_letters(name))
        if schedule.retry.attempts is None or schedule.retry.max_event_age is None:
            found.append(f"schedule {name}: retries or maximum event age are left to the default")
        found += wrong(
            f"schedule {name}: expression",
            (schedule.expression, schedule.timezone, schedule.enabled),
            (answered["schedule"]["expression"], answered["schedule"]["timezone"], True),
        )
    return found


@check("F04", with_source("workflow"))
def workflow_failures(model: Infrastructure, service: Service) -> list[str]:
    """A step that fails is tried again as answered, with waits that grow, end and are cut at
    random; then the input of its execution is kept in the workflow's own DLQ for SQS's longest
    time, and the execution fails (Step Functions Developer Guide, "Handling errors in Step
    Functions workflows"; "Best practices": transient Lambda exceptions)."""
    found = []
    for answered in workflows(service):
        name = answered["name"]
        machine, queue = model.state_machines.get(name), model.queues.get(f"{name}-dlq")
        if machine is None or queue is None:
            found.append(f"workflow {name}: state machine or DLQ is missing")
            continue
        found += wrong(f"{name}-dlq: retention", queue.message_retention_period, MAX_RETENTION)
        expected = [
            (tuple(sorted(r["errors"])), r["interval"], r["attempts"], r["rate"], r["longest"])
            for r in answered["retries"]
        ]
        for step in answered["steps"]:
            state = machine.states.get(step["name"])
            if state is None:
                found.append(f"workflow {name}: no state {step['name']}")
                continue
            what = f"workflow {name}, {step['name']}"
            retries = [r for r in state.retries if r.attempts]
            rules = [(r.errors, r.interval, r.attempts, r.rate, r.longest) for r in retries]
            found += wrong(f"{what}: retries", rules, expected)
            found += [f"{what}: retries in step" for r in retries if r.jitter != "FULL"]
            found += [f"{what}: {fault}" for fault in _not_kept(machine, state, dead_letters(name))]
    return found


def _not_kept(machine: StateMachine, state: State, queue: str) -> list[str]:
    """Why a failure of a state doesn't end in a failed execution with its input in a queue."""
    if [errors for errors, _ in state.catches] != [("States.ALL",)]:
        return [f"catches {state.catches}"]
    keeping = machine.states.get(state.catches[0][1])
    if keeping is None or not keeping.resource.endswith(":sqs:sendMessage"):
        return ["what failed isn't sent to a queue"]
    found = wrong("what failed is sent to", keeping.target, queue)
    if "$states.context.Execution.Input" not in dict(keeping.fields)["Arguments.MessageBody"]:
        found.append("the execution's input isn't kept")
    if not any("States.ALL" in r.errors and r.attempts for r in keeping.retries):
        found.append("keeping what failed isn't tried again")
    ending = machine.states.get(keeping.next)
    return found + wrong("a failed execution ends as", ending and ending.kind, "Fail")


@check("F04", with_source("topic"))
def topic_delivery(model: Infrastructure, service: Service) -> list[str]:
    """What SNS can't deliver goes to a DLQ, which must be a queue; the subscription takes what was
    answered and no less (SNS Developer Guide, "Dead-letter queues" and "Subscription filter
    policies")."""
    found = []
    for answered in functions(service, "topic"):
        name = answered["name"]
        topic = model.topics.get(name)
        if topic is None or len(topic.subscriptions) != 1:
            found.append(f"{name}: no topic with one subscription")
            continue
        (subscription,) = topic.subscriptions
        found += wrong(f"topic {name}: DLQ", subscription.dead_letter, dead_letters(name))
        wanted = answered["topic"]["filter"]
        expected = (json.dumps(wanted, sort_keys=True), "MessageBody") if wanted else (None,)
        actual = (subscription.filter, subscription.filter_scope)
        found += wrong(f"topic {name}: filter", actual[: len(expected)], expected)
    return found


@check("F04", with_source("event"))
def event_delivery(model: Infrastructure, service: Service) -> list[str]:
    """What EventBridge can't deliver goes to a DLQ after bounded retries; the rule takes what was
    answered from the service's own bus (EventBridge User Guide, "Event retry policy and using
    dead-letter queues")."""
    found = []
    for answered in functions(service, "event"):
        name = answered["name"]
        rule = model.rules.get(name)
        if rule is None:
            found.append(f"{name}: no rule")
            continue
        found += wrong(f"rule {name}: DLQ", rule.dead_letter, dead_letters(name))
        if rule.retry.attempts is None or rule.retry.max_event_age is None:
            found.append(f"rule {name}: retries or maximum event age are left to the default")
        expected = json.dumps(answered["event"]["pattern"], sort_keys=True)
        found += wrong(
            f"rule {name}: bus, pattern, input and state",
            (rule.bus, rule.pattern, rule.input, rule.enabled),
            ("event-bus", expected, None, True),
        )
    return found


@check("F04", with_source("bucket"))
def upload_delivery(model: Infrastructure, service: Service) -> list[str]:
    """S3 tells EventBridge of every new object, the rule takes those that were answered from this
    bucket alone, and what can't be delivered goes to a DLQ after bounded retries (S3 User Guide,
    "Using EventBridge")."""
    found = []
    for answered in functions(service, "bucket"):
        name = answered["name"]
        rule, bucket = model.rules.get(name), model.buckets.get(name)
        if rule is None or bucket is None:
            found.append(f"{name}: no rule or no bucket")
            continue
        if not bucket.event_bridge:
            found.append(f"bucket {name} tells nobody of its objects")
        found += wrong(f"rule {name}: DLQ", rule.dead_letter, dead_letters(name))
        if rule.retry.attempts is None or rule.retry.max_event_age is None:
            found.append(f"rule {name}: retries or maximum event age are left to the default")
        detail: dict[str, Any] = {"bucket": {"name": [f"bucket:{name}"]}}
        prefix, suffix = answered["bucket"]["prefix"], answered["bucket"]["suffix"]
        if prefix and suffix:  # two conditions on one value would be alternatives
            detail["object"] = {"key": [{"wildcard": f"{prefix}*{suffix}"}]}
        elif prefix or suffix:
            detail["object"] = {"key": [{"prefix": prefix} if prefix else {"suffix": suffix}]}
        pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}
        found += wrong(
            f"rule {name}: bus, pattern, input and state",
            (rule.bus, rule.pattern, rule.input, rule.enabled),
            ("default", json.dumps(pattern, sort_keys=True), None, True),
        )
    return found


DELIVERERS = {
    "topic": ("sns", "topic"),
    "event": ("events", "rule"),
    "bucket": ("events", "rule"),
}
"""Sources that write to a DLQ as a service, not by a role: (principal, what they are)."""


@check("F04", with_source(*DELIVERERS))
def undelivered_may_be_kept(model: Infrastructure, service: Service) -> list[str]:
    """The policy of a DLQ lets its source in, that one only: without it what can't be delivered is
    lost (SNS Developer Guide, "Configuring a dead-letter queue"; EventBridge User Guide, "Granting
    permissions to the dead-letter queue")."""
    found = []
    for answered in functions(service, *DELIVERERS):
        name = answered["name"]
        principal, kind = DELIVERERS[answered["source"]]
        queue = model.queues.get(f"{name}-dlq")
        allowed = [s for s in (queue.policy if queue else ()) if s.effect == "Allow"]
        granted = [
            (s.actions, s.principals, [(c.operator, c.key, c.values) for c in s.conditions])
            for s in allowed
        ]
        expected = [
            (
                ("sqs:SendMessage",),
                (f"Service:{principal}.amazonaws.com",),
                [("ArnEquals", "aws:SourceArn", (f"{kind}:{name}",))],
            )
        ]
        found += wrong(f"{name}-dlq: who may send", granted, expected)
        key = model.keys.get(queue.encryption.removeprefix("key:")) if queue else None
        usable = {
            action
            for s in (key.policy if key else ())
            if s.effect == "Allow" and f"Service:{principal}.amazonaws.com" in s.principals
            for action in s.actions
        }
        if key and not {"kms:Decrypt", "kms:GenerateDataKey*"} <= usable:
            found.append(f"{name}-dlq: {principal}.amazonaws.com may not use its key")
    return found


def _alarms_on(model: Infrastructure, metric: str, dimension: tuple[str, str]) -> list[Alarm]:
    return [
        alarm
        for alarm in model.alarms.values()
        if any(
            m.name == metric
            and dimension in m.dimensions
            and on_its_bus(model, dimension, m.dimensions)
            for m in alarm.metrics
        )
    ]


@check("F05", with_source(*WITH_DEAD_LETTERS, "workflow"))
def dead_letters_are_watched(model: Infrastructure, service: Service) -> list[str]:
    """An alarm says as soon as one message lies in a DLQ. `NumberOfMessagesSent` would miss what
    SQS itself moves there (SQS Developer Guide, "Available CloudWatch metrics")."""
    found = []
    expected = {f"{f['name']}-dlq" for f in [*with_queue(service), *workflows(service)]}
    for name in sorted(expected | model.dead_letter_queues):
        alarms = _alarms_on(
            model, "ApproximateNumberOfMessagesVisible", ("QueueName", f"queue:{name}")
        )
        first = [a for a in alarms if _on_the_first(a) and NOTIFICATIONS in a.alarm_actions]
        if not first:
            found.append(f"{name}: no alarm on its first message")
    return found


def _tells_of_failures(service: Service) -> bool:
    return any(f["dead_letter_topic"] for f in functions(service))


@check("F05", _tells_of_failures)
def dead_letter_topics_are_watched(model: Infrastructure, service: Service) -> list[str]:
    """A topic that is told of failures keeps nothing, so an alarm says so at the first message (SNS
    Developer Guide, "Monitoring topics": NumberOfMessagesPublished)."""
    found = []
    expected = {f"{f['name']}-dlq" for f in functions(service) if f["dead_letter_topic"]}
    for name in sorted(expected | model.dead_letter_topics):
        alarms = _alarms_on(model, "NumberOfMessagesPublished", ("TopicName", f"topic:{name}"))
        if not any(_on_the_first(a) and NOTIFICATIONS in a.alarm_actions for a in alarms):
            found.append(f"topic {name}: no alarm on its first message")
    return found


def _on_the_first(alarm: Alarm) -> bool:
    limits = {"GreaterThanThreshold": 0.0, "GreaterThanOrEqualToThreshold": 1.0}
    return limits.get(alarm.comparison) == alarm.threshold and alarm.metrics[0].statistic in {
        "Maximum",
        "Sum",
    }


@check("F05", with_source(*ASYNCHRONOUS, *SHARDED))
def failed_delivery_is_watched(model: Infrastructure, service: Service) -> list[str]:
    """An alarm says when Lambda couldn't write a failed event to its destination (Lambda Developer
    Guide, "Asynchronous invocation metrics" and "Event source mapping metrics":
    DestinationDeliveryFailures)."""
    found = []
    for answered in functions(service, *ASYNCHRONOUS, *SHARDED):
        name = answered["name"]
        dimension = ("FunctionName", f"function:{name}")
        alarms = _alarms_on(model, "DestinationDeliveryFailures", dimension)
        if not any(NOTIFICATIONS in alarm.alarm_actions for alarm in alarms):
            found.append(f"{name}: no alarm on DestinationDeliveryFailures")
    return found


@check("F05", with_source("schedule"))
def undelivered_schedules_are_watched(model: Infrastructure, service: Service) -> list[str]:
    """An alarm says when EventBridge Scheduler reached neither the function nor its DLQ (Scheduler
    User Guide, "Monitoring": InvocationsFailedToBeSentToDeadLetterCount, by schedule group)."""
    found = []
    for answered in functions(service, "schedule"):
        schedule = model.schedules.get(answered["name"])
        if schedule is None:
            continue  # reported by F04
        alarms = _alarms_on(
            model, "InvocationsFailedToBeSentToDeadLetterCount", ("ScheduleGroup", schedule.group)
        )
        if not any(NOTIFICATIONS in alarm.alarm_actions for alarm in alarms):
            found.append(f"schedule {answered['name']}: no alarm on undelivered events")
        if schedule.group == "default":
            found.append(f"schedule {answered['name']}: shares a group with other services")
    return found


LOSSES = {
    "topic": ("NumberOfNotificationsFailedToRedriveToDlq", ("TopicName", "topic:{}")),
    "event": ("InvocationsFailedToBeSentToDlq", ("RuleName", "rule:{}")),
    "bucket": ("InvocationsFailedToBeSentToDlq", ("RuleName", "rule:{}")),
}
"""Source -> the metric of what reached neither function nor DLQ, and its dimension."""


@check("F05", with_source(*LOSSES))
def losses_are_watched(model: Infrastructure, service: Service) -> list[str]:
    """An alarm says when SNS or EventBridge reached neither the function nor its DLQ (SNS Developer
    Guide, "Monitoring topics"; EventBridge User Guide, "Monitoring")."""
    found = []
    for answered in functions(service, *LOSSES):
        metric, (dimension, reference) = LOSSES[answered["source"]]
        alarms = _alarms_on(model, metric, (dimension, reference.format(answered["name"])))
        if not any(NOTIFICATIONS in a.alarm_actions and _on_the_first(a) for a in alarms):
            found.append(f"{answered['name']}: no alarm on {metric}")
    return found


def _takes(pattern: Mapping[str, Any], source: str, kind: str) -> bool:
    """Whether a rule may take an event of a source and type; a condition is taken to hold."""

    def holds(key: str, value: str) -> bool:
        wanted = pattern.get(key, [value])
        return value in wanted or any(not isinstance(item, str) for item in wanted)

    return holds("source", source) and holds("detail-type", kind)


@check("F14")
def no_loop(model: Infrastructure, service: Service) -> list[str]:
    """Nothing a function writes to leads back to it (Lambda Developer Guide, "Recursive loop
    detection"), and AWS's own detection stays on. That knows nothing of tables: there, a function
    that the table's changes start may neither write it nor lead to one that does."""
    found = [
        f"{name}: recursive loop detection is off"
        for name, function in model.functions.items()
        if function.recursive_loop != "Terminate"
    ]
    edges: dict[str, set[str]] = defaultdict(set)
    for start, end in (
        *_sent(model, service),
        *_delivered(model),
        *_by_bucket(model),
        *_by_alarm(model),
    ):
        edges[start].add(end)
    return found + [
        f"{name} triggers itself" for name in model.functions if _reaches(edges, f"function:{name}")
    ]


def _sent(model: Infrastructure, service: Service) -> Iterator[tuple[str, str]]:
    """From each function to what it writes to. An event reaches every rule that takes it, not only
    the one it is meant for."""
    writes = {"sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction", "states:StartExecution"}
    writes |= {"kinesis:PutRecord", "kinesis:PutRecords"} | TABLE_WRITES
    for name, function in model.functions.items():
        role = model.roles.get(function.role.removeprefix("role:"))
        for statement in role.statements if role else ():
            if writes & set(statement.actions):
                yield f"function:{name}", statement.resource
    for answered in functions(service):
        for target in answered["sends_to"]:
            sent = target.get("event")
            for rule in model.rules.values() if sent else ():
                if _takes(json.loads(rule.pattern), sent["source"], sent["kind"]):
                    yield f"function:{answered['name']}", f"function:{named(rule.target)}"


def _delivered(model: Infrastructure) -> Iterator[tuple[str, str]]:
    """From each source to the function that it starts, and to its DLQ."""
    for mapping in model.event_source_mappings.values():
        source = "table" if mapping.source == TABLE_CHANGES else mapping.source
        yield source, f"function:{named(mapping.target)}"
    for name, topic in model.topics.items():
        for subscription in topic.subscriptions:
            if subscription.protocol == "lambda":
                yield f"topic:{name}", f"function:{named(subscription.endpoint)}"
    for name, machine in model.state_machines.items():
        yield from pairwise([f"workflow:{name}", *(f"function:{named(s)}" for s in machine.steps)])
        for dead in machine.dead_letters:
            yield f"workflow:{name}", dead
    for name, queue in model.queues.items():
        if queue.redrive:
            yield f"queue:{name}", queue.redrive.dead_letter


def _by_bucket(model: Infrastructure) -> Iterator[tuple[str, str]]:
    """Who puts objects into a bucket, and whom its objects start."""
    for name, function in model.functions.items():
        role = model.roles.get(function.role.removeprefix("role:"))
        for statement in role.statements if role else ():
            if "s3:PutObject" in statement.actions:
                yield f"function:{name}", statement.resource.partition("/")[0]
    for rule in model.rules.values():
        names = json.loads(rule.pattern).get("detail", {}).get("bucket", {}).get("name", [])
        for bucket in names:
            yield bucket, f"function:{named(rule.target)}"


def _by_alarm(model: Infrastructure) -> Iterator[tuple[str, str]]:
    """Whom the alarms on a function start: its failure would be a call."""
    for alarm in model.alarms.values():
        for action in (*alarm.alarm_actions, *alarm.ok_actions):
            if action.startswith("function:"):
                for metric in alarm.metrics:
                    for name in about(model, metric.dimensions):
                        yield f"function:{name}", f"function:{named(action)}"


def _reaches(edges: dict[str, set[str]], start: str) -> bool:
    seen: set[str] = set()
    waiting = list(edges.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node == start:
            return True
        if node not in seen:
            seen.add(node)
            waiting += edges.get(node, ())
    return False


@check("F17", with_source("queue"))
def visibility_timeout(model: Infrastructure, service: Service) -> list[str]:
    """A queue hides a message for six times the function's timeout plus the batch window (Lambda
    Developer Guide, "Configuring a queue to use with Lambda")."""
    found = []
    for answered in functions(service, "queue"):
        name = answered["name"]
        queue, function = model.queues.get(name), model.functions[name]
        mappings = [m for m in model.event_source_mappings.values() if m.source == f"queue:{name}"]
        if queue is None or not mappings or function.timeout is None:
            found.append(f"{name}: queue, mapping or timeout is missing")
            continue
        least = VISIBILITY_FACTOR * function.timeout + max(m.batch_window for m in mappings)
        if queue.visibility_timeout < least:
            found.append(f"queue {name}: visibility {queue.visibility_timeout} s < {least} s")
    return found
