"""Fixtures of every suite. Rendered folders are shared and read-only by agreement; copy to edit."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support import render as rendering
from tests.support import tools as tooling

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.render import Answers, Rendered
    from tests.support.tools import Tools

pytest_plugins = ["tests.support.evidence"]  # --evidence, and the marker `practice`


class ByGroup(LoadScopeScheduling):  # type: ignore[misc] # has no types
    """Each test by itself, but those of one file of tests/e2e in one process and in their order.

    `--dist=loadgroup` would do, but pytest 9.2 does not let pytest-xdist 3.8 note a test's group.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.startswith("tests/e2e/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByGroup:
    """Have pytest-xdist schedule by group."""
    return ByGroup(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest, so that no process is left with it alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("heavy") is None)


class Render(Protocol):
    """Render a project from answers, defaults for the rest."""

    def __call__(self, answers: Answers | None = None) -> Rendered: ...


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Projects to look into but not to change: the same answers give the same folder."""
    made: dict[str, Rendered] = {}

    def get(answers: Answers | None = None) -> Rendered:
        name = rendering.key(answers or {})
        if name not in made:
            made[name] = rendering.render(answers, tmp_path_factory.mktemp("rendered") / "project")
        return made[name]

    return get


@pytest.fixture(scope="session")
def default(rendered: Render) -> Rendered:
    """The project of the recommended answers; not to be changed."""
    return rendered({})


@pytest.fixture
def project(rendered: Render, tmp_path: Path) -> Render:
    """Projects to change at will: each call gets a folder of its own."""

    def copy(answers: Answers | None = None) -> Rendered:
        shared = rendered(answers)
        number = sum(1 for _ in tmp_path.glob("project-*"))
        path = shutil.copytree(shared.path, tmp_path / f"project-{number}", symlinks=True)
        return rendering.Rendered(path, shared.answers, shared.service, shared.sources)

    return copy


@pytest.fixture(scope="session")
def tools() -> Tools:
    """The rendered projects' own tools (ruff, mypy, pytest, …), installed once for all."""
    return tooling.tools()


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say one line of figures in pytest's summary, from whichever process runs the test."""
    return lambda line: record_property("figure", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured or counted."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    lines = [
        str(value)
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "figure" and getattr(report, "when", "") == "call"
    ]
    if lines:
        terminalreporter.section("figures")
        for line in sorted(set(lines)):
            terminalreporter.write_line(line)
