"""What a step of a workflow has to do: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One step of one execution.

    `id` is the execution's and stays the same when the step is tried again, and when the execution
    is started again after it failed. `time` is when the execution started, in UTC; `body` is its
    input or, after the first step, what the step before returned.
    """

    id: str
    time: datetime
    body: dict[str, object]
