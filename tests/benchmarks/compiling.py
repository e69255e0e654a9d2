"""Where a render's time goes: `python -m tests.benchmarks.compiling`.

Beside what Copier needs for any files, a render costs what Jinja needs to compile the templates it
loads, in each process anew: about a quarter of a millisecond for a tag. Running them costs little.
"""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING

import jinja2

from tests.support.render import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

TAG = re.compile(r"\{\{|\{%")


def measure() -> dict[str, tuple[float, int, int]]:
    """Of each template that the default project loads: seconds, tags, bytes; "" is path parts."""
    stock: Callable[..., CodeType] = jinja2.Environment.compile
    found: dict[str, tuple[float, int, int]] = {}

    def timed(
        self: jinja2.Environment, source: str, name: str | None = None, *rest: str | None
    ) -> CodeType:
        started = time.process_time()
        compiled = stock(self, source, name, *rest)
        seconds, tags, size = found.get(name or "", (0.0, 0, 0))
        spent = seconds + time.process_time() - started
        found[name or ""] = (spent, tags + len(TAG.findall(source)), size + len(source))
        return compiled

    render({}, stock=True)  # warms byte code up
    jinja2.Environment.compile = timed  # type: ignore[method-assign, assignment]
    try:
        render({}, stock=True)
    finally:
        jinja2.Environment.compile = stock  # type: ignore[method-assign, assignment]
    return found


def main() -> int:
    """Print the dearest first, then the sums of the top folders."""
    found = measure()
    for name, (seconds, tags, size) in sorted(found.items(), key=lambda item: -item[1][0])[:30]:
        print(f"{1000 * seconds:6.1f} ms {tags:4} tags {size:6} bytes  {name or 'strings, paths'}")
    for folder in ("hooks/", "includes/", "template/"):
        inside = [cost for name, cost in found.items() if name.startswith(folder)]
        seconds, tags = sum(cost[0] for cost in inside), sum(cost[1] for cost in inside)
        print(f"{1000 * seconds:6.1f} ms {tags:4} tags in {len(inside)} of {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
