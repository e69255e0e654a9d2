"""Queues: from a batch of messages that SQS delivers to one call of the work for each."""

import json
from datetime import UTC, datetime
from typing import Any, Protocol

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from common.errors import InvalidInputError
from common.message import Message
from common.observability import logger, metrics

# SQS event, as Lambda delivers it; Powertools' SQSRecord gives its records their types.
# https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
type Event = dict[str, Any]
type Response = PartialItemFailureResponse

# What a text that is no JSON, or one nested without end, raises.
UNREADABLE = (ValueError, RecursionError)

PROCESSOR = BatchProcessor(event_type=EventType.SQS)


class Work(Protocol):
    """The work behind a queue."""

    def __call__(self, *, message: Message) -> None:
        """Do the work for one message. Raise any exception to have it delivered again."""


class OutOfTimeError(Exception):
    """The invocation has too little time left for another message."""


def consume(
    event: Event,
    context: LambdaContext,
    work: Work,
    *,
    seconds: float,
) -> Response:
    """Do the work for each message of a batch; report those that failed, and only those.

    SQS delivers the reported ones again, and moves them to the dead-letter queue in the end.
    `seconds` is the longest that one message may take: with less time left the rest of the batch
    is handed back, so that none is cut off half-way. If every message of a batch fails, the
    processor raises and Lambda counts an error.
    """
    if not event["Records"]:  # Lambda sends none, but a smoke test does
        metrics.add_metric(name="DoneMessages", unit=MetricUnit.Count, value=0)
        return {"batchItemFailures": []}
    first = event["Records"][0]["messageId"]

    def handle(record: SQSRecord) -> None:
        sent = record.message_attributes["correlation_id"]
        logger.set_correlation_id((sent and sent.string_value) or record.message_id)
        try:
            if record.message_id != first:
                _check_time(context, seconds)
            work(message=_message(record))
        except Exception:
            logger.exception("message failed", message_id=record.message_id)
            metrics.add_metric(name="FailedMessages", unit=MetricUnit.Count, value=1)
            raise
        logger.info("message done", message_id=record.message_id)
        metrics.add_metric(name="DoneMessages", unit=MetricUnit.Count, value=1)

    return process_partial_response(
        event=event,
        record_handler=handle,
        processor=PROCESSOR,
        context=context,
    )


def _check_time(context: LambdaContext, seconds: float) -> None:
    if context.get_remaining_time_in_millis() < seconds * 1000:
        message = "too little time left for another message"
        raise OutOfTimeError(message)


def _message(record: SQSRecord) -> Message:
    error = "the message's body must be a JSON object"
    try:
        body = json.loads(record.body)
    except UNREADABLE:
        raise InvalidInputError(error) from None
    if not isinstance(body, dict):
        raise InvalidInputError(error)
    return Message(
        id=record.message_id,
        time=datetime.fromtimestamp(int(record.attributes.sent_timestamp) / 1000, UTC),
        body=body,
    )
