"""What an upload to a bucket is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One object that was put into the bucket.

    `id` stays the same when its event comes again, and is another one when the object is replaced.
    `time` is when it was put there, in UTC; `content` is the JSON object that it holds.
    """

    id: str
    time: datetime
    key: str
    content: dict[str, object]
