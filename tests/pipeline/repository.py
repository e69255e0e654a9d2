"""A rendered project on its forge and its cloud: what its pipeline starts from.

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
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.e2e.service import Service, free_port
from tests.pipeline.forge import forge, protected
from tests.pipeline.run_jobs import ISSUER, Cloud, Runner
from tests.support.releases import git
from tests.support.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.pipeline.run_jobs import Result

ACCOUNT = "000000000000"
SUBJECT = "repo:example@1/order-service@2"

EMULATOR = [
    {
        "Effect": "Allow",
        # What it takes lambda:GetFunctionConcurrency and lambda:GetAlias for.
        "Action": ["lambda:PutFunctionConcurrency", "lambda:ListAliases"],
        "Resource": "arn:aws:lambda:eu-west-1:{account}:function:order-service-{stack}-*",
    },
    {
        "Effect": "Allow",
        # It knows neither cloudformation:RoleArn nor cloudformation:ImportResourceTypes.
        "Action": "cloudformation:CreateChangeSet",
        "Resource": "arn:aws:cloudformation:*:{account}:stack/order-service-{stack}/*",
    },
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

    def versions(self, stack: str, alias: str = "live") -> dict[str, tuple[str, str]]:
        """Function -> version that its alias names, and the digest of that version's code."""
        lambda_ = self.client("lambda")
        found = {}
        for name in ("create-order", "fulfil-order", "report-orders"):
            live = lambda_.get_function_configuration(
                FunctionName=f"order-service-{stack}-{name}", Qualifier=alias
            )
            found[name] = (live["Version"], live["CodeSha256"])
        return found


def rules(environments: Sequence[str]) -> dict[str, Any]:
    """The forge's protection rules as they should be: somebody approves the last environment."""
    return {name: protected(reviewers=int(name == "prod")) for name in environments}


def succeeded(results: Mapping[str, Result]) -> list[str]:
    """The jobs that ran, in order; fails with the log of the first that did not succeed."""
    for name, result in results.items():
        if result.status != "success":
            pytest.fail(f"{name}: {result.status}\n{result.log}", pytrace=False)
    return list(results)


@contextmanager
def bootstrapped(
    folder: Path,
    answers: Mapping[str, Any],
    environments: Mapping[str, str],
) -> Iterator[Repository]:
    """A project, committed, and its environments bootstrapped on an emulator.

    `environments` are those of the forge, each with the stack that its role deploys.
    """
    project = folder / "project"
    render({**answers, "repository_url": "https://github.com/example/order-service"}, project)
    service = Service(project, free_port())
    service.make("setup")
    service.commit("Start from the template")
    git(project, "remote", "add", "origin", "https://github.com/example/order-service.git")
    service.script("from scripts import local; local.start()")
    url = f"http://127.0.0.1:{service.port}"
    cloud = Cloud(url, ACCOUNT, SUBJECT)
    with forge(rules(list(environments))) as api:
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
        for stack in dict.fromkeys(environments.values()):
            said = service.make("bootstrap", AWS_ENDPOINT_URL=url, ENV=stack, SUBJECT=SUBJECT)
            for environment, its_stack in environments.items():
                assert its_stack != stack or f"environments/{environment} " in said
            found.client("s3").delete_bucket_policy(Bucket=f"order-service-{stack}-{ACCOUNT}")
        for environment, stack in environments.items():
            allowed = json.dumps({"Version": "2012-10-17", "Statement": EMULATOR})
            for name, value in {"account": ACCOUNT, "stack": stack}.items():
                allowed = allowed.replace(f"{{{name}}}", value)
            found.client("iam").put_role_policy(
                RoleName=f"order-service-{environment}-deploy",
                PolicyName="emulator",
                PolicyDocument=allowed,
            )
        yield found
    service.make("local-stop")
