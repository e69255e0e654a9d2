"""The record of evidence: only what ran and passed, never more."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.evidence import main, page
from tests.support.evidence import Record, load
from tests.support.render import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

CATALOGUE = [
    {"id": "F04", "group": "Functions", "title": "Dead letters"},
    {"id": "F05", "group": "Functions", "title": "Alarms"},
    {"id": "S01", "group": "Service", "title": "Decoupled"},
]


def record(practice: str, grade: str, tool: str = "sam", *, passed: bool = True) -> Record:
    """A record of some test."""
    return Record(practice, tool, grade, f"test_{practice}_{grade}", passed)


def rows(records: list[Record]) -> list[str]:
    """The lines of the page that are about practices."""
    lines = page(CATALOGUE, records).splitlines()
    return [line for line in lines if line.startswith(("| F", "| S"))]


def test_a_cell_is_the_most_that_passed() -> None:
    """The strongest grade counts, a tool without evidence stays empty."""
    records = [record("F04", "static"), record("F04", "ran"), record("F05", "emulated", "cdk")]
    assert rows(records) == [
        "| F04 | Dead letters |  | ran |",
        "| F05 | Alarms | emulated |  |",
        "| S01 | Decoupled |",
    ]


def test_a_failure_outweighs_every_success() -> None:
    """A practice that fails somewhere on a tool isn't proved there."""
    records = [record("F04", "static", passed=False), record("F04", "ran")]
    assert rows(records)[0] == "| F04 | Dead letters | failed |"


def test_unlisted_practice_is_refused() -> None:
    """A typo in a marker doesn't vanish."""
    with pytest.raises(ValueError, match="F99"):
        page(CATALOGUE, [record("F99", "ran")])


TESTS = """
import pytest

@pytest.mark.practice("F04", grade="static", tool="sam")
def test_passes(): pass

@pytest.mark.practice("F04", grade="ran", tool="sam")
def test_fails(): assert False

@pytest.mark.practice("F05", grade="ran", tool="sam")
@pytest.mark.practice("S01", grade="emulated", tool="cdk")
def test_two(): pass

@pytest.mark.practice("F06", grade="ran", tool="sam")
def test_skips(): pytest.skip("no emulator here")

@pytest.fixture
def broken():
    yield
    raise RuntimeError

@pytest.mark.practice("F07", grade="ran", tool="sam")
def test_breaks_at_its_end(broken): pass
"""


@pytest.mark.parametrize("processes", ["0", "1"])
def test_plugin_records_what_ran(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, processes: str
) -> None:
    """Passed and failed tests are recorded, skipped ones are not, here or in xdist's."""
    target = pytester.path / "evidence.json"
    pytester.makepyfile(TESTS)
    redirect = "import pathlib, tests.support.evidence as e\ne.EVIDENCE = pathlib.Path({!r})"
    pytester.makepyfile(redirect=redirect.format(str(target)))
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}{os.pathsep}{ROOT}")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugins = ("xdist", "redirect", "tests.support.evidence")
    options = [part for plugin in plugins for part in ("-p", plugin)]
    options += ["-n", processes, "--evidence"]
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(passed=3, failed=1, skipped=1, errors=1)
    assert {(r.practice, r.grade, r.tool, r.passed) for r in load(target)} == {
        ("F04", "static", "sam", True),
        ("F04", "ran", "sam", False),
        ("F05", "ran", "sam", True),
        ("S01", "emulated", "cdk", True),
        ("F07", "ran", "sam", False),
    }


def test_unknown_grade_stops_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grade that doesn't exist is an error at collection."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(TESTS.replace("emulated", "surely"))
    result = pytester.runpytest_subprocess("-p", "tests.support.evidence")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes the page, or says what to do when there is no evidence."""
    evidence, target = tmp_path / "evidence.json", tmp_path / "practices.md"
    assert main(evidence, target) == 1
    assert "pytest --evidence" in capsys.readouterr().err
    proved = {"practice": "F04", "tool": "sam", "grade": "static", "test": "t", "passed": True}
    evidence.write_text(json.dumps([proved]))
    assert main(evidence, target) == 0
    lines = target.read_text().splitlines()
    assert sum(line.startswith("| F04 |") and line.endswith("| static |") for line in lines) == 1
