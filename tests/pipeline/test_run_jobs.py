"""From a rendered project to a commit whose pipeline runs: every command, job by job.

The emulator is the cloud and enforces IAM: each deploying job has the session of its environment's
role, as pipeline/bootstrap.yaml makes it, and nothing else. What is not as on AWS:

- GitHub's identity provider is registered by API call: the emulator knows no
  AWS::IAM::OIDCProvider. The tokens are unsigned, and the emulator checks their claims alone.
- The bucket's policy, which refuses plain HTTP, is taken off: the emulator speaks plain HTTP.
- The deploy role is allowed three actions more, see EMULATOR: the emulator takes two calls for
  others and does not tell CreateChangeSet's conditions.
- CloudFormation acts with all rights there, not as its own role: what that role lacks would not
  show. test_policies.py holds it to AWS's list of actions instead.
- The stack is what the adapter in the project's scripts makes of it (no traffic shift; see
  DIFFERENCES there).
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.e2e.service import Service, free_port
from tests.pipeline.forge import forge, protected
from tests.pipeline.run_jobs import ISSUER, Cloud, Runner
from tests.support.releases import git
from tests.support.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.pipeline.run_jobs import Result

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("pipeline")]

ACCOUNT = "000000000000"
SUBJECT = "repo:example@1/order-service@2"
ENVIRONMENTS = ("dev", "staging", "prod")
RULES = {name: protected(reviewers=int(name == "prod")) for name in ENVIRONMENTS}

EMULATOR = [
    {
        "Effect": "Allow",
        # What it takes lambda:GetFunctionConcurrency and lambda:GetAlias for.
        "Action": ["lambda:PutFunctionConcurrency", "lambda:ListAliases"],
        "Resource": "arn:aws:lambda:eu-west-1:{account}:function:order-service-{environment}-*",
    },
    {
        "Effect": "Allow",
        # It knows neither cloudformation:RoleArn nor cloudformation:ImportResourceTypes.
        "Action": "cloudformation:CreateChangeSet",
        "Resource": "arn:aws:cloudformation:*:{account}:stack/order-service-{environment}/*",
    },
]

JOBS = [
    *(f"ci/{job}" for job in ("lint", "test", "validate", "scan", "build")),
    "gate",
    *(f"deploy-{name}" for name in ENVIRONMENTS),
]


@dataclass
class Repository:
    """A project on its forge and its cloud."""

    service: Service
    runner: Runner
    cloud: Cloud

    def client(self, name: str) -> Any:
        """A client with all rights."""
        return boto3.client(
            name,
            region_name="eu-west-1",
            endpoint_url=self.cloud.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def versions(self, environment: str) -> dict[str, tuple[str, str]]:
        """Function -> version that its alias names, and the digest of that version's code."""
        lambda_ = self.client("lambda")
        found = {}
        for name in ("create-order", "fulfil-order", "report-orders"):
            live = lambda_.get_function_configuration(
                FunctionName=f"order-service-{environment}-{name}", Qualifier="live"
            )
            found[name] = (live["Version"], live["CodeSha256"])
        return found


def succeeded(results: Mapping[str, Result]) -> list[str]:
    """The jobs that ran, in order; fails with the log of the first that did not succeed."""
    for name, result in results.items():
        if result.status != "success":
            pytest.fail(f"{name}: {result.status}\n{result.log}", pytrace=False)
    return list(results)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """The recommended project, committed, and its environments bootstrapped on an emulator."""
    folder = tmp_path_factory.mktemp("pipeline")
    project = folder / "project"
    render({"repository_url": "https://github.com/example/order-service"}, project)
    service = Service(project, free_port())
    service.make("setup")
    service.commit("Start from the template")
    git(project, "remote", "add", "origin", "https://github.com/example/order-service.git")
    service.script("from scripts import local; local.start()")
    url = f"http://127.0.0.1:{service.port}"
    cloud = Cloud(url, ACCOUNT, SUBJECT)
    with forge(dict(RULES)) as api:
        runner = Runner(
            repository=project,
            workspace=folder / "runner",
            cloud=cloud,
            api=api,
            variables={"AWS_ACCOUNT_ID": ACCOUNT},
            path=service.environment["PATH"],
        )
        found = Repository(service, runner, cloud)
        found.client("iam").create_open_id_connect_provider(
            Url=ISSUER, ClientIDList=["sts.amazonaws.com"]
        )
        for environment in ENVIRONMENTS:
            said = service.make("bootstrap", AWS_ENDPOINT_URL=url, ENV=environment, SUBJECT=SUBJECT)
            assert f"environments/{environment} " in said
            bucket = f"order-service-{environment}-{ACCOUNT}"
            found.client("s3").delete_bucket_policy(Bucket=bucket)
            allowed = json.dumps({"Version": "2012-10-17", "Statement": EMULATOR})
            for name, value in {"account": ACCOUNT, "environment": environment}.items():
                allowed = allowed.replace(f"{{{name}}}", value)
            found.client("iam").put_role_policy(
                RoleName=f"order-service-{environment}-deploy",
                PolicyName="emulator",
                PolicyDocument=allowed,
            )
        yield found
    service.make("local-stop")


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


@pytest.mark.parametrize(("rules", "expected"), MISSING.values(), ids=MISSING)
@pytest.mark.practice("D01", grade="ran", tool="github")
def test_gate_is_shut(repository: Repository, rules: dict[str, Any], expected: str) -> None:
    """While a protection rule is missing the gate fails, and nothing is deployed."""
    with forge(rules) as api:
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
