"""Alarms, dashboard, traces and logs: F06, F07, F08, F18."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.checks.access import XRAY_WRITES
from tests.conformance.checks.failures import SHARDED, with_queue
from tests.conformance.checks.registry import (
    NOTIFICATIONS,
    Service,
    about,
    check,
    entry,
    functions,
    named,
    on_its_bus,
    place,
    sizes,
    with_answer,
    with_source,
    workflows,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conformance.model import Alarm, Infrastructure, Metric

ABOVE = {"GreaterThanThreshold", "GreaterThanOrEqualToThreshold"}


def _watching(
    model: Infrastructure, namespace: str, metric: str, dimension: tuple[str, str]
) -> list[Alarm]:
    """Alarms that ring when a metric of a resource gets too high, whichever version ran."""
    return [
        alarm
        for alarm in model.alarms.values()
        if alarm.comparison in ABOVE
        for m in alarm.metrics
        if (m.namespace, m.name) == (namespace, metric)
        and dimension in m.dimensions
        and on_its_bus(model, dimension, m.dimensions)
        and "ExecutedVersion" not in dict(m.dimensions)
    ]


DELIVERED = {
    "topic": ("AWS/SNS", "NumberOfNotificationsFailed", "TopicName", "topic"),
    "event": ("AWS/Events", "FailedInvocations", "RuleName", "rule"),
    "bucket": ("AWS/Events", "FailedInvocations", "RuleName", "rule"),
}
"""Source -> the metric of what it could not deliver, and of what."""


def _expected(
    model: Infrastructure, service: Service
) -> Iterator[tuple[str, str, str, tuple[str, str], float]]:
    """(what, namespace, metric, dimension, threshold) of each alarm that the answers call for."""
    for answered in functions(service):
        name = answered["name"]
        numbers = sizes(service, name, model.environment)
        dimension = ("FunctionName", f"function:{name}")
        yield name, "AWS/Lambda", "Errors", dimension, 1
        yield name, "AWS/Lambda", "Throttles", dimension, 1
        yield name, "AWS/Lambda", "Duration", dimension, numbers["duration_alarm_ms"]
        if answered["source"] == "http":  # others have a limit of their own (F15) or run alone
            near = numbers["concurrency_alarm"]
            yield name, "AWS/Lambda", "ConcurrentExecutions", dimension, near
        if numbers["provisioned_concurrency"]:
            alias = ("Resource", f"function:{name}:{service['stages'][-1]['alias']}")
            spilled = "ProvisionedConcurrencySpilloverInvocations"
            yield name, "AWS/Lambda", spilled, alias, service["spillover_alarm"]
        if answered["source"] == "queue":
            age = numbers["queue_age_alarm_seconds"]
            queue = ("QueueName", f"queue:{name}")
            yield f"queue {name}", "AWS/SQS", "ApproximateAgeOfOldestMessage", queue, age
        if answered["source"] in SHARDED:
            age = numbers["iterator_age_alarm_ms"]
            yield name, "AWS/Lambda", "IteratorAge", dimension, age
    for answered in functions(service, *DELIVERED):
        name = answered["name"]
        namespace, metric, dimension_name, kind = DELIVERED[answered["source"]]
        yield f"{kind} {name}", namespace, metric, (dimension_name, f"{kind}:{name}"), 1
    for answered in workflows(service):
        name = answered["name"]
        machine = ("StateMachineArn", f"workflow:{name}")
        for metric in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"):
            yield f"workflow {name}", "AWS/States", metric, machine, 1
    if service["api"]:
        api = ("ApiId", "api")
        latency = service["api"]["latency_alarm_ms"]
        yield "api", "AWS/ApiGateway", "5xx", api, 1
        yield "api", "AWS/ApiGateway", "Latency", api, latency


@check("F06")
def alarms(model: Infrastructure, service: Service) -> list[str]:
    """Errors, throttles and long durations of each function, concurrency near what an HTTP function
    has reserved, server errors and latency of the API, the age of each queue's oldest message and
    how far a reader of a stream is behind, what a topic or rule could not deliver, and executions
    of workflows that fail, time out or are throttled ring an alarm, at the answered limits (Lambda
    Operator Guide, "Monitoring"; API Gateway Developer Guide, "Monitoring HTTP APIs"; Step
    Functions Developer Guide, "Monitoring Step Functions metrics using CloudWatch")."""
    found = []
    for what, namespace, metric, dimension, threshold in _expected(model, service):
        watching = _watching(model, namespace, metric, dimension)
        if not watching:
            found.append(f"{what}: no alarm on {metric}")
        elif not any(_rings_from(alarm) == threshold for alarm in watching):
            limits = sorted(alarm.threshold for alarm in watching)
            found.append(f"{what}: alarm on {metric} at {limits}, expected from {threshold}")
    return found


def _rings_from(alarm: Alarm) -> float:
    """The lowest whole value at which an alarm rings."""
    return alarm.threshold + (alarm.comparison == "GreaterThanThreshold")


@check("F06")
def duration_alarms_ring_in_time(model: Infrastructure, service: Service) -> list[str]:
    """An alarm on durations rings below the timeout: nothing takes longer than that."""
    return [
        f"{answered['name']}: alarm on Duration at {alarm.threshold} ms, timeout {timeout} s"
        for answered in functions(service)
        for alarm in _watching(
            model, "AWS/Lambda", "Duration", ("FunctionName", f"function:{answered['name']}")
        )
        if alarm.threshold >= (timeout := model.functions[answered["name"]].timeout or 3) * 1000
    ]


@check("F06", with_source(*SHARDED))
def iterator_age_alarms_ring_in_time(model: Infrastructure, service: Service) -> list[str]:
    """An alarm on the age of records rings before they are given up for their age, but not for a
    batch that just takes its time."""
    found = []
    for answered in functions(service, *SHARDED):
        name = answered["name"]
        timeout = model.functions[name].timeout or 0
        mappings = [m for m in model.event_source_mappings.values() if named(m.target) == name]
        for alarm in _watching(
            model, "AWS/Lambda", "IteratorAge", ("FunctionName", f"function:{name}")
        ):
            for mapping in mappings:
                limit = mapping.shards.retry.max_event_age if mapping.shards else None
                window = timeout + mapping.batch_window
                if limit and not window * 1000 < alarm.threshold <= limit * 1000 / 2:
                    found.append(f"{name}: alarm on IteratorAge at {alarm.threshold} ms")
    return found


@check("F06")
def alarms_reach_someone(model: Infrastructure, service: Service) -> list[str]:
    """Every alarm notifies the topic, none is switched off or rings for want of data, and the topic
    has the answered subscriber."""
    found = []
    started = {entry(service, f["name"]) for f in functions(service, "alarm")}
    for name, alarm in model.alarms.items():
        if not alarm.actions_enabled or NOTIFICATIONS not in alarm.alarm_actions:
            found.append(f"alarm {name} notifies nobody")
        if alarm.treat_missing_data != "notBreaching":
            found.append(f"alarm {name}: missing data are {alarm.treat_missing_data}")
        if any(
            not known.startswith("topic:") and known not in started
            for known in alarm.alarm_actions + alarm.ok_actions
        ):
            found.append(f"alarm {name}: an action that is neither topic nor function of the stack")
    topic = model.topics.get("notifications")
    if topic is None:
        return [*found, "no topic for notifications"]
    endpoints = [(s.protocol, s.endpoint) for s in topic.subscriptions]
    expected = [("email", service["alarm_email"])] if service["alarm_email"] else []
    return found + wrong("subscriptions", endpoints, expected)


@check("F06", with_source("alarm"))
def alarms_start_functions(model: Infrastructure, service: Service) -> list[str]:
    """Every change of an alarm starts the functions that react to alarms, but for alarms on these
    functions and on those that they send to, or start by a write to the table, whose failure
    would start them again."""
    reacting = [f["name"] for f in functions(service, "alarm")]
    quiet, waiting = set(), list(reacting)
    while waiting:
        name = waiting.pop()
        if name not in quiet:
            quiet.add(name)
            (answered,) = (f for f in functions(service) if f["name"] == name)
            waiting += [target["name"] for target in answered["sends_to"]]
            if answered["writes"]:
                waiting += [f["name"] for f in functions(service, "table")]
            if answered["workflow"]:  # work for one step goes on to the others
                flow = answered["workflow"]["name"]
                steps = functions(service, "workflow")
                waiting += [f["name"] for f in steps if f["workflow"]["name"] == flow]
    everyone = {entry(service, name) for name in reacting}
    found = []
    for name, alarm in model.alarms.items():
        watched = {f for m in alarm.metrics for f in about(model, m.dimensions)}
        expected = set() if watched & quiet else everyone
        for actions in (alarm.alarm_actions, alarm.ok_actions):
            started = {action for action in actions if action.startswith("function:")}
            found += wrong(f"alarm {name} starts", sorted(started), sorted(expected))
    return found


@check("F06")
def publishers_may_publish(model: Infrastructure, _service: Service) -> list[str]:
    """CloudWatch (and Budgets, where a budget notifies the topic) may publish. A topic policy
    replaces the default one that lets the account's alarms publish, and the key alias/aws/sns
    can't be used by either (SNS Developer Guide, "Encrypting topics", and "Enable compatibility
    between event sources from AWS services and encrypted topics")."""
    topic = model.topics.get("notifications")
    if topic is None:
        return []
    found = []
    if topic.encryption == "alias/aws/sns":
        found.append("topic notifications: alias/aws/sns keeps alarms from being published")
    publishers = {"cloudwatch.amazonaws.com"} if topic.policy else set()
    if any(NOTIFICATIONS in n.subscribers for b in model.budgets.values() for n in b.notifications):
        publishers.add("budgets.amazonaws.com")
    key = model.keys.get(topic.encryption.removeprefix("key:"))
    for publisher in sorted(publishers):
        usable = {
            action
            for s in (key.policy if key else ())
            if s.effect == "Allow" and f"Service:{publisher}" in s.principals
            for action in s.actions
        }
        if key and not {"kms:Decrypt", "kms:GenerateDataKey*"} <= usable:
            found.append(f"topic notifications: {publisher} may not use its key")
        grants = [
            s
            for s in topic.policy
            if s.effect == "Allow"
            and s.actions in {("sns:Publish",), ("SNS:Publish",)}
            and f"Service:{publisher}" in s.principals
        ]
        if not grants:
            found.append(f"topic notifications: {publisher} may not publish")
        for statement in grants:
            values = [v for c in statement.conditions for v in c.values]
            if not any(model.account in value or value.startswith("alarm:") for value in values):
                found.append(f"topic notifications: {publisher} may publish for any account")
    return found


