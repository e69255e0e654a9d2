"""What the emulator is given is the real template, but for a list of differences."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.service import Service

if TYPE_CHECKING:
    from tests.conftest import Render

pytestmark = pytest.mark.heavy

ALWAYS = {
    "AWS::Budgets::Budget",
    "AWS::Lambda::Function/ReservedConcurrentExecutions",
    "AWS::SNS::TopicPolicy",
    "Mappings/*/local",
    "Parameters/Environment/AllowedValues",
}
API = {
    "AWS::ApiGatewayV2::Api/Body",
    "AWS::ApiGatewayV2::Api/Name",
    "AWS::ApiGatewayV2::Api/ProtocolType",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
}
TOKENS = {
    "AWS::ApiGatewayV2::Api/CorsConfiguration",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
}
QUEUES = {"AWS::SQS::QueuePolicy"}
ASYNCHRONOUS = {"AWS::Lambda::EventInvokeConfig/Qualifier"}
BUCKETS = {"AWS::S3::BucketPolicy"}
RETRIES = {"AWS::SQS::Queue/VisibilityTimeout"}
SHARDS = {
    "AWS::Lambda::EventSourceMapping/BatchSize",
    "AWS::Lambda::EventSourceMapping/MaximumRecordAgeInSeconds",
}
SHIFT = {
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Lambda::Alias/UpdatePolicy",
}
CODE = "from scripts.infrastructure import *; print((differing(), set(DIFFERENCES)))"
CASES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "recommended": ({}, ALWAYS | API | QUEUES | RETRIES | ASYNCHRONOUS | SHIFT),
    "no shift": (
        {"traffic_shift": "all-at-once"},
        ALWAYS | API | QUEUES | RETRIES | ASYNCHRONOUS,
    ),
    "no alias": ({"alias_strategy": "none", "layers": "none"}, ALWAYS | API | QUEUES | RETRIES),
    "http alone": ({"sources": ["http"]}, ALWAYS | API | SHIFT),
    "tokens": (
        {
            "sources": ["http"],
            "api_auth": "jwt",
            "cors_origins": "https://shop.example.com",
            "traffic_shift": "all-at-once",
            "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
        },
        ALWAYS | API | TOKENS | {"AWS::IAM::Role/PermissionsBoundary"},
    ),
    "queue alone": ({"sources": ["queue"]}, ALWAYS | QUEUES | RETRIES | SHIFT),
    "stream alone": ({"sources": ["stream"]}, ALWAYS | QUEUES | SHARDS | SHIFT),
    "table alone": ({"sources": ["table"]}, ALWAYS | QUEUES | SHARDS | SHIFT),
    "topic alone": ({"sources": ["topic"]}, ALWAYS | QUEUES | ASYNCHRONOUS | SHIFT),
    "event alone": ({"sources": ["event"]}, ALWAYS | QUEUES | ASYNCHRONOUS | SHIFT),
    "schedule alone": ({"sources": ["schedule"]}, ALWAYS | QUEUES | ASYNCHRONOUS | SHIFT),
    "workflow alone": ({"sources": ["workflow"]}, ALWAYS | QUEUES | SHIFT),
    "bucket alone": ({"sources": ["bucket"]}, ALWAYS | QUEUES | ASYNCHRONOUS | BUCKETS | SHIFT),
    "alarm alone": ({"sources": ["alarm"]}, ALWAYS | QUEUES | ASYNCHRONOUS | SHIFT),
}


@pytest.mark.practice("S04", grade="ran", tool="sam")
@pytest.mark.parametrize("name", CASES)
def test_every_difference_is_listed_and_expected(
    name: str, service: Service, rendered: Render
) -> None:
    """Found by comparing the templates; listed with a reason in the project; expected here."""
    answers, expected = CASES[name]
    service.script("pass")  # installs the tools
    python = service.path / "tools/.venv/deploy/bin/python"
    done = Service(rendered(answers).path, service.port).run(python, "-c", CODE)
    found, listed = ast.literal_eval(done.stdout)
    assert found == expected
    assert listed == expected


def test_a_difference_that_nobody_listed_is_refused(service: Service) -> None:
    """`make validate` fails when the adapter changes more than it says."""
    file = service.path / "scripts/infrastructure.py"
    before = file.read_text()
    service.edit(
        "scripts/infrastructure.py",
        r'resource\.pop\("UpdatePolicy", None\)',
        'resource.pop("UpdatePolicy", None); resource.pop("DependsOn", None)',
    )
    try:
        assert "see DIFFERENCES" in service.make("validate", check=False)
    finally:
        file.write_text(before)


def test_the_local_environment_is_not_in_the_real_template(service: Service) -> None:
    """Nothing of the emulator leaks into what AWS is given."""
    assert not re.search(r"\blocal\b", (service.path / "template.yaml").read_text())
