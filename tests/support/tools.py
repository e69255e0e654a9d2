"""The tools that tests run, and the one Python environment that rendered projects share."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

from tests.support.render import ROOT, render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CACHE = ROOT / ".cache"
PYTHON = "3.13"
"""The Python on which rendered projects run here: the newest that tests can have everywhere."""

RECEIVERS = ("queue", "topic", "event", "bucket", "workflow", "stream")
WITH_EVERY_DEPENDENCY: dict[str, Any] = {
    "secrets": "secretsmanager",
    "functions": [
        {
            "name": "send",
            "source": "http",
            "route": "POST /",
            "table": "write",
            "secret": True,
            "sends_to": [*RECEIVERS],
        },
        *({"name": source, "source": source} for source in RECEIVERS),
    ],
    "startup": "snapstart",
}
"""Answers whose project names every package that some project needs."""


def in_ci() -> bool:
    """Whether a missing tool is a failure (CI=true) and not a skip."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def missing(what: str) -> None:
    """Skip, saying why; fail in CI, where everything must be there."""
    if in_ci():
        pytest.fail(f"{what} is missing, and CI=true requires it", pytrace=False)
    pytest.skip(f"NOT CHECKED: {what} is missing")


def need(name: str) -> Path:
    """The path of the executable `name`, ours before the system's; `missing` if there is none."""
    folders = [Path(sys.executable).parent, CACHE / "uv" / "bin"]
    found = shutil.which(name, path=os.pathsep.join(map(str, folders))) or shutil.which(name)
    if found is None:
        missing(name)
    return Path(str(found))


def run(
    arguments: Sequence[str | Path],
    cwd: Path,
    *,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    timeout: float = 600,
    stdin: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end with its output captured; fail the test with that output if `check`.

    `env` is added to this process's environment; nothing is inherited on standard input.
    """
    done = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check and done.returncode:
        pytest.fail(
            f"exit {done.returncode}: {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}",
            pytrace=False,
        )
    return done


@dataclass(frozen=True)
class Tools:
    """The rendered projects' `dev` dependencies, installed once. `lock` is their uv.lock."""

    environment: Path
    lock: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.environment / "bin" / "python"

    def run(
        self,
        *arguments: str | Path,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        timeout: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m <arguments>` of this environment in the project at `cwd`."""
        clean = {"VIRTUAL_ENV": str(self.environment), "PYTHONDONTWRITEBYTECODE": "1"}
        return run(
            [self.python, "-m", *arguments],
            cwd,
            env={**clean, **(env or {})},
            check=check,
            timeout=timeout,
        )


CACHED = {"name": "look", "source": "http", "route": "GET /", "table": "read", "cache": True}
INSTEAD: list[dict[str, Any]] = [
    {"observability": "otel"},
    *(
        {"cache": kind, "functions": [*WITH_EVERY_DEPENDENCY["functions"], CACHED]}
        for kind in ("elasticache", "dax")
    ),
]
"""Answers with packages of their own, of which no project has all."""


def _declared(answers: Mapping[str, Any]) -> list[str]:
    """What a rendered project and its `dev` group depend on."""
    written = tomllib.loads(render(answers).text("pyproject.toml"))
    return [*written["project"]["dependencies"], *written["dependency-groups"]["dev"]]


def _of_the_others() -> list[str]:
    """What projects depend on beyond that with every dependency."""
    found = {Requirement(each).name: each for each in _declared(WITH_EVERY_DEPENDENCY)}
    known = set(found)
    for answers in INSTEAD:
        for each in _declared({**WITH_EVERY_DEPENDENCY, **answers}):
            found.setdefault(Requirement(each).name, each)
    return [each for name, each in found.items() if name not in known]


@cache
def tools() -> Tools:
    """Build the shared environment once per content of the rendered pyproject's dependencies.

    What `make setup` does in a project with every option that has its own dependency: `uv lock`
    and `uv sync`. Kept in `.cache/tools`.
    """
    uv = need("uv")
    default = render(WITH_EVERY_DEPENDENCY)
    declared = tomllib.loads(default.text("pyproject.toml"))
    more = _of_the_others()
    parts = [
        declared["project"]["dependencies"] + more,
        declared.get("dependency-groups"),
        declared.get("tool", {}).get("uv"),
    ]
    digest = hashlib.sha256(json.dumps([PYTHON, *parts], sort_keys=True).encode()).hexdigest()[:16]
    folder = CACHE / "tools" / digest
    folder.mkdir(parents=True, exist_ok=True)
    environment, project = folder / "venv", folder / "project"
    done = folder / "compiled"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.copytree(default.path, project, dirs_exist_ok=True)
            head = "\ndependencies = [\n"
            lines = "".join(f'    "{requirement}",\n' for requirement in more)
            text = default.text("pyproject.toml").replace(head, head + lines, 1)
            (project / "pyproject.toml").write_text(text, encoding="utf-8")
            run(
                [uv, "sync", "--quiet", "--compile-bytecode", "--python", find_python(PYTHON)],
                project,
                env={"UV_PROJECT_ENVIRONMENT": str(environment)},
            )
            done.touch()
    return Tools(environment, project / "uv.lock")


@cache
def find_python(version: str) -> Path:
    """An interpreter of `version` ("3.13"), never downloaded; `missing` if there is none."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return Path(sys.executable).resolve()
    found = subprocess.run(
        [str(need("uv")), "python", "find", "--no-project", "--no-python-downloads", version],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        missing(f"Python {version}")
    return Path(found.stdout.strip())
