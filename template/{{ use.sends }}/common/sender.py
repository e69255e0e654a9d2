"""Passing work on to another function, through its queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from common.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from common.settings import Url


class Queue:
    """Another function's queue."""

    def __init__(self, client: SQSClient, url: Url) -> None:
        """Send to the queue at `url`."""
        self._client = client
        self._url = url

    def send(self, body: Mapping[str, object]) -> None:
        """Send `body` as JSON, with the correlation id of the work that it comes from.

        Raises botocore's exceptions if SQS does not take it.
        """
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=json.dumps(body),
            MessageAttributes={
                "correlation_id": {
                    "DataType": "String",
                    "StringValue": logger.get_correlation_id() or "none",
                },
            },
        )
