"""What a combination costs in the matrix, and what it costs the naive way."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from tests.matrix.checks import tasks
from tests.matrix.combinations import everything
from tests.matrix.run import Outcome, run
from tests.support.render import render

if TYPE_CHECKING:
    from pathlib import Path


def naive(folder: Path, count: int) -> float:
    """Seconds per combination: stock Copier, then every check of the whole project, one by one."""
    sample = random.Random(1).sample(everything(), count)
    started = time.perf_counter()
    for number, answers in enumerate(sample):
        project = render(answers, folder / str(number) / "project", stock=True)
        for task in tasks(project):
            assert task.findings() == []
    return (time.perf_counter() - started) / count


def ours(processes: int = 1) -> Outcome:
    """The whole matrix, in one process like the naive way unless told otherwise."""
    return run(everything(), processes)
