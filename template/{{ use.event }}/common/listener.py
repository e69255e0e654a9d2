"""Events: from an event that EventBridge delivers to one call of the work."""

from datetime import UTC, datetime
from typing import Any, Protocol

from aws_lambda_powertools.metrics import MetricUnit

from common.errors import InvalidInputError
from common.event import DomainEvent
from common.observability import logger, metrics

# Event of EventBridge, as Lambda delivers it.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
type Event = dict[str, Any]

# Where Powertools finds the correlation id (JMESPath): what the sender sent along, or the event's
# own id.
CORRELATION_ID = "detail.metadata.correlation_id || id"


class Work(Protocol):
    """The work behind a rule."""

    def __call__(self, *, event: DomainEvent) -> None:
        """Do the work. Raise any exception to have the event delivered again."""


def hear(event: Event, work: Work) -> None:
    """Do the work for one event. Any exception is logged, counted and raised again.

    Lambda then tries again, and puts the event with the dead letters in the end.
    """
    try:
        work(event=_domain_event(event))
    except Exception:
        logger.exception("event failed")
        metrics.add_metric(name="FailedEvents", unit=MetricUnit.Count, value=1)
        raise
    logger.info("event done", event_id=event["id"])
    metrics.add_metric(name="DoneEvents", unit=MetricUnit.Count, value=1)


def _domain_event(event: Event) -> DomainEvent:
    detail = event["detail"]
    if not isinstance(detail, dict):
        message = "the event's detail must be a JSON object"
        raise InvalidInputError(message)
    return DomainEvent(
        id=event["id"],
        time=datetime.fromisoformat(event["time"]).astimezone(UTC),
        source=event["source"],
        kind=event["detail-type"],
        detail={key: value for key, value in detail.items() if key != "metadata"},
    )
