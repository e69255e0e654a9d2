"""Streams: from a batch of records that Kinesis delivers to one call of the work for each.

A record holds a JSON object: the body alone or, as common/sender.py of a service of this kind
sends it, `{"correlation_id": ..., "body": ...}`, since Kinesis has no place for the id beside it.
"""

import json
from datetime import UTC, datetime
from typing import Protocol

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from common import shards
from common.errors import InvalidInputError
from common.observability import logger, metrics
from common.record import Record

# Kinesis event: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
type Event = shards.Event
type Response = shards.Response

ENVELOPE = {"correlation_id", "body"}

# What a text that is no JSON, or one nested without end, raises.
UNREADABLE = (ValueError, RecursionError)

PROCESSOR = BatchProcessor(
    event_type=EventType.KinesisDataStreams,
    raise_on_entire_batch_failure=False,
)


class Work(Protocol):
    """The work behind a stream."""

    def __call__(self, *, record: Record) -> None:
        """Do the work for one record. Raise any exception to have it delivered again."""


def consume(
    event: Event,
    context: LambdaContext,
    work: Work,
    *,
    seconds: float,
) -> Response:
    """Do the work for each record of a batch until one fails; see `shards.in_order`."""
    if not event["Records"]:  # Lambda sends none, but a smoke test does
        metrics.add_metric(name="DoneRecords", unit=MetricUnit.Count, value=0)
        return {"batchItemFailures": []}

    def handle(record: KinesisStreamRecord) -> None:
        logger.set_correlation_id(record.event_id)
        try:
            work(record=_record(record))
        except Exception:
            logger.exception("record failed", record_id=record.event_id)
            metrics.add_metric(name="FailedRecords", unit=MetricUnit.Count, value=1)
            raise
        logger.info("record done", record_id=record.event_id)
        metrics.add_metric(name="DoneRecords", unit=MetricUnit.Count, value=1)

    return shards.in_order(event, context, PROCESSOR, handle, seconds=seconds)


def _record(record: KinesisStreamRecord) -> Record:
    error = "the record must hold a JSON object"
    try:
        body = json.loads(record.kinesis.data_as_bytes())
    except UNREADABLE:
        raise InvalidInputError(error) from None
    if isinstance(body, dict) and body.keys() == ENVELOPE:
        logger.set_correlation_id(str(body["correlation_id"]))
        body = body["body"]
    if not isinstance(body, dict):
        raise InvalidInputError(error)
    return Record(
        id=record.event_id,
        time=datetime.fromtimestamp(record.kinesis.approximate_arrival_timestamp, UTC),
        partition=record.kinesis.partition_key,
        body=body,
    )
