"""AWS's own CLI and checkov on rendered projects."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.iac_sam.variants import VARIANTS
from tests.support.cloudformation import checkov, installed
from tests.support.tools import need, run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.conftest import Render

SAM = "aws-sam-cli==1.170.0"
NOBODY = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}


def _sam(
    *arguments: str, cwd: Path, check: bool = True, endpoint: str = ""
) -> subprocess.CompletedProcess[str]:
    """`sam` as somebody runs it who has just cloned: no account, and uv on the path."""
    folders = [str(need("uv").parent), os.environ["PATH"]]
    return run(
        [installed("sam", SAM) / "bin" / "sam", *arguments],
        cwd,
        check=check,
        env={
            "PATH": os.pathsep.join(folders),
            "SAM_CLI_TELEMETRY": "0",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            **({"AWS_ENDPOINT_URL": endpoint, **NOBODY} if endpoint else {}),
        },
    )


@pytest.mark.heavy
def test_sam_validates_and_refuses(project: Render) -> None:
    service = project()
    for options in ([], ["--lint"]):
        assert "is a valid SAM Template" in _sam("validate", *options, cwd=service.path).stdout
    file = service.path / "template.yaml"
    text = file.read_text()
    # The translator and cfn-lint each see what the other one misses.
    for options, old, new in [
        ([], "BatchSize: 10\n", "BatchSise: 10\n"),
        (["--lint"], "SqsManagedSseEnabled", "SqsManagedSseEnable"),
    ]:
        file.write_text(text.replace(old, new, 1))
        refused = _sam("validate", *options, cwd=service.path, check=False)
        assert refused.returncode != 0
        assert new.split(":")[0] in refused.stdout + refused.stderr


@pytest.mark.heavy
@pytest.mark.parametrize(
    "layers", ["shared", pytest.param("split", marks=pytest.mark.deep), "none"]
)
def test_sam_build_alone_makes_the_packages(project: Render, layers: str) -> None:
    """`sam build` with nothing else finds the Makefile's rule and builds from where the code is."""
    service = project({"layers": layers})
    run([need("uv"), "lock", "--quiet"], service.path)
    _sam("build", cwd=service.path)
    built = service.path / ".aws-sam" / "build"
    assert (built / "template.yaml").is_file()
    for function in service.service["functions"]:
        package = built / f"{function['id']}Function"
        code = package / "functions" / function["package"]
        assert (code / "handler.py").is_file()
        assert (code / "service.py").is_file()
        others = {path.name for path in (package / "functions").iterdir() if path.is_dir()}
        assert others == {function["package"]}
        # What the layers have is not in the package, and the other way round.
        assert (package / "common").is_dir() == (layers == "none")
        assert (package / "aws_lambda_powertools").is_dir() == (layers == "none")
        assert not (package / "template.yaml").exists()
    assert {path.name for path in built.iterdir() if path.name.endswith("Layer")} == {
        layer["id"] for layer in service.service["layers"]
    }
    for layer in service.service["layers"]:
        python = built / layer["id"] / "python"
        assert (python / "common").is_dir() == ("common" in layer["contents"])
        dependencies = (python / "aws_lambda_powertools").is_dir()
        assert dependencies == ("dependencies" in layer["contents"])


@pytest.mark.heavy
def test_sam_takes_the_tags_and_parameters_whole(rendered: Render) -> None:
    """sam has a parser of its own for both, which divides text at spaces outside of quotes."""
    program = (
        "import json, sys, tomllib;"
        "from samcli.cli.types import CfnParameterOverridesType, CfnTags;"
        "written = tomllib.load(open('samconfig.toml', 'rb'))['prod']['deploy']['parameters'];"
        "tags = CfnTags().convert(written['tags'], None, None);"
        "overrides = (written['parameter_overrides'],);"
        "given = CfnParameterOverridesType().convert(overrides, None, None);"
        "json.dump([tags, given], sys.stdout)"
    )
    for variant in ("default", "odd-text"):
        project = rendered(VARIANTS[variant])
        python = installed("sam", SAM) / "bin" / "python"
        tags, parameters = json.loads(run([python, "-c", program], project.path).stdout)
        assert tags == {
            "service": project.service["slug"],
            "environment": "prod",
            "owner": project.service["owner"],
            "repository": project.service["repository"],
        }
        assert parameters == {"Environment": "prod"}


@pytest.mark.heavy
def test_a_bucket_of_the_pipelines_own_replaces_the_managed_one(project: Render) -> None:
    service = project()
    options = ["--config-env", "prod", "--s3-bucket", "own"]
    nowhere = "http://127.0.0.1:9"  # nothing listens at the discard port
    refused = _sam("deploy", *options, cwd=service.path, check=False, endpoint=nowhere)
    assert "Cannot use both --resolve-s3 and --s3-bucket" in refused.stderr
    taken = _sam(
        "deploy", *options, "--no-resolve-s3", cwd=service.path, check=False, endpoint=nowhere
    )
    assert f'Could not connect to the endpoint URL: "{nowhere}/own/' in taken.stderr


@pytest.mark.heavy
@pytest.mark.deep
def test_sam_build_sees_a_change(project: Render) -> None:
    """Edit the code, use the bare tool: the new code is in the package."""
    service = project()
    run([need("uv"), "lock", "--quiet"], service.path)
    _sam("build", cwd=service.path)
    code = "functions/create_order/service.py"
    packed = service.path / ".aws-sam" / "build" / "CreateOrderFunction" / code
    source = service.path / code
    assert packed.read_text() == source.read_text()
    source.write_text(source.read_text() + "\nCHANGED = True\n")
    _sam("build", cwd=service.path)
    assert packed.read_text().endswith("\nCHANGED = True\n")


SCANNED = ["default", "odd-names", "no-pipeline"]
SCANNED_DEEP = sorted(VARIANTS.keys() - SCANNED)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "variant",
    [*SCANNED, *(pytest.param(variant, marks=pytest.mark.deep) for variant in SCANNED_DEEP)],
)
def test_checkov_finds_nothing_unexplained(rendered: Render, variant: str) -> None:
    assert checkov(rendered(VARIANTS[variant]).path) == []


@pytest.mark.heavy
def test_checkov_finds_faults_and_each_exception_is_needed(project: Render) -> None:
    """Without its exceptions the scan finds what each names, and a fault besides."""
    service = project({"cicd": "none"})
    file = service.path / ".checkov.yaml"
    lines = file.read_text().splitlines(keepends=True)
    exceptions = [line for line in lines if line.startswith("  - CKV")]
    assert all(" # " in line for line in exceptions), "an exception without its reason"
    file.write_text("".join(line for line in lines if line not in [*exceptions, "skip-check:\n"]))
    template = service.path / "template.yaml"
    text = template.read_text()
    template.write_text(
        text.replace("# checkov:skip=", "# ").replace(
            "      ReservedConcurrentExecutions: !FindInMap [CreateOrder",
            "      Description: !FindInMap [CreateOrder",
        )
    )
    found = checkov(service.path)
    checks = {finding.split()[0] for finding in found}
    assert checks == {line.split()[1] for line in exceptions} | {"CKV_AWS_28", "CKV_AWS_115"}
    assert "CKV_AWS_115 AWS::Serverless::Function.CreateOrderFunction" in found
