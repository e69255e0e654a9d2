"""The template as users find it: a repository with a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.releases import Releases, git
from tests.support.render import copy_sources

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree, released."""
    path = tmp_path_factory.mktemp("template") / "template"
    path.mkdir()
    git(path, "init", "--quiet")
    Releases(path).release(copy_sources)
    return path
