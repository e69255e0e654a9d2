"""Alarms: from the event that CloudWatch sends when an alarm changes to one call of the work."""

from datetime import UTC, datetime
from typing import Any, Protocol

from aws_lambda_powertools.metrics import MetricUnit

from common.alarm import Alarm, State
from common.errors import InvalidInputError
from common.observability import logger, metrics

# An alarm action's event.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
type Event = dict[str, Any]


class Work(Protocol):
    """The work behind alarms: a change of one in, figures worth a line in the log out."""

    def __call__(self, *, alarm: Alarm) -> dict[str, int]:
        """Do the work. Raise any exception to have the change told again."""


def react(event: Event, work: Work) -> None:
    """Do the work for one change of an alarm. Any exception is logged, counted and raised again.

    Lambda then retries the event, and hands it to the dead-letter queue in the end.
    """
    try:
        figures = work(alarm=_alarm(event))
    except Exception:
        logger.exception("alarm failed")
        metrics.add_metric(name="FailedAlarms", unit=MetricUnit.Count, value=1)
        raise
    logger.info("alarm done", figures=figures)
    metrics.add_metric(name="DoneAlarms", unit=MetricUnit.Count, value=1)


def _alarm(event: Event) -> Alarm:
    name, told = event["alarmData"]["alarmName"], event["alarmData"]["state"]
    # Which alarm, and when it changed: CloudWatch gives the change no id of its own.
    logger.set_correlation_id(f"{name} {told['timestamp']}")
    try:
        state, time = State(told["value"]), datetime.fromisoformat(told["timestamp"])
    except ValueError:
        message = "the event must hold a state of an alarm and the time of its change"
        raise InvalidInputError(message) from None
    return Alarm(
        id=f"{event['alarmArn']} {told['timestamp']}",
        name=name,
        state=state,
        reason=told.get("reason", ""),
        time=time.astimezone(UTC),
    )
