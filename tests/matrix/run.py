"""Render combinations in a few processes and check each distinct outcome once.

A process renders each of its combinations in one and the same folder and asks for every check
whether its digest is taken yet: by a file made exclusively, so that no two processes do the same
work and nothing needs to be kept but the outcome.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.matrix.checks import Task, tasks
from tests.support.render import command, render, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.matrix.combinations import Combination


@dataclass
class Failure:
    """What a check found: its kind, and the smallest answers that show it."""

    kind: str
    findings: list[str]
    answers: Combination

    def __str__(self) -> str:
        """The findings, the answers and the command that reproduces them."""
        shown = "\n".join(f"    {finding}" for finding in self.findings[:10])
        more = f"\n    … {len(self.findings) - 10} more" if len(self.findings) > 10 else ""
        answers = json.dumps(self.answers, ensure_ascii=False)
        return f"{self.kind}\n{shown}{more}\n    answers: {answers}\n    {command(self.answers)}"


@dataclass
class Outcome:
    """What a run did: counts of distinct things by kind, and seconds."""

    combinations: int = 0
    rendered: Counter[str] = field(default_factory=Counter)
    distinct: Counter[str] = field(default_factory=Counter)
    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """The figures, for people."""
        kinds = ", ".join(
            f"{kind} {self.distinct[kind]} of {self.rendered[kind]} ({self.spent[kind]:.0f} s)"
            for kind in self.rendered
        )
        each = 1000 * self.seconds / max(self.combinations, 1)
        files, infrastructures = self.distinct["file"], self.distinct["infrastructure"]
        checks = sum(self.distinct.values())
        return [
            f"matrix: {self.combinations} combinations in {self.seconds:.0f} s, {each:.0f} ms each",
            f"matrix: {files} distinct files, {infrastructures} distinct infrastructures",
            f"matrix: {checks} checks, {len(self.failures)} failures",
            f"matrix: distinct of all: render ({self.spent['render']:.0f} s), {kinds}",
        ]


@dataclass
class _Part:
    """What one process hands back for one combination."""

    answers: Combination
    rendered: Counter[str]
    distinct: Counter[str]
    spent: dict[str, float]
    failures: list[tuple[str, list[str]]]


_ANYTHING = (Exception, pytest.fail.Exception, pytest.skip.Exception)
"""What a check may raise; pytest's own outcomes are no Exception, and would end a process."""

_folder = Path()
_of_the_parent: list[object] = []

ENGINE = {"aws_cdk", "constructs", "jsii"}
"""Packages whose modules are bound to the engine that was running when they were imported."""


def _start(shared: Path) -> None:
    global _folder  # noqa: PLW0603  one per process, set when it starts
    _folder = shared
    # The CDK's engine is a process at the end of a pipe, which two cannot speak to: each has its
    # own. What the parent had is kept, so that nothing ends the engine that is still in use there.
    bound = [name for name in sys.modules if name.partition(".")[0] in ENGINE]
    _of_the_parent.extend(sys.modules.pop(name) for name in bound)


def _claim(kind: str, digest: str) -> bool:
    """Whether nobody checked this before; from now on somebody did."""
    try:
        os.close(os.open(_folder / f"{kind}-{digest}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _one(answers: Combination) -> _Part:
    own = _folder / f"process-{os.getpid()}"
    shutil.rmtree(own / "project", ignore_errors=True)
    part = _Part(answers, Counter(), Counter(), {}, [])
    started = time.perf_counter()
    try:
        project = render(answers, own / "project")
    except Exception as error:  # noqa: BLE001  whatever a render raises is a finding
        text = f"does not render: {type(error).__name__}: {error}"
        part.failures.append(("render", [text]))
        return part
    part.spent["render"] = time.perf_counter() - started
    for task in tasks(project):
        part.rendered[task.kind] += 1
        new = [digest for digest in task.digests if _claim(task.kind, digest)]
        if not new:
            continue
        part.distinct[task.kind] += 1
        started = time.perf_counter()
        findings = _findings(task)
        spent = part.spent.get(task.kind, 0.0)
        part.spent[task.kind] = spent + time.perf_counter() - started
        if findings:
            part.failures.append((task.kind, findings))
    return part


def _findings(task: Task) -> list[str]:
    try:
        return task.findings()
    except _ANYTHING as error:  # one check that breaks must not hide the others
        return [f"the check itself broke: {type(error).__name__}: {error}"]


def smallest(answers: Combination, kind: str) -> Combination:
    """`answers` with everything left out that the failure of `kind` does not need."""

    def fails(candidate: Combination) -> bool:
        folder = Path(tempfile.mkdtemp(prefix="smallest-"))
        try:
            project = render(candidate, folder / "project")
        except Exception:  # noqa: BLE001
            return kind == "render"
        else:
            return any(_findings(task) for task in tasks(project) if task.kind == kind)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    for name in list(answers):
        rest = {other: value for other, value in answers.items() if other != name}
        if fails(rest):
            answers = rest
    return answers


def run(
    combinations: Sequence[Combination],
    processes: int = 2,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Outcome:
    """Render and check all of `combinations`; `progress(done, of)` is told along the way."""
    outcome = Outcome(combinations=len(combinations))
    started = time.perf_counter()
    snapshot()  # before the processes start, so that all see one state of the working tree
    with tempfile.TemporaryDirectory(prefix="matrix-") as name:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(processes, context, _start, (Path(name),)) as pool:
            parts = [pool.submit(_one, answers) for answers in combinations]
            for done, finished in enumerate(as_completed(parts), 1):
                part = finished.result()
                outcome.rendered += part.rendered
                outcome.distinct += part.distinct
                for kind, seconds in part.spent.items():
                    outcome.spent[kind] += seconds
                for kind, findings in part.failures:
                    outcome.failures.append(Failure(kind, findings, part.answers))
                progress(done, len(combinations))
    outcome.seconds = time.perf_counter() - started
    return outcome


def shrink(failures: Sequence[Failure], limit: int = 5) -> list[Failure]:
    """The first failure of each message; at most `limit` by the smallest answers that show it."""
    first: dict[str, Failure] = {}
    for failure in sorted(failures, key=lambda failure: len(failure.answers)):
        first.setdefault(f"{failure.kind} {failure.findings[0]}", failure)
    chosen = list(first.values())
    for failure in chosen[:limit]:
        failure.answers = smallest(failure.answers, failure.kind)
    return chosen
