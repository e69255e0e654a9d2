"""The template's releases as a repository of their own, made from this one's history.

A clone may lack the tags, so a release is found by its commit's title, `Release vX.Y.Z`. The
working tree, committed or not, follows as one more; tests add what a later one might bring.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.render import ROOT, SOURCES, copy_sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TITLE = re.compile(r"^Release (v\d+\.\d+\.\d+)$")
IDENTITY = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
"""Git as nobody in particular, with nobody's settings."""


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder` and return what it prints, stripped; raise if it fails."""
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        env={**os.environ, **IDENTITY},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@dataclass
class Releases:
    """A repository with a tag for each release, in `versions` from the oldest to the newest."""

    path: Path
    versions: list[str] = field(default_factory=list)

    @property
    def current(self) -> str:
        """The newest release."""
        return self.versions[-1]

    def release(self, change: Callable[[Path], object] = lambda _: None) -> str:
        """Commit what `change` does to the folder as the next release and return its version."""
        change(self.path)
        major, minor, _ = self.current.split(".") if self.versions else ("v0", "0", "0")
        version = f"{major}.{int(minor) + 1}.0"
        git(self.path, "add", "--all", "--force")
        git(self.path, "commit", "--quiet", "--allow-empty", "--message", f"Release {version}")
        git(self.path, "tag", version)
        self.versions.append(version)
        return version

    def copy(self, folder: Path) -> Releases:
        """The same releases in `folder`, to be changed by a test of its own."""
        shutil.copytree(self.path, folder)
        return Releases(folder, list(self.versions))


def released() -> list[tuple[str, str]]:
    """(version, commit) of each release in this repository's history, the oldest first."""
    log = git(ROOT, "log", "--reverse", "--format=%H %s")
    pairs = (line.split(" ", 1) for line in log.splitlines())
    found = ((TITLE.match(title), commit) for commit, title in pairs)
    return [(match[1], commit) for match, commit in found if match]


def build(folder: Path) -> Releases:
    """Every release, then the working tree as the newest, in a new repository at `folder`."""
    releases = Releases(folder)
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    for version, commit in released():
        _empty(folder)
        archive = subprocess.run(
            ["git", "archive", commit, *_present(commit)], cwd=ROOT, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
        git(folder, "add", "--all", "--force")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", f"Release {version}")
        git(folder, "tag", version)
        releases.versions.append(version)
    _empty(folder)
    releases.release(copy_sources)
    return releases


def _present(commit: str) -> list[str]:
    names = git(ROOT, "ls-tree", "--name-only", commit).splitlines()
    return [name for name in SOURCES if name in names]


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
