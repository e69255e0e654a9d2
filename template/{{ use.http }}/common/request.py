"""What an HTTP request is to the work: plain data, without anything of AWS.

Fields may be added here, and none is taken away: the functions' `service.py` rely on them.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request.

    `id` is unique to the request and the same whenever it comes again. `time` is in UTC.
    `parameters` are those in the path, `query` those after it, `body` is the JSON object sent.
    """

    id: str
    time: datetime
    parameters: dict[str, str]
    query: dict[str, str]
    body: dict[str, object]
