"""Record which practices the tests of a run proved, on which tool and how.

A test that proves a practice says so:

    @pytest.mark.practice("F04", grade="emulated", tool="sam")

`tool` is the IaC tool of the rendered project, or the pipeline for the delivery practices, or
"python" for what depends on neither. `pytest --evidence` writes what was proved to
`.cache/evidence.json`, from which `python -m tests.evidence` makes docs/practices.md. With several
processes (pytest-xdist) the reports come together in the first one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

GRADES = ("static", "emulated", "ran")
"""From weakest to strongest: asserted on the model, deployed to the emulator and read back, seen to
behave there (or in the code's own tests)."""

EVIDENCE = Path(__file__).resolve().parents[2] / ".cache" / "evidence.json"

_PROPERTY = "practice"


@dataclass(frozen=True, order=True)
class Record:
    """One test's word on one practice."""

    practice: str
    tool: str
    grade: str
    test: str
    passed: bool


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --evidence."""
    parser.addoption(
        "--evidence", action="store_true", help="write what was proved to .cache/evidence.json"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the recorder in the process that sees every report."""
    config.addinivalue_line(
        "markers", "practice(id, grade, tool): this test proves a practice of docs/practices.yml"
    )
    if config.getoption("evidence") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(EVIDENCE))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand each test's practices on with its report; raises for a marker that isn't complete."""
    for item in items:
        for marker in item.iter_markers("practice"):
            (practice,) = marker.args
            grade, tool = marker.kwargs["grade"], marker.kwargs["tool"]
            if grade not in GRADES:
                message = f"{item.nodeid}: grade {grade!r} is none of {', '.join(GRADES)}"
                raise pytest.UsageError(message)
            item.user_properties.append((_PROPERTY, [practice, tool, grade]))


class Recorder:
    """Collects the records of a run and writes them at its end.

    A skipped test proves nothing and is left out. A failure in any phase is a failure.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: dict[tuple[str, str, str, str], Record] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a phase of a test."""
        if report.skipped or (report.when != "call" and report.passed):
            return
        for name, value in report.user_properties:
            if name == _PROPERTY and isinstance(value, list):
                practice, tool, grade = value
                record = Record(practice, tool, grade, report.nodeid, report.passed)
                key = (practice, tool, grade, report.nodeid)
                before = self.records.get(key)
                if before is None or before.passed:
                    self.records[key] = record

    def pytest_sessionfinish(self) -> None:
        """Write the records, sorted, so that equal runs give equal files."""
        self.path.parent.mkdir(exist_ok=True)
        written = [asdict(record) for record in sorted(self.records.values())]
        self.path.write_text(json.dumps(written, indent=1) + "\n")


def load(path: Path = EVIDENCE) -> list[Record]:
    """Records of the last run with --evidence; raises FileNotFoundError when there was none."""
    return [Record(**record) for record in json.loads(path.read_text())]
