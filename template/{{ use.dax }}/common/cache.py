"""The cache: DynamoDB Accelerator (DAX), a cluster in front of the table.

It holds copies only. Whatever goes wrong with it makes a function slower, never wrong: a failure is
logged and counted, and then the cache is left alone for a while.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from amazondax import AmazonDaxClient
from botocore.exceptions import BotoCoreError, ClientError

from common.observability import BusinessMetrics, logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient

    from common.settings import CacheUrl

# Seconds for which a cache that failed is left alone.
PAUSE = 10.0


class Cache:
    """Answers of the cluster to what DynamoDB could be asked; none while the cluster fails."""

    def __init__(self, url: CacheUrl, config: Config) -> None:
        """Connect with the first question, not now: a snapshot must hold no connection."""
        self._url = url
        self._config = config
        self._client: DynamoDBClient | None = None
        self._metrics = BusinessMetrics()
        # The emulator has no cluster.
        self._alone_until = float("inf") if url == "none" else 0.0

    def ask[Answer](self, question: Callable[[DynamoDBClient], Answer]) -> Answer | None:
        """What `question` returns when it is called with a client of the cluster."""
        if time.monotonic() < self._alone_until:
            return None
        try:
            if self._client is None:
                self._client = AmazonDaxClient(endpoint_url=self._url, config=self._config)
            return question(self._client)
        except (ClientError, BotoCoreError, OSError) as error:
            self._alone_until = time.monotonic() + PAUSE
            self._metrics.count("CacheFailures")
            logger.warning("cache failed", error=type(error).__name__)
            return None
