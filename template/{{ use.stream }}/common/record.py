"""What a record of a stream is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record.

    `id` is given by the stream and stays the same when the record is delivered again. `time` is
    when it arrived, in UTC; `partition` is what it is kept in order by, such as an order's id;
    `body` is the JSON object it holds.
    """

    id: str
    time: datetime
    partition: str
    body: dict[str, object]
