"""Measure, print, and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import copying, matrix, starting
from tests.benchmarks.timing import median
from tests.support.render import ROOT, render

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = ROOT / "docs" / "benchmarks.md"
LIMIT = 2.2
"""A render takes at most so many times the static floor: see decision 13."""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _ratio(value: float, base: float) -> str:
    return f"{value / base:.2f} x"


def copies(folder: Path, repeats: int) -> tuple[str, float]:
    """The section on rendering, and the ratio to the floor."""
    project = render({})
    rounds = copying.measure(folder, project, repeats)
    seconds = median(rounds)
    floor = seconds[copying.FLOOR]
    rows = [
        (name, f"{value:.2f} s", f"{min(rounds[name]):.2f} s", _ratio(value, floor))
        for name, value in seconds.items()
    ]
    text = (
        "## Making a project\n\n"
        f"A whole process, from its start to the default project's {len(project.files)} files on "
        f"disk; median of {repeats}, by turns. The floor is Copier itself copying the same files "
        "as they are from a Git repository: its start, the clone, the writing.\n\n"
        + _table(("", "median", "least", "of the floor"), rows)
    )
    return text, seconds[copying.OURS] / floor


def starts(folder: Path, repeats: int) -> str:
    """The section on cold starts."""
    project = render({})
    seconds = median(starting.imports(project, repeats))
    bare = seconds[starting.BARE]
    rows = [
        (name, f"{1000 * value:.0f} ms", _ratio(value, bare)) for name, value in seconds.items()
    ]
    sizes = [
        (name, f"{packed / 1024:.0f} KiB", f"{unpacked / 1024:.0f} KiB")
        for name, (packed, unpacked) in starting.packages(project, folder).items()
    ]
    return (
        "## Cold start\n\n"
        f"Importing each handler of the default project on this machine, median of {repeats}, by "
        "turns with the least that a function talking to DynamoDB needs.\n\n"
        + _table(("", "import", "of the bare client"), rows)
        + "\nPackages as built for Lambda; the limit is 50 MB zipped, 250 MB unpacked.\n\n"
        + _table(("package", "zipped", "unpacked"), sizes)
    )


def combinations(folder: Path, sample: int) -> str:
    """The section on the matrix."""
    each_naive = matrix.naive(folder, sample)
    outcome = matrix.ours()
    each = outcome.seconds / outcome.combinations
    rows = [
        (f"naive, a sample of {sample}", f"{each_naive:.2f} s", "1"),
        (
            f"matrix, all {outcome.combinations}",
            f"{each:.2f} s",
            f"{each_naive / each:.1f} times cheaper",
        ),
    ]
    return (
        "## The matrix\n\n"
        "One process. The naive way renders with stock Copier and checks each project whole; the "
        f"matrix checks each distinct outcome once: {outcome.distinct['file']} of "
        f"{outcome.rendered['file']} files, {outcome.distinct['infrastructure']} of "
        f"{outcome.rendered['infrastructure']} infrastructures.\n\n"
        + _table(("", "a combination", ""), rows)
    )


def main() -> int:
    """Return 1 when a render takes longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--sample", type=int, default=6, help="combinations of the naive way")
    parser.add_argument("--without-matrix", action="store_true", help="minutes less")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        for part in ("copy", "start", "matrix"):
            (folder / part).mkdir()
        made, ratio = copies(folder / "copy", given.repeats)
        print(made, flush=True)
        started = starts(folder / "start", given.repeats)
        print(started, flush=True)
        combined = "" if given.without_matrix else combinations(folder / "matrix", given.sample)
        print(combined, flush=True)
    machine = (
        f"Python {platform.python_version()}, copier {version('copier')}, "
        f"cookiecutter {version('cookiecutter')}, {os.cpu_count()} cores, {platform.system()}"
    )
    head = (
        "# Benchmarks\n\n"
        f"Written by `make bench`, on {machine}. Ratios come from one run, since seconds are the "
        "machine's.\n\n"
    )
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(head + "\n".join(filter(None, (made, started, combined))), encoding="utf-8")
    if ratio > LIMIT:
        print(f"TOO SLOW: {ratio:.2f} x the floor, and {LIMIT} is allowed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
