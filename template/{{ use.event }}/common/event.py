"""What an event on the bus is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something that happened.

    `id` is given by the bus and stays the same when the event is delivered again. `time` is when it
    happened, in UTC; `source` says who told of it and `kind` what it is. `detail` is the JSON object
    that it holds, without `metadata`, which is about the event itself.
    """

    id: str
    time: datetime
    source: str
    kind: str
    detail: dict[str, object]
