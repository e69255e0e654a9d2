"""A rendered service under its user's hands: make, git and an editor."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.support.releases import IDENTITY, git
from tests.support.tools import find_python, need, run

if TYPE_CHECKING:
    from pathlib import Path

NOT_INHERITED = ("VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "AWS_CA_BUNDLE", "AWS_PROFILE")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Service:
    """The project at `path`, and the port of its emulator."""

    path: Path
    port: int

    @cached_property
    def environment(self) -> dict[str, str]:
        """The variables of its shell: uv and the right Python on the path, the emulator's port."""
        places = (need("uv").parent, find_python("3.13").parent)
        path = os.pathsep.join([*map(str, places), os.environ["PATH"]])
        return {**IDENTITY, "PATH": path, "PORT": str(self.port), "LOCAL_PORT": str(self.port)}

    def run(
        self, *command: str | Path, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the project, as from a shell that knows nothing of this repository."""
        unset = [part for name in NOT_INHERITED for part in ("-u", name)]
        return run(
            [need("env"), *unset, *command],
            self.path,
            env=self.environment | variables,
            check=check,
        )

    def make(self, *targets: str, check: bool = True, **variables: str) -> str:
        """What `make <targets>` prints; fails the test unless all goes well, or unless not."""
        done = self.run("make", *targets, check=check, **variables)
        assert check or done.returncode, f"make {' '.join(targets)} succeeds\n{done.stdout}"
        return done.stdout + done.stderr

    def tool(self, *command: str | Path, check: bool = True) -> str:
        """What a command of the project's tools prints, such as "sam" or "python"."""
        uv = ("uv", "run", "--quiet", "--project", "tools", "--only-group", "deploy")
        done = self.run(*uv, *command, check=check, UV_PROJECT_ENVIRONMENT=".venv/deploy")
        return done.stdout

    def script(self, code: str) -> str:
        """What Python prints for `code` in the project, with its tools at hand."""
        return self.tool("python", "-c", code)

    def edit(self, name: str, pattern: str, replacement: str) -> None:
        """Replace what matches in a file, which must be there exactly once."""
        file = self.path / name
        text, count = re.subn(pattern, replacement, file.read_text(encoding="utf-8"))
        assert count == 1, f"{pattern!r} is {count} times in {name}"
        file.write_text(text, encoding="utf-8")

    def commit(self, message: str) -> None:
        """Commit everything."""
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--message", message)

    def use_emulator(self) -> None:
        """Start the emulator and have it stand in for AWS, whatever the environment's name."""
        self.script("from scripts import local; local.start()")
        endpoint = f"http://127.0.0.1:{self.port}"
        self.environment |= {"AWS_ENDPOINT_URL": endpoint, "BUILD_TARGET": "local"}

    def curl(self, output: str) -> tuple[int, Any]:
        """Paste the first `curl` of a command's output into a shell: status and body."""
        (command,) = re.findall(r"^curl (?:.*\\\n)*.*", output, re.MULTILINE)[:1]
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, check=True, timeout=60
        )
        head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
        return int(head.split()[1]), json.loads(body)

    def aliases(self, environment: str) -> dict[str, str]:
        """Function name -> version that its alias names, and nothing but that, in `environment`."""
        return dict(json.loads(self.script(ALIASES.format(environment=environment))))


ALIASES = """
import json
from scripts.aws import Clients
from scripts.service import ALIAS, FUNCTIONS, environment
where = environment({environment!r})
found = {{}}
for function in FUNCTIONS:
    alias = Clients(where)("lambda").get_alias(
        FunctionName=function.physical_name(where), Name=ALIAS
    )
    weights = alias.get("RoutingConfig", {{}}).get("AdditionalVersionWeights")
    found[function.name] = "shifting" if weights else alias["FunctionVersion"]
print(json.dumps(found))
"""
