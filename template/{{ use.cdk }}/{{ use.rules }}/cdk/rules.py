"""Rules of EventBridge, and what becomes of events that do not arrive."""

from collections.abc import Mapping

from aws_cdk import aws_events as events
from aws_cdk import aws_sqs as sqs

from cdk.failures import MAX_EVENT_AGE, RETRIES
from cdk.function import ServiceFunction
from cdk.push import keep_undelivered, let_call, watch_delivery

EVENTBRIDGE = "events.amazonaws.com"


def call_on(
    function: ServiceFunction,
    pattern: Mapping[str, object],
    queue: sqs.Queue,
    bus: events.EventBus | None = None,
) -> dict[str, str]:
    """Have events call the function; the queue keeps those that cannot.

    Returns what the metrics of the rule are told apart by.

    bus: where they come from, or else the bus that the account has anyway.
    """
    rule = events.CfnRule(
        function,
        "Rule",
        name=function.name,
        event_bus_name=bus.event_bus_name if bus else None,
        event_pattern=pattern,
        targets=[
            events.CfnRule.TargetProperty(
                id="function",
                arn=function.called.function_arn,
                retry_policy=events.CfnRule.RetryPolicyProperty(
                    maximum_retry_attempts=RETRIES,
                    maximum_event_age_in_seconds=MAX_EVENT_AGE.to_seconds(),
                ),
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=queue.queue_arn),
            )
        ],
    )
    let_call(function, "RulePermission", EVENTBRIDGE, rule.attr_arn)
    keep_undelivered(function, queue, EVENTBRIDGE, rule.attr_arn)
    dimensions = {"RuleName": function.name}
    if bus:
        dimensions["EventBusName"] = bus.event_bus_name
    watch_delivery(
        function,
        "AWS/Events",
        dimensions,
        failed="FailedInvocations",
        lost="InvocationsFailedToBeSentToDlq",
        what="an event",
    )
    return dimensions
