"""The whole matrix, and proof that its checks can fail."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.matrix import checks
from tests.matrix.combinations import STRUCTURE, covering, everything, full_product, uncovered
from tests.matrix.run import Failure, run, shrink
from tests.support.render import ROOT, Rendered, key, questions, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Render


@pytest.mark.heavy
def test_every_combination(figure: Callable[[str], None]) -> None:
    outcome = run(everything())
    for line in outcome.lines():
        figure(line)
    if outcome.failures:
        shown = "\n".join(map(str, shrink(outcome.failures)))
        pytest.fail(f"{len(outcome.failures)} failures, such as:\n{shown}", pytrace=False)


def test_the_product_is_full() -> None:
    """Each value of each structural question beside each value of every other, where it can be."""
    rows = {key(row): row for row in full_product()}
    asked = {name for name in STRUCTURE if name in questions()}
    assert {name for row in rows.values() for name in row} == asked
    # Layers 3, pipelines 2, observability 3; environments 3 without alias or with one of 3 shifts,
    # which two aliases on one stack have too, but no environments.
    sam = 3 * 2 * 3 * (3 * (1 + 3) + 3)
    assert len(rows) == sam + 3 * 1 * 3 * 3 * (1 + 3)  # cdk: without a pipeline and two aliases


def test_every_pair_is_covered() -> None:
    assert uncovered(covering()) == []


def test_a_lost_pair_is_noticed() -> None:
    assert uncovered(islice(covering(), 5))


def test_combinations_are_distinct_and_start_with_the_default() -> None:
    rows = everything()
    assert rows[0] == {}
    assert len({key(row) for row in rows}) == len(rows)


def found(project: Rendered, kind: str) -> list[str]:
    """What the checks of `kind` find in `project`."""
    return [line for task in checks.tasks(project) if task.kind == kind for line in task.findings()]


@pytest.mark.parametrize(
    ("kind", "file", "old", "new"),
    [
        ("file", "pyproject.toml", "[project]", "[project"),
        ("file", "README.md", "\n", "\n{{ service.name }}\n"),
        ("file", ".copier-answers.yml", "layers: shared", "layers: shared\nlayers: split"),
        ("tree", "README.md", "\n", "\n[there](nowhere.md)\n"),
        ("tree", "README.md", "\n", "\n`common/nowhere.py`\n"),
        ("tree", "README.md", "\n", "\n`make nothing`\n"),
        ("makefile", "Makefile", "\n", "\nifeq (\n"),
        ("ruff", "common/__init__.py", "", "import os\n"),
        ("ruff", "common/__init__.py", "", "x = {'a':1}\n"),
        ("mypy", "common/__init__.py", "", 'x: int = "a"\n'),
        ("infrastructure", "template.yaml", "Handler:", "Handlr:"),
        ("workflows", ".github/workflows/ci.yml", "runs-on:", "run-on:"),
        ("bootstrap", "pipeline/bootstrap.yaml", "RoleName:", "RolName:"),
        ("pipeline", "pipeline/bootstrap.yaml", "iam:PutRolePolicy", "iam:*"),
        (
            "conformance",
            "template.yaml",
            "ReservedConcurrentExecutions: !FindInMap",
            "ReservedConcurrentExecutions: 1 # !FindInMap",
        ),
    ],
)
def test_each_check_can_fail(project: Render, kind: str, file: str, old: str, new: str) -> None:
    broken = project({})
    text = broken.text(file)
    assert old in text
    (broken.path / file).write_text(text.replace(old, new, 1) if old else text + new)
    assert found(broken, kind)


def test_a_failure_names_its_smallest_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault which one answer of many brings about is told by that answer alone."""

    def fault(project: Rendered) -> list[checks.Task]:
        layers = project.service["layers"]
        return [checks.Task("fault", (str(layers),), lambda: [] if layers else ["no layer"])]

    monkeypatch.setattr(checks, "GROUPS", (fault,))
    answers = {"layers": "none", "cicd": "none", "monthly_budget": 1}
    outcome = run([{}, {"layers": "split"}, answers], processes=1)
    assert [failure.kind for failure in outcome.failures] == ["fault"]
    (failure,) = shrink(outcome.failures)
    assert failure.answers == {"layers": "none"}
    assert "--data 'layers=none'" in str(failure)


def test_equal_outcomes_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def same(_: Rendered) -> list[checks.Task]:
        return [checks.Task("same", ("digest",), lambda: ["wrong"])]

    monkeypatch.setattr(checks, "GROUPS", (same,))
    outcome = run([{}, {"layers": "split"}, {"layers": "none"}], processes=2)
    assert outcome.rendered["same"] == 3
    assert outcome.distinct["same"] == 1
    assert [failure.findings for failure in outcome.failures] == [["wrong"]]


def test_an_answer_refused_is_a_failure() -> None:
    outcome = run([{"monthly_budget": 0}], processes=1)
    (failure,) = shrink(outcome.failures)
    assert isinstance(failure, Failure)
    assert "monthly_budget must be at least 1" in str(failure)


def test_shards_for_a_pipeline() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "tests.matrix", "--shards", "3", "--format", "github"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert shown == '{"shard": ["1/3", "2/3", "3/3"]}\n'


def test_files_of_renders_are_what_the_checks_see() -> None:
    kinds = {task.kind for task in checks.tasks(render({}))}
    assert kinds == {
        "file",
        "tree",
        "makefile",
        "ruff",
        "mypy",
        "infrastructure",
        "conformance",
        "workflows",
        "bootstrap",
        "pipeline",
    }
