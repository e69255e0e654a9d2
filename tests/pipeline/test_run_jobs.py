"""From a rendered project to a commit whose pipeline runs: every command, job by job.

repository.py says what is not as on AWS.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.pipeline.forge import forge, protected
from tests.pipeline.repository import ACCOUNT, SUBJECT, bootstrapped, rules, succeeded
from tests.pipeline.run_jobs import Cloud, Runner
from tests.support.releases import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.pipeline.repository import Repository

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("pipeline")]

ENVIRONMENTS = ("dev", "staging", "prod")
RULES = rules(ENVIRONMENTS)
CHECKED = [f"ci/{job}" for job in ("lint", "test", "validate", "scan", "build")]
JOBS = [*CHECKED, "gate", *(f"deploy-{name}" for name in ENVIRONMENTS)]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """The recommended project."""
    folder = tmp_path_factory.mktemp("pipeline")
    with bootstrapped(folder, {}, {name: name for name in ENVIRONMENTS}) as found:
        yield found


@pytest.mark.practice("D01", grade="ran", tool="github")
@pytest.mark.practice("D02", grade="emulated", tool="github")
@pytest.mark.practice("D04", grade="ran", tool="github")
@pytest.mark.practice("D06", grade="ran", tool="github")
def test_push_then_roll_back(repository: Repository) -> None:
    """A push goes through every job; the next one is taken back in production alone."""
    assert sorted(succeeded(repository.runner.run("deploy.yml"))) == sorted(JOBS)
    first = {name: repository.versions(name) for name in ENVIRONMENTS}
    codes = [{name: code for name, (_, code) in found.items()} for found in first.values()]
    assert codes[0] == codes[1] == codes[2], "another artifact in another environment"

    repository.service.edit(
        "functions/create_order/service.py", r'\A"""', '"""The second release. '
    )
    repository.service.commit("Change one function")
    changed = ["ci/build", *(f"deploy-{name}" for name in ENVIRONMENTS)]
    succeeded(repository.runner.run("deploy.yml", only=changed))
    second = repository.versions("prod")
    moved = {name for name in second if second[name] != first["prod"][name]}
    assert moved == {"create-order"}

    results = repository.runner.run("rollback.yml", inputs={"environment": "prod"})
    assert {name: result.status for name, result in results.items()} == {
        "rollback-dev": "skipped",
        "rollback-staging": "skipped",
        "rollback-prod": "success",
    }, results["rollback-prod"].log
    assert repository.versions("prod") == first["prod"]
    assert repository.versions("staging")["create-order"] != first["staging"]["create-order"]


@pytest.mark.practice("D06", grade="ran", tool="github")
def test_promote_then_roll_back(tmp_path: Path) -> None:
    """DEV and PROD on one stack: what DEV tested goes to PROD by prod's role, and comes back."""
    stacks = {"dev": "shared", "prod": "shared"}
    with bootstrapped(tmp_path, {"alias_strategy": "dev-prod"}, stacks) as repository:
        jobs = ["ci/build", "gate", "deploy-dev", "promote-prod"]
        succeeded(repository.runner.run("deploy.yml", only=jobs))
        first = repository.versions("shared", "PROD")
        assert first == repository.versions("shared", "DEV")

        repository.service.edit(
            "functions/create_order/service.py", r'\A"""', '"""The second release. '
        )
        repository.service.commit("Change one function")
        repository.runner.run("deploy.yml", only=jobs[:3])
        assert repository.versions("shared", "PROD") == first
        assert repository.versions("shared", "DEV")["create-order"] != first["create-order"]
        succeeded(repository.runner.run("deploy.yml", only=jobs))
        assert repository.versions("shared", "PROD") == repository.versions("shared", "DEV")

        succeeded(repository.runner.run("rollback.yml"))
        assert repository.versions("shared", "PROD") == first
        assert repository.versions("shared", "DEV")["create-order"] != first["create-order"]


@pytest.mark.practice("D06", grade="ran", tool="github")
def test_another_artifact_is_refused(repository: Repository) -> None:
    """What is not the build's file stops the deployment before it signs in."""
    runner = repository.runner
    built = runner.run("deploy.yml", only=["ci/build"])
    kept = runner.artifacts / "release" / "release.tar"
    shutil.copy(repository.service.path / "uv.lock", kept)
    results = runner.run("deploy.yml", only=["deploy-dev"], before=built)
    assert results["deploy-dev"].status == "failure"
    assert "is not what was built" in results["deploy-dev"].log
    assert "make release" not in results["deploy-dev"].log
    assert results["deploy-staging"].status == results["deploy-prod"].status == "skipped"


MISSING = {
    "no environment": ({}, "prod: the environment does not exist"),
    "nobody approves": (
        RULES | {"prod": protected()},
        "prod: nobody has to approve a deployment to production",
    ),
    "any branch": (
        RULES | {"dev": protected() | {"policy": None}},
        "dev: any branch may be deployed to it",
    ),
    "another branch": (
        RULES | {"staging": protected("feature")},
        "staging: feature may be deployed to it, not main alone",
    ),
}


