"""`make setup check test build` in a project nobody has edited, and what that leaves for git."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.answers import FUNCTION_LISTS, completed
from tests.support.releases import IDENTITY, git
from tests.support.render import check_names, questions
from tests.support.tools import CACHE, find_python, need, run

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_copie.plugin import Copie

pytestmark = pytest.mark.heavy
PROJECTS: dict[str, dict[str, Any]] = {
    "recommended": {},
    "barest": {
        "layers": "none",
        "alias_strategy": "none",
        "cicd": "none",
        "observability": "cloudwatch",
        "idempotency": False,
        "api_auth": "none",
        "functions": FUNCTION_LISTS["one http"],
    },
    "split layers, Python 3.12": completed(
        {
            "layers": "split",
            "python_version": "3.12",
            "architecture": "x86_64",
            "observability": "otel",
            "functions": FUNCTION_LISTS["every method"],
        }
    ),
    "a chain of queues": {"functions": FUNCTION_LISTS["a chain of queues"]},
}


def make(project: Path, *targets: str) -> str:
    """What `make <targets>` prints; the test fails with it unless all goes well."""
    done = run([need("make"), *targets], project, env=environment(), timeout=900)
    return done.stdout + done.stderr


def environment() -> dict[str, str]:
    """A user's shell, but for what mypy has learnt of boto3's stubs: read once for all projects.

    Each of pytest's processes has its own: two mypys that write one cache at once damage it.
    """
    process = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return {
        **IDENTITY,
        "MYPY_CACHE_DIR": str(CACHE / "mypy-projects" / process),
        "PATH": f"{need('uv').parent}{os.pathsep}{os.environ['PATH']}",
    }


@pytest.mark.parametrize("name", PROJECTS)
def test_green_with_no_edit(name: str, copie: Copie) -> None:
    answers = PROJECTS[name]
    check_names(answers)  # pytest-copie takes any
    find_python(answers.get("python_version", "3.13"))
    result = copie.copy(extra_answers=answers)
    assert result.exception is None
    project = result.project_dir
    assert project is not None
    assert {key: result.answers[key] for key in answers} == answers
    assert set(result.answers) <= set(questions())
    make(project, "setup")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "first")
    assert "uv.lock" in git(project, "ls-files").splitlines()
    make(project, "check", "test", "build")
    assert git(project, "status", "--porcelain") == "", "a command leaves files that git would see"
    run(
        [need("uv"), "run", "--locked", "python", "-m", "scripts.build", "--all", "dist"],
        project,
        env=environment(),
    )
    packages = sorted((project / "dist").rglob("*.zip"))
    assert packages
    for package in packages:
        with zipfile.ZipFile(package) as archive:
            names = archive.namelist()
        assert len(names) == len(set(names))
        assert not [entry for entry in names if "__pycache__" in entry or entry.startswith("tests")]


def test_check_refuses_what_an_update_could_not_merge(copie: Copie) -> None:
    """A conflict's marker or a rejected piece must not pass the project's own checks."""
    project = copie.copy().project_dir
    assert project is not None
    make(project, "setup")
    for file, text in (
        ("README.md.rej", "rejected\n"),
        ("docs/notes.md", "<<<<<<< before updating\na\n=======\nb\n>>>>>>> after updating\n"),
    ):
        (project / file).write_text(text)
        done = run([need("make"), "check"], project, env=environment(), check=False)
        assert done.returncode != 0, f"`make check` passes with {file}"
        (project / file).unlink()
