"""Topics: from a notification that SNS delivers to one call of the work."""

import json
from datetime import UTC, datetime
from typing import Any, Protocol

from aws_lambda_powertools.metrics import MetricUnit

from common.errors import InvalidInputError
from common.notification import Notification
from common.observability import logger, metrics

# SNS event, as Lambda delivers it: always with one record.
# https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
type Event = dict[str, Any]

# Where Powertools finds the correlation id (JMESPath): what the sender sent along, or the
# notification's own id.
CORRELATION_ID = "Records[0].Sns | MessageAttributes.correlation_id.Value || MessageId"

# What a text that is no JSON, or one nested without end, raises.
UNREADABLE = (ValueError, RecursionError)


class Work(Protocol):
    """The work behind a topic."""

    def __call__(self, *, notification: Notification) -> None:
        """Do the work. Raise any exception to have the notification delivered again."""


def receive(event: Event, work: Work) -> None:
    """Do the work for one notification. Any exception is logged, counted and raised again.

    Lambda then tries again, and puts the event with the dead letters in the end.
    """
    try:
        notification = _notification(event)
        work(notification=notification)
    except Exception:
        logger.exception("notification failed")
        metrics.add_metric(name="FailedNotifications", unit=MetricUnit.Count, value=1)
        raise
    logger.info("notification done", notification_id=notification.id)
    metrics.add_metric(name="DoneNotifications", unit=MetricUnit.Count, value=1)


def _notification(event: Event) -> Notification:
    sent = event["Records"][0]["Sns"]
    error = "the notification must hold a JSON object"
    try:
        body = json.loads(sent["Message"])
    except UNREADABLE:
        raise InvalidInputError(error) from None
    if not isinstance(body, dict):
        raise InvalidInputError(error)
    return Notification(
        id=sent["MessageId"],
        time=datetime.fromisoformat(sent["Timestamp"]).astimezone(UTC),
        body=body,
    )
