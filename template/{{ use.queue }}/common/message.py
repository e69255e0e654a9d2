"""What a message of a queue is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message.

    `id` is given by the queue and stays the same when it is delivered again. `time` is when it was
    sent, in UTC; `body` is the JSON object it holds.
    """

    id: str
    time: datetime
    body: dict[str, object]
