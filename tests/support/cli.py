"""Copier's own command line, never trusted, with nothing on standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.support.releases import IDENTITY
from tests.support.tools import run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

COPIER = [sys.executable, "-m", "copier"]


def copier(
    *arguments: str | Path, cwd: Path, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run `copier <arguments>` in `cwd`; fail the test with its output unless it ends with 0."""
    return run([*COPIER, *arguments], cwd, env={**IDENTITY, "NO_COLOR": "1"}, check=check)