LAMBDA_SHOWN = (
    ("Invocations", "Sum"),
    ("Duration", "p50"),
    ("Duration", "p95"),
    ("Duration", "p99"),
    ("Errors", "Sum"),
    ("Throttles", "Sum"),
    ("ConcurrentExecutions", "Maximum"),
)


STATES_SHOWN = (
    ("ExecutionsStarted", "Sum"),
    ("ExecutionsSucceeded", "Sum"),
    ("ExecutionsFailed", "Sum"),
    ("ExecutionsTimedOut", "Sum"),
    ("ExecutionThrottled", "Sum"),
    ("ExecutionTime", "p50"),
    ("ExecutionTime", "p95"),
    ("ExecutionTime", "p99"),
)


def _shown(metrics: frozenset[Metric]) -> set[tuple[str, str, str]]:
    names = {"FunctionName", "QueueName", "TopicName", "RuleName", "StateMachineArn"}
    return {
        (m.name, m.statistic, value)
        for m in metrics
        for dimension, value in m.dimensions
        if dimension in names
    }


@check("F07")
def dashboard(model: Infrastructure, service: Service) -> list[str]:
    """One dashboard shows for every function its calls, durations, errors, throttles and
    concurrency, for every DLQ how much lies in it, how often a topic was told of failures, for
    every stream how far behind it is, and for
    every workflow how its executions end and how long they take."""
    if not model.dashboards:
        return ["no dashboard"]
    shown = _shown(frozenset(m for d in model.dashboards.values() for m in d.metrics))
    expected = [
        (metric, statistic, f"function:{answered['name']}")
        for answered in functions(service)
        for metric, statistic in LAMBDA_SHOWN
    ]
    depth = ("ApproximateNumberOfMessagesVisible", "Maximum")
    kept = [*with_queue(service), *workflows(service)]
    expected += [(*depth, f"queue:{answered['name']}-dlq") for answered in kept]
    told = ("NumberOfMessagesPublished", "Sum")
    expected += [
        (*told, f"topic:{f['name']}-dlq") for f in functions(service) if f["dead_letter_topic"]
    ]
    failed = ("NumberOfNotificationsFailed", "Sum")
    expected += [(*failed, f"topic:{f['name']}") for f in functions(service, "topic")]
    failed = ("FailedInvocations", "Sum")
    expected += [(*failed, f"rule:{f['name']}") for f in functions(service, "event", "bucket")]
    expected += [
        ("IteratorAge", "Maximum", f"function:{f['name']}") for f in functions(service, *SHARDED)
    ]
    for answered in workflows(service):
        name = answered["name"]
        expected += [(*shown_of, f"workflow:{name}") for shown_of in STATES_SHOWN]
    return [
        f"dashboard lacks {metric} ({statistic}) of {resource}"
        for metric, statistic, resource in expected
        if (metric, statistic, resource) not in shown
    ]


