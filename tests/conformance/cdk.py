"""Read a rendered CDK project: its own app in this process, then the CloudFormation reader.

A process starts the CDK's engine once (five seconds), and then synthesizes a stack in a fraction of
one. What is read is the template and the tags that the command line would hand to CloudFormation.
Packages are left out: building them is scripts/build.py's, and no part of the model.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib
import json
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conformance import cloudformation
from tests.conformance.intrinsics import Pseudo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conformance import model

TOOL = "cdk"

_PACKAGES = ("cdk", "scripts")
"""What the app imports of the project it is in."""


@dataclass(frozen=True)
class Stack:
    """What CloudFormation would get for one environment."""

    template: Mapping[str, Any]
    tags: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    """What the library's own validation says of it, and nobody has acknowledged."""


@contextmanager
def _importing(project: Path) -> Iterator[None]:
    """Have `cdk` and `scripts` be those of the project, and afterwards nobody's."""

    def forget() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] in _PACKAGES]:
            del sys.modules[name]

    forget()
    sys.path.insert(0, str(project))
    importlib.invalidate_caches()
    unwritten, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = unwritten
        sys.path.remove(str(project))
        forget()


@cache
def _no_package() -> Path:
    """A folder in the place of each package."""
    folder = Path(tempfile.mkdtemp(prefix="package-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "nothing.txt").touch()
    return folder


def synthesize(project: Path, package: Path | None = None) -> dict[str, Stack]:
    """Stack by environment of a rendered project.

    `package`: a folder in place of the package of every function and layer.
    """
    with _importing(project), tempfile.TemporaryDirectory() as folder:
        aws_lambda = importlib.import_module("aws_cdk.aws_lambda")
        app = importlib.import_module("cdk.app")
        environments = importlib.import_module("scripts.service").ENVIRONMENTS
        path = str(package or _no_package())
        code = aws_lambda.Code.from_asset
        app.build(code=lambda _: code(path), folder=Path(folder)).synth()
        warnings = _warnings(Path(folder) / "validation-report.json")
        manifest = json.loads((Path(folder) / "manifest.json").read_text())["artifacts"]
        return {
            where.name: Stack(
                template=json.loads((Path(folder) / f"{where.stack}.template.json").read_text()),
                tags=manifest[where.stack]["properties"].get("tags", {}),
                warnings=tuple(text for stack, text in warnings if stack == where.stack),
            )
            for where in environments
        }


def _warnings(report: Path) -> list[tuple[str, str]]:
    """Stack and text of each finding in a report, which is there if something was found."""
    if not report.is_file():
        return []
    return [
        (
            found["constructPath"].split("/")[0],
            f"{violation['ruleName']}: {violation['description']}",
        )
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        for found in violation["violatingConstructs"]
    ]


_SYNTHESIZED: dict[str, dict[str, Stack]] = {}


def files(project: Path) -> list[Path]:
    """What the stacks depend on."""
    return [
        project / "cdk.json",
        *sorted((project / "cdk").glob("*.py")),
        project / "scripts/service.py",
    ]


def stacks(project: Path) -> dict[str, Stack]:
    """`synthesize`, once for equal content."""
    digest = hashlib.sha256()
    for file in files(project):
        digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    key = digest.hexdigest()
    if key not in _SYNTHESIZED:
        _SYNTHESIZED[key] = synthesize(project)
    return _SYNTHESIZED[key]


def read(
    project: Path, service: Mapping[str, Any], environment: str, **parameters: str
) -> tuple[model.Infrastructure, dict[str, Any]]:
    """(infrastructure, template) of one environment of a rendered project."""
    stack = stacks(project)[environment]
    return read_synthesized(service, environment, stack, parameters), dict(stack.template)


def read_synthesized(
    service: Mapping[str, Any],
    environment: str,
    stack: Stack,
    parameters: Mapping[str, str] | None = None,
) -> model.Infrastructure:
    """The infrastructure of an already synthesized stack (which a test may have changed)."""
    answered = next(e for e in service["environments"] if e["name"] == environment)
    return cloudformation.read(
        stack.template,
        environment=environment,
        pseudo=Pseudo(
            stack=f"{service['slug']}-{environment}",
            region=answered["region"],
            account=answered["account"] or "123456789012",
        ),
        parameters=parameters or {},
        stack_tags=stack.tags,
    )
