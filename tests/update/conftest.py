"""Releases to update from and to, and projects made from them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from copier import run_update
from copier.errors import MissingFileWarning

from tests.support import releases as history
from tests.support.cli import copier
from tests.support.releases import Releases, git
from tests.support.render import fast_copier, files_of, render

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

ANSWERS = ".copier-answers.yml"


@pytest.fixture(scope="session")
def shared_releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Every release and the working tree; not to be changed."""
    return history.build(tmp_path_factory.mktemp("releases") / "template")


@pytest.fixture
def releases(shared_releases: Releases, tmp_path: Path) -> Releases:
    """Every release and the working tree, in a repository of the test's own."""
    return shared_releases.copy(tmp_path / "template")


@dataclass
class Project:
    """A project under git, made from one of `releases`."""

    path: Path
    releases: Releases

    def commit(self) -> None:
        """Commit everything."""
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--allow-empty", "--message", "work")

    def update(self, data: dict[str, Any] | None = None) -> None:
        """Update to the newest release with changed answers, in this process; not committed."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MissingFileWarning)
            with fast_copier():
                run_update(
                    self.path,
                    data=data or {},
                    defaults=True,
                    skip_answered=True,
                    overwrite=True,
                    quiet=True,
                )

    def update_by_command(
        self, data: dict[str, Any] | None = None, *, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """The same as a person or a bot types it: `copier update`, its own process."""
        arguments: list[str | Path] = ["update", "--defaults", "--skip-answered"]
        if data:
            file = self.path.parent / "data.yml"
            file.write_text(yaml.safe_dump(data), encoding="utf-8")
            arguments += ["--data-file", file]
        return copier(*arguments, cwd=self.path, check=check)

    def changes(self) -> str:
        """What git sees as changed since the last commit; empty when nothing is."""
        return git(self.path, "status", "--porcelain")

    def answers(self) -> dict[str, Any]:
        """The answers file, parsed."""
        loaded: dict[str, Any] = yaml.safe_load((self.path / ANSWERS).read_text(encoding="utf-8"))
        return loaded

    def tree(self) -> dict[str, bytes]:
        """Every file's bytes by name; of the answers file, what it says."""
        return tree(self.path)


def tree(path: Path) -> dict[str, bytes]:
    """Every file's bytes by name below `path`, without git's."""
    return {name: (path / name).read_bytes() for name in files_of(path)}


def make(
    releases: Releases, folder: Path, version: str, data: dict[str, Any] | None = None
) -> Project:
    """A project at `folder` made from `version`, under git and committed."""
    render(data, folder, source=releases.path, vcs_ref=version)
    git(folder, "init", "--quiet")
    project = Project(folder, releases)
    project.commit()
    return project


def differences(left: dict[str, bytes], right: dict[str, bytes]) -> list[str]:
    """The files that are not the same on both sides, with their side."""
    only = [f"only left: {name}" for name in left.keys() - right.keys()]
    only += [f"only right: {name}" for name in right.keys() - left.keys()]
    both = [f"differs: {name}" for name in left.keys() & right.keys() if left[name] != right[name]]
    return sorted(only + both)
