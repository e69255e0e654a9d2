"""What an alarm is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """How things stand."""

    ALARM = "ALARM"
    OK = "OK"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One change of an alarm's state.

    `id` stays the same when the change is told again. `state` is what the alarm called `name` came
    to at `time`, in UTC; `reason` is what CloudWatch gives for it, for people to read.
    """

    id: str
    name: str
    state: State
    reason: str
    time: datetime
