"""`make new`, as the README has it, in a fresh clone that has nothing set up."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.releases import git
from tests.support.render import ROOT
from tests.support.tools import run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository's working tree, cloned from an origin of its own; no release yet."""
    folder = tmp_path_factory.mktemp("new")
    origin, path = folder / "origin", folder / "clone"
    git(ROOT, "clone", "--quiet", "--no-tags", str(ROOT), str(origin))
    for name in git(ROOT, "ls-files", "--modified", "--others", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (origin / name).parent.mkdir(parents=True, exist_ok=True)
            (origin / name).write_bytes((ROOT / name).read_bytes())
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "The working tree")
    git(folder, "clone", "--quiet", str(origin), str(path))
    return path


def make(clone: Path, command: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = dict.fromkeys(("DEST", "DEFAULTS", "ARGS", "MAKEFLAGS", "MAKELEVEL"), "")
    return run(shlex.split(command), clone, env=environment, check=check)


def answers(project: Path) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((project / ".copier-answers.yml").read_text())
    return found


def test_the_readme_command(clone: Path, tmp_path: Path) -> None:
    (command,) = re.findall(
        r"Without questions: `(make new [^`]+)`", (ROOT / "README.md").read_text()
    )
    project = tmp_path / "my-service"
    done = make(clone, command.replace("../my-service", str(project)))
    assert answers(project)["project_name"] == "My service"
    assert "no origin with a release" in done.stderr
    assert os.fspath(clone) in done.stderr

    # With a release at the origin, anyone who reaches the origin can update the project.
    origin = git(clone, "remote", "get-url", "origin")
    git(clone.parent / "origin", "tag", "v99.0.0")
    project = tmp_path / "released"
    done = make(clone, f"make new DEST={project} DEFAULTS=1")
    assert "warning" not in done.stderr.lower()
    assert answers(project)["_src_path"] == origin
    assert answers(project)["_commit"] == "v99.0.0"


def test_without_a_terminal_it_asks_for_the_folder_in_one_line(clone: Path) -> None:
    done = make(clone, "make new DEFAULTS=1", check=False)
    assert done.returncode != 0
    assert "name the folder: make new DEST=../my-service" in done.stderr