PROVISIONED_SHOWN = (
    ("ProvisionedConcurrencyUtilization", "Maximum"),
    ("ProvisionedConcurrencySpilloverInvocations", "Sum"),
)


@check("F13", lambda service: service["startup"] == "provisioned")
def provisioned_concurrency_is_shown(model: Infrastructure, service: Service) -> list[str]:
    """The dashboard shows how much of what is paid for is used, and how often it was too little:
    of the alias, which is what has it (Lambda Developer Guide, "Using CloudWatch metrics with
    Lambda", concurrency metrics)."""
    shown = {
        (m.name, m.statistic, *m.dimensions)
        for d in model.dashboards.values()
        for m in d.metrics
        if m.name.startswith("Provisioned")
    }
    return [
        f"dashboard lacks {metric} ({statistic}) of {answered['name']}"
        for answered in functions(service)
        if answered["provisioned"]
        for metric, statistic in PROVISIONED_SHOWN
        if (
            metric,
            statistic,
            ("FunctionName", f"function:{answered['name']}"),
            ("Resource", f"function:{answered['name']}:{service['stages'][-1]['alias']}"),
        )
        not in shown
    ]


@check("F08")
def tracing(model: Infrastructure, service: Service) -> list[str]:
    """Active tracing where X-Ray was answered; elsewhere none, or the functions' own, which samples
    by itself (Lambda Developer Guide, "Visualize Lambda function invocations using AWS X-Ray"; Step
    Functions Developer Guide, "Trace Step Functions request data in AWS X-Ray")."""
    expected = "Active" if service["tracing"] == "xray" else "PassThrough"
    found = []
    for name, function in model.functions.items():
        found += wrong(f"{name}: tracing", function.tracing, expected)
    for name, machine in model.state_machines.items():
        found += wrong(f"workflow {name}: tracing", machine.tracing, expected == "Active")
    return found


