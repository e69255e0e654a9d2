"""Receipts: made with the secret, checked with it, and without a trace of it."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.receipts import Receipts

VALUE = "what only the service knows"


@dataclass
class Secret:
    def value(self) -> str:
        return VALUE


def make() -> Receipts:
    stand_in: Any = Secret()
    return Receipts(stand_in)


def test_whoever_has_the_secret_can_check_a_receipt() -> None:
    expected = hmac.new(VALUE.encode(), b"order-1", hashlib.sha256).hexdigest()
    assert make().issue("order-1") == expected


def test_the_same_work_has_the_same_receipt_and_other_work_another() -> None:
    receipts = make()
    assert receipts.issue("order-1") == receipts.issue("order-1") != receipts.issue("order-2")


def test_the_log_has_the_receipt_and_not_the_secret(
    logs: Callable[[], list[dict[str, Any]]],
) -> None:
    receipt = make().issue("order-1")
    (line,) = logs()
    assert (line["of"], line["receipt"]) == ("order-1", receipt)
    assert VALUE not in json.dumps(line)
