"""The service's secret: fetched when it is needed, kept in memory for minutes, written nowhere.

Deployments and variables know its ARN only. Its value never goes into a log or an exception.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from common.settings import Arn

# Seconds for which a value is used before it is fetched again: how long a rotation takes to be
# noticed. One call in five minutes is all that an execution environment makes.
LONGEST_USE = 300.0


class Secret:
    """A secret in Secrets Manager."""

    def __init__(self, client: SecretsManagerClient, arn: Arn) -> None:
        """Fetch it from `arn`, later."""
        self._client = client
        self._arn = arn
        self._value = ""
        self._good_until = 0.0

    def value(self) -> str:
        """Its value, at most LONGEST_USE seconds old. Ask each time and keep it nowhere."""
        if time.monotonic() >= self._good_until:
            self.refresh()
        return self._value

    def refresh(self) -> None:
        """Fetch the value now: for when it was refused, since it may have been rotated."""
        self._value = self._client.get_secret_value(SecretId=self._arn)["SecretString"]
        self._good_until = time.monotonic() + LONGEST_USE
