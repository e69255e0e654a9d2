"""Buckets: from the event that S3 sends by way of EventBridge to one call of the work."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from aws_lambda_powertools.metrics import MetricUnit

from common.errors import InvalidInputError
from common.observability import logger, metrics
from common.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from common.settings import Name

# "Object Created", as EventBridge delivers it.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
type Event = dict[str, Any]

# Where Powertools finds the correlation id (JMESPath), unless the object names one.
CORRELATION_ID = "id"

# Bytes. What is read into memory at once; whoever has more to tell splits it.
LARGEST = 1024 * 1024

# What a text that is no JSON, or one nested without end, raises.
UNREADABLE = (ValueError, RecursionError)


class Work(Protocol):
    """The work behind a bucket."""

    def __call__(self, *, upload: Upload) -> None:
        """Do the work for one object. Raise any exception to have its event retried."""


class Bucket:
    """The function's own bucket."""

    def __init__(self, client: S3Client, name: Name) -> None:
        """Read from the bucket called `name`, whatever an event says."""
        self._client = client
        self._name = name

    def read(self, key: str, etag: str) -> tuple[bytes, str]:
        """What an object holds, and the correlation id that its sender left, if any.

        Raises botocore's exceptions if the object is gone, or if another has taken its place: that
        one has an event of its own.
        """
        found = self._client.get_object(Bucket=self._name, Key=key, IfMatch=f'"{etag}"')
        with found["Body"] as body:
            return body.read(), unquote(found["Metadata"].get("correlation-id", ""))


def receive(event: Event, bucket: Bucket, work: Work) -> None:
    """Do the work for one object. Any exception is logged, counted and raised again.

    Lambda then retries the event, and hands it to the dead-letter queue in the end.
    """
    try:
        upload = _upload(event, bucket)
        work(upload=upload)
    except Exception:
        logger.exception("upload failed")
        metrics.add_metric(name="FailedUploads", unit=MetricUnit.Count, value=1)
        raise
    logger.info("upload done")
    metrics.add_metric(name="DoneUploads", unit=MetricUnit.Count, value=1)


def _upload(event: Event, bucket: Bucket) -> Upload:
    told = event["detail"]["object"]
    if told["size"] > LARGEST:
        error = f"the object has {told['size']} bytes, more than {LARGEST}"
        raise InvalidInputError(error)
    text, correlation_id = bucket.read(told["key"], told["etag"])
    if correlation_id:
        logger.set_correlation_id(correlation_id)
    error = "the object must hold a JSON object"
    try:
        content = json.loads(text)
    except UNREADABLE:
        raise InvalidInputError(error) from None
    if not isinstance(content, dict):
        raise InvalidInputError(error)
    return Upload(
        id=f"{told['key']} {told.get('version-id') or told['etag']}",
        time=datetime.fromisoformat(event["time"]).astimezone(UTC),
        key=told["key"],
        content=content,
    )
