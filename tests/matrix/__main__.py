"""Run the matrix, or print how to spread it over a pipeline's jobs."""

from __future__ import annotations

import argparse
import json
import os
import sys

from tests.matrix.combinations import everything
from tests.matrix.run import run, shrink


def main() -> int:
    """Return 1 when a combination fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--shards", type=int, help="print a job matrix of so many shards")
    parser.add_argument("--format", choices=["github"], default="github")
    parser.add_argument("--shard", default="1/1", help="run one part only, such as 2/4")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="processes")
    given = parser.parse_args()
    if given.shards:
        of = [f"{number}/{given.shards}" for number in range(1, given.shards + 1)]
        print(json.dumps({"shard": of}))
        return 0
    number, count = map(int, given.shard.split("/"))
    combinations = everything()[number - 1 :: count]
    outcome = run(combinations, given.jobs, _show)
    print(file=sys.stderr)
    for failure in shrink(outcome.failures):
        print(failure)
    print("\n".join(outcome.lines()))
    return 1 if outcome.failures else 0


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty() or done == of or done % 50 == 0:
        bar = "#" * (40 * done // of)
        end = "" if sys.stderr.isatty() else "\n"
        print(f"\r[{bar:<40}] {done}/{of}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