@pytest.mark.parametrize(("protection", "expected"), MISSING.values(), ids=MISSING)
@pytest.mark.practice("D01", grade="ran", tool="github")
def test_gate_is_shut(repository: Repository, protection: dict[str, Any], expected: str) -> None:
    """While a protection rule is missing the gate fails, and nothing is deployed."""
    with forge(protection) as api:
        runner = Runner(**{**vars(repository.runner), "api": api})
        results = runner.run("deploy.yml", only=["gate"])
    assert results["gate"].status == "failure"
    assert expected in results["gate"].log
    assert "Traceback" not in results["gate"].log
    for name in ENVIRONMENTS:
        assert results[f"deploy-{name}"].status == "skipped"


@pytest.mark.practice("D02", grade="emulated", tool="github")
def test_role_trusts_its_environment_alone(repository: Repository) -> None:
    """The trust of the bootstrap stack, as the emulator's IAM reads it."""
    cloud = repository.cloud
    role = f"arn:aws:iam::{ACCOUNT}:role/pipeline/order-service-prod-deploy"
    assert cloud.sign_in(role, "eu-west-1", cloud.token("prod"))
    stranger = Cloud(cloud.url, ACCOUNT, "repo:example@3/order-service@4")
    for token in (
        cloud.token("dev"),
        cloud.token("prod", audience="https://github.com/example"),
        stranger.token("prod"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            cloud.sign_in(role, "eu-west-1", token)


FORBIDDEN = {
    "another environment's function": (
        "lambda",
        "invoke",
        {"FunctionName": "order-service-prod-create-order"},
    ),
    "change a function": (
        "lambda",
        "update_function_configuration",
        {"FunctionName": "order-service-dev-create-order", "Timeout": 3},
    ),
    "make a role": (
        "iam",
        "create_role",
        {"RoleName": "more", "Path": "/order-service/dev/", "AssumeRolePolicyDocument": "{}"},
    ),
    "widen itself": (
        "iam",
        "put_role_policy",
        {"RoleName": "order-service-dev-deploy", "PolicyName": "p", "PolicyDocument": "{}"},
    ),
    "another environment's release": (
        "ssm",
        "put_parameter",
        {"Name": "/order-service/prod/release", "Value": "{}", "Overwrite": True},
    ),
    "another environment's packages": (
        "s3",
        "put_object",
        {"Bucket": f"order-service-prod-{ACCOUNT}", "Key": "k", "Body": b""},
    ),
    "another stack": ("cloudformation", "delete_stack", {"StackName": "order-service-prod"}),
    "its own stack": ("cloudformation", "delete_stack", {"StackName": "order-service-dev"}),
}


@pytest.mark.parametrize(("service", "method", "arguments"), FORBIDDEN.values(), ids=FORBIDDEN)
@pytest.mark.practice("D02", grade="emulated", tool="github")
def test_role_is_refused(
    repository: Repository, service: str, method: str, arguments: dict[str, Any]
) -> None:
    """What dev's role must not do, the emulator refuses it."""
    cloud = repository.cloud
    role = f"arn:aws:iam::{ACCOUNT}:role/pipeline/order-service-dev-deploy"
    session = cloud.sign_in(role, "eu-west-1", cloud.token("dev"))
    client = boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=cloud.url,
        aws_access_key_id=session["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=session["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=session["AWS_SESSION_TOKEN"],
    )
    with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
        getattr(client, method)(**arguments)


@pytest.mark.parametrize("lock", ["uv.lock", "tools/uv.lock"])
def test_missing_lock_is_said_in_one_line(repository: Repository, lock: str) -> None:
    """A commit without its lock file stops in the first step of the first job."""
    (repository.service.path / lock).rename(repository.service.path / "kept")
    try:
        said = repository.service.make("install", check=False)
    finally:
        (repository.service.path / "kept").rename(repository.service.path / lock)
    lines = [line for line in said.splitlines() if not re.match(r"make.*Error 1", line)]
    assert lines == [f"error: {lock} is missing: run `make setup` and commit the file"]


def test_bootstrap_again_changes_nothing(repository: Repository) -> None:
    """And refuses a repository that has no name yet."""
    url = repository.cloud.url
    said = repository.service.make("bootstrap", AWS_ENDPOINT_URL=url, ENV="dev", SUBJECT=SUBJECT)
    assert "is as it should be" in said
    git(repository.service.path, "remote", "remove", "origin")
    try:
        said = repository.service.make("bootstrap", check=False, AWS_ENDPOINT_URL=url, ENV="dev")
    finally:
        origin = "https://github.com/example/order-service.git"
        git(repository.service.path, "remote", "add", "origin", origin)
    assert "error: this repository has no Git remote `origin` yet" in said
    assert "Traceback" not in said
