"""Receipts: proof that this service did a piece of work, which nobody else can make."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from common.observability import logger

if TYPE_CHECKING:
    from common.secret import Secret


class Receipts:
    """Receipts signed with a secret."""

    def __init__(self, secret: Secret) -> None:
        """Sign with `secret`."""
        self._secret = secret

    def issue(self, of: str) -> str:
        """The receipt of the work with this id, which goes into the log too.

        It is the same each time until the secret is rotated, so a retry issues no second one.
        """
        key = self._secret.value().encode()
        receipt = hmac.new(key, of.encode(), hashlib.sha256).hexdigest()
        logger.info("receipt issued", of=of, receipt=receipt)
        return receipt
