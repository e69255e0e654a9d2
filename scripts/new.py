"""`make new`: ask the questions and render a project that anyone can update.

A project remembers where its template came from, and `copier update` needs that place and a release
in it. So the origin of this clone is used when it has a release; else this working tree, with a
warning, since a path on one machine means nothing on another.

make hands its variables over in the environment: DEST, the folder of the new repository (asked for
when missing); DEFAULTS, to ask nothing when set; ARGS, more options of `copier copy`.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Return Copier's exit status."""
    destination = os.environ.get("DEST") or _ask_for_destination()
    if not destination:
        print("make new: name the folder: make new DEST=../my-service", file=sys.stderr)
        return 2
    source = _released_origin()
    place = [source] if source else ["--vcs-ref=HEAD", str(ROOT)]
    copier = [sys.executable, "-m", "copier", "copy"]
    defaults = ["--defaults"] if os.environ.get("DEFAULTS") else []
    copy = [*copier, *defaults, *shlex.split(os.environ.get("ARGS", "")), *place, destination]
    done = subprocess.run(copy, check=False).returncode
    if done == 0 and not source:
        print(
            "warning: this clone has no origin with a release (a tag vX.Y.Z), so the project "
            f"remembers {ROOT} as its template: only this machine can update it.",
            file=sys.stderr,
        )
    return done


def _ask_for_destination() -> str:
    if not sys.stdin.isatty():
        return ""
    import questionary  # noqa: PLC0415  only for a dialogue

    return questionary.path("Folder of the new repository:", only_directories=True).ask() or ""


def _released_origin() -> str:
    """The origin's address when it can be reached and has a release, else an empty string."""
    origin = _git("remote", "get-url", "origin")
    tags = _git("ls-remote", "--tags", "--refs", origin) if origin else ""
    return origin if re.search(r"refs/tags/v\d+\.\d+\.\d+$", tags, re.MULTILINE) else ""


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=ROOT,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
