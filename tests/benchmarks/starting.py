"""What a cold start loads: import time of each handler, and sizes of the packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks.timing import interleaved
from tests.support.tools import need, run, tools

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.render import Rendered

BARE = "a bare boto3 client"
TIMED = "import time; started = time.perf_counter(); {}; print(time.perf_counter() - started)"


def _environment(function: Mapping[str, object], service: Mapping[str, object]) -> dict[str, str]:
    """What the function finds in Lambda, with names that lead nowhere."""
    variables = function["variables"]
    assert isinstance(variables, list)
    return {
        **os.environ,
        **{
            str(variable["name"]): "https://sqs.example.com/1/x"
            if variable["value"] == "queue_url"
            else "x"
            for variable in variables
        },
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_LAMBDA_FUNCTION_NAME": str(function["name"]),
        "AWS_XRAY_SDK_ENABLED": "false",
        "ENVIRONMENT": "dev",
        "POWERTOOLS_SERVICE_NAME": str(service["slug"]),
        "POWERTOOLS_METRICS_NAMESPACE": str(service["namespace"]),
    }


def _seconds(statement: str, project: Rendered, environment: dict[str, str]) -> float:
    done = subprocess.run(
        [tools().python, "-c", TIMED.format(statement)],
        cwd=project.path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.splitlines()[-1])


def imports(project: Rendered, repeats: int) -> dict[str, list[float]]:
    """Seconds until each handler is imported, and until boto3 alone has a DynamoDB client.

    On this machine and without the interpreter's own start; in Lambda everything takes longer, in
    about the same proportion.
    """
    functions = project.service["functions"]
    first = _environment(functions[0], project.service)
    measured = {
        BARE: partial(_seconds, "import boto3; boto3.client('dynamodb')", project, first),
        **{
            function["name"]: partial(
                _seconds,
                f"import functions.{function['package']}.handler",
                project,
                _environment(function, project.service),
            )
            for function in functions
        },
    }
    return interleaved(measured, repeats)


def packages(project: Rendered, folder: Path) -> dict[str, tuple[int, int]]:
    """Of each package: bytes as uploaded, and bytes unpacked. Built for Lambda by the project."""
    built = folder / "project"
    shutil.copytree(project.path, built)
    variables = {"PATH": f"{need('uv').parent}{os.pathsep}{os.environ['PATH']}"}
    run([need("uv"), "lock", "--quiet"], built, env=variables)
    run([tools().python, "-m", "scripts.build", "--all", "dist"], built, env=variables)
    sizes = {}
    for path in sorted((built / "dist").rglob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        sizes[path.stem] = (path.stat().st_size, unpacked)
    return sizes
