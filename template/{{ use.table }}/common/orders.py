"""What an order is. Plain data: how it is stored is `store.py`'s."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """How far an order has come."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Somebody wants `quantity` pieces of `item`, since `created_at` (UTC)."""

    id: str
    item: str
    quantity: int
    status: Status
    created_at: datetime
