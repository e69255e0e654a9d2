"""The rendered project's own checks and tests pass with no edit, whatever the answers."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import pytest

from tests.behaviour.variants import DEEP, QUICK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.behaviour.conftest import UnitTests
    from tests.conftest import Render
    from tests.support.render import Answers
    from tests.support.tools import Tools

LONGEST_TESTS = 8.0
"""Seconds that the default project's unit tests may take."""

TYPED_BY_MATRIX = {"default", "plain", "longest names", "odd names", "Python 3.12", "Python 3.14"}
"""Variants whose choices and function lists tests/matrix has, too."""


def check(project: Path, tools: Tools, unit_tests: UnitTests, types: Path | None) -> None:
    """Format, rules, unit tests and, with a cache for them, types; fails with what was said."""
    tools.run("ruff", "format", "--check", "--no-cache", ".", cwd=project)
    tools.run("ruff", "check", "--no-cache", ".", cwd=project)
    if types:
        tools.run("mypy", "--cache-dir", types, cwd=project)
    status, output = unit_tests(project, "tests/unit")
    assert status == 0, output
    assert "skipped" not in output


@pytest.mark.heavy
@pytest.mark.parametrize("name", QUICK)
def test_its_own_checks_pass(
    rendered: Render, tools: Tools, unit_tests: UnitTests, types: Path, name: str
) -> None:
    """What `make check test` runs on the Python; types only where tests/matrix does not."""
    project = rendered({"cicd": "none", **QUICK[name]}).path
    check(project, tools, unit_tests, None if name in TYPED_BY_MATRIX else types)


@pytest.mark.deep
@pytest.mark.parametrize("answers", DEEP.values(), ids=DEEP)
def test_its_own_checks_pass_deep(
    rendered: Render,
    tools: Tools,
    unit_tests: UnitTests,
    types: Path,
    answers: Answers,
) -> None:
    """The same for every single thing that a function can do."""
    check(rendered({"cicd": "none", **answers}).path, tools, unit_tests, types)


def test_its_unit_tests_are_quick(
    rendered: Render, tools: Tools, figure: Callable[[str], None]
) -> None:
    """They are run often. Processor time: other tests run beside."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    tools.run("pytest", "-q", "-p", "no:cacheprovider", "tests/unit", cwd=rendered({}).path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figure(f"unit tests of the default project: {seconds:.1f} s of processor time")
    assert seconds < LONGEST_TESTS
