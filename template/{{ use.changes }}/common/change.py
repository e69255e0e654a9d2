"""What a change of the table is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from common.orders import Order


class Kind(StrEnum):
    """What happened to an order."""

    INSERT = "INSERT"
    MODIFY = "MODIFY"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one order.

    `id` is given by the table's stream and stays the same when the change is delivered again.
    `time` is when it happened, in UTC. There is no order `before` an INSERT, and none `after` a
    REMOVE.
    """

    id: str
    time: datetime
    kind: Kind
    order_id: str
    before: Order | None
    after: Order | None
