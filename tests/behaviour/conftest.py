"""Running rendered unit tests, many times and quickly."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.tools import Tools

SERVER = Path(__file__).parent / "fixtures" / "server.py"


class UnitTests(Protocol):
    """Run unit tests of the project at a path: exit status of pytest, and its output."""

    def __call__(self, project: Path, *tests: str) -> tuple[int, str]: ...


@pytest.fixture(scope="session")
def unit_tests(tools: Tools) -> Iterator[UnitTests]:
    """Each run is a process of its own, forked from one that has imported moto and botocore."""
    with subprocess.Popen(
        [tools.python, "-B", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        asked, answers = server.stdin, server.stdout
        assert asked is not None
        assert answers is not None

        def run(project: Path, *tests: str) -> tuple[int, str]:
            options = ["-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=short"]
            print(json.dumps([str(project), [*options, *tests]]), file=asked, flush=True)
            status, output = json.loads(answers.readline())
            return status, output

        yield run
        asked.close()


@pytest.fixture(scope="session")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mypy keeps what it knows of the packages, for all projects of a process."""
    return tmp_path_factory.mktemp("mypy")
