"""What a notification of a topic is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One notification.

    `id` is given by the topic and stays the same when the notification is delivered again. `time`
    is when it was published, in UTC; `body` is the JSON object it holds.
    """

    id: str
    time: datetime
    body: dict[str, object]
