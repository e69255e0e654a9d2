"""`make add-function`: one more function by the same questions and checks, and nothing lost."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.releases import IDENTITY, Releases
from tests.support.render import choices, render
from tests.support.tools import run, tools
from tests.update.conftest import Project, make

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = pytest.mark.heavy


@pytest.fixture
def project(shared_releases: Releases, tmp_path: Path) -> Project:
    """A project of the working tree."""
    return make(shared_releases, tmp_path / "project", shared_releases.current)


def add(project: Project, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command with the Copier of this environment in uvx's place."""
    folder = project.path.parent / "bin"
    folder.mkdir(exist_ok=True)
    uvx = folder / "uvx"
    # uvx --from <what> copier <arguments>
    uvx.write_text(f'#!/bin/sh\nshift 3\nexec "{sys.executable}" -m copier "$@"\n')
    uvx.chmod(0o755)
    return run(
        [tools().python, "-m", "scripts.project", "add-function", *arguments],
        project.path,
        env={**IDENTITY, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        check=check,
    )


def test_every_source_can_be_added() -> None:
    text = render({}).text("scripts/project.py")
    listed = re.search(r"^SOURCES = \(\n(.*?)^\)", text, re.MULTILINE | re.DOTALL)
    assert listed
    assert re.findall(r'"(\w+)"', listed[1]) == choices("sources")


def test_a_function_is_added_beside_edited_ones(project: Project) -> None:
    edited = project.path / "functions" / "create_order" / "service.py"
    edited.write_text(edited.read_text() + "\n# mine\n")
    project.commit()
    before = project.answers()["functions"]
    add(project, "--name", "notify-buyer", "--source", "topic", "--table", "read")
    added = {"name": "notify-buyer", "source": "topic", "table": "read"}
    assert project.answers()["functions"] == [*before, added]
    assert (project.path / "functions" / "notify_buyer" / "service.py").is_file()
    assert "NotifyBuyerFunction:" in (project.path / "template.yaml").read_text()
    assert edited.read_text().endswith("# mine\n")


def test_a_wrong_one_is_refused_and_changes_nothing(project: Project) -> None:
    done = add(project, "--name", "Notify", "--source", "topic", check=False)
    assert done.returncode
    assert "small letters" in done.stderr
    assert project.changes() == ""


def test_a_changed_tree_is_refused(project: Project) -> None:
    (project.path / "README.md").write_text("mine\n")
    done = add(project, "--name", "notify-buyer", "--source", "topic", check=False)
    assert done.returncode
    assert "uncommitted changes" in done.stderr
    assert (project.path / "README.md").read_text() == "mine\n"