@check("F08", lambda service: not service["tracing"])
def no_tracing_permission(model: Infrastructure, _service: Service) -> list[str]:
    """No role may write traces where there are none."""
    return [
        f"role {name} may write traces"
        for name, role in model.roles.items()
        if any(XRAY_WRITES & set(statement.actions) for statement in role.statements)
    ]


LEVELS: Mapping[str, set[str]] = {
    "application": {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"},
    "system": {"DEBUG", "INFO", "WARN"},
}


@check("F18")
def log_groups(model: Infrastructure, service: Service) -> list[str]:
    """Each function logs to a group that the stack declares, kept as long as answered: one that
    Lambda makes itself is kept for ever (CloudWatch Logs User Guide, "Log retention")."""
    days = place(service, model.environment)["log_retention_days"]
    found = []
    for answered in functions(service):
        name = answered["name"]
        group = model.log_groups.get(name)
        if group is None:
            found.append(f"{name}: no log group")
            continue
        linked = model.functions[name].logging.log_group
        default = f"/aws/lambda/{model.functions[name].physical_name}"
        if linked != f"log-group:{name}" and not (
            linked is None and group.physical_name == default
        ):
            found.append(f"{name}: logs to {linked}")
    for name, group in model.log_groups.items():
        found += wrong(f"log group {name}: retention", group.retention_days, days)
    return found


@check("F18")
def log_format(model: Infrastructure, _service: Service) -> list[str]:
    """Logs are JSON with a level set for code and for Lambda itself (Lambda Developer Guide,
    "Advanced logging controls")."""
    found = []
    for name, function in model.functions.items():
        logging = function.logging
        found += wrong(f"{name}: log format", logging.log_format, "JSON")
        if logging.application_log_level not in LEVELS["application"]:
            found.append(f"{name}: application log level {logging.application_log_level}")
        if logging.system_log_level not in LEVELS["system"]:
            found.append(f"{name}: system log level {logging.system_log_level}")
    return found


WORKFLOW_LEVELS = {"ALL", "ERROR"}


@check("F18", with_source("workflow"))
def workflow_logs(model: Infrastructure, service: Service) -> list[str]:
    """A workflow logs what failed to a log group of its own, without what its executions were given
    (Step Functions Developer Guide, "Using CloudWatch Logs to log execution history")."""
    found = []
    for answered in workflows(service):
        name = answered["name"]
        machine = model.state_machines.get(name)
        if machine is None:
            found.append(f"workflow {name}: no state machine")
            continue
        if machine.log_level not in WORKFLOW_LEVELS:
            found.append(f"workflow {name}: log level {machine.log_level}")
        if machine.logs_execution_data:
            found.append(f"workflow {name}: logs inputs and outputs")
        found += wrong(
            f"workflow {name}: log group", machine.log_group, f"log-group:workflow/{name}"
        )
    return found


ACCESS_LOG_FIELDS = {"requestId", "routeKey", "status", "integrationErrorMessage"}
CALLER = {"iam": {"identity.userArn"}, "jwt": {"authorizer.claims.sub"}, "none": set()}


@check("F18", with_source("http"))
def access_log(model: Infrastructure, service: Service) -> list[str]:
    """The API writes an access log from which a failed request can be explained, and which says
    who called (API Gateway Developer Guide, "Logging variables for HTTP APIs")."""
    api = model.apis.get("api")
    if api is None or api.access_log != "log-group:api":
        return ["api: no access log in a log group of the stack"]
    fields = ACCESS_LOG_FIELDS | CALLER[service["api"]["auth"]]
    missing = fields - set(api.access_log_fields)
    return [f"api: access log lacks {field}" for field in sorted(missing)]


@check("F06", with_answer("api"))
def api_alarms_have_data(model: Infrastructure, _service: Service) -> list[str]:
    """The API exists with its one stage, deployed by itself, or its alarms would never ring."""
    return [
        f"api: stage {api.stage} is not deployed automatically"
        for api in model.apis.values()
        if not api.auto_deploy
    ]
