"""What a run by schedule is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run.

    `id` is the same when the run is retried. `time` is when it was due, in UTC: a late
    run works on the same period as a punctual one.
    """

    id: str
    time: datetime
