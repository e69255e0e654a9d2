"""Time whole processes side by side."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A command that makes `result`, which is removed before each run."""

    arguments: Sequence[str]
    cwd: Path
    result: Path

    def run(self) -> float:
        """Run it to its end; return wall seconds."""
        shutil.rmtree(self.result, ignore_errors=True)
        started = time.perf_counter()
        subprocess.run(
            self.arguments, cwd=self.cwd, check=True, stdin=subprocess.DEVNULL, capture_output=True
        )
        return time.perf_counter() - started


def interleaved(
    measured: Mapping[str, Callable[[], float]], repeats: int
) -> dict[str, list[float]]:
    """Seconds of each, by turns, so that what else the machine does falls on all alike.

    One round before the first warms file caches and byte code up and is not counted.
    """
    rounds: dict[str, list[float]] = {name: [] for name in measured}
    for number in range(repeats + 1):
        for name, measure in measured.items():
            seconds = measure()
            if number:
                rounds[name].append(seconds)
    return rounds


def median(rounds: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The median of each."""
    return {name: statistics.median(seconds) for name, seconds in rounds.items()}
