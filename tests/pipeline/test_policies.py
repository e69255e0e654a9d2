"""What the pipeline's roles can do, and that each bound on them is one that a test holds."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.cloudformation import listed
from tests.conformance.sam import translate
from tests.pipeline import policies
from tests.support.answers import FUNCTION_LISTS, NETWORK

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Render
    from tests.support.render import Answers

PLACE = policies.Place("order-service", "staging", "eu-west-1")

Template = dict[str, Any]


@pytest.fixture(scope="module")
def template(rendered: Render) -> Template:
    return policies.load(rendered({}).path)


def statement(template: Template, role: str, sid: str) -> dict[str, Any]:
    """A statement of a role's policies, those attached to it too, or of the boundary."""
    resources = template["Resources"]
    attached = [
        resource["Properties"]
        for resource in resources.values()
        if {"Ref": role} in resource["Properties"].get("Roles", [])
    ]
    properties = resources[role]["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    documents += [
        own["PolicyDocument"] for own in [properties, *attached] if "PolicyDocument" in own
    ]
    return next(
        found for document in documents for found in document["Statement"] if found["Sid"] == sid
    )


def trust(template: Template) -> Any:
    """The only statement of the deploy role's trust."""
    role = template["Resources"]["DeployRole"]["Properties"]
    (found,) = role["AssumeRolePolicyDocument"]["Statement"]
    return found


SUBJECT = "token.actions.githubusercontent.com:sub"

MUTATIONS: dict[str, tuple[str, Callable[[Template], object]]] = {
    "every environment is trusted": (
        "D02 DeployRole trusts",
        lambda t: trust(t)["Condition"]["StringEquals"].update(
            {SUBJECT: {"Fn::Sub": "${SubjectPrefix}:environment:*"}}
        ),
    ),
    "subject by a pattern": (
        "D02 DeployRole trusts",
        lambda t: trust(t).update(
            Condition={"StringLike": trust(t)["Condition"].pop("StringEquals")}
        ),
    ),
    "any subject": (
        "D02 DeployRole trusts",
        lambda t: trust(t)["Condition"]["StringEquals"].pop(SUBJECT),
    ),
    "any audience": (
        "D02 DeployRole trusts",
        lambda t: trust(t)["Condition"]["StringEquals"].pop(SUBJECT.replace(":sub", ":aud")),
    ),
    "everybody is trusted": (
        "D02 DeployRole trusts",
        lambda t: trust(t).update(Principal={"AWS": "*"}),
    ),
    "* on *": (
        "F01 ExecutionRole Functions allows *",
        lambda t: statement(t, "ExecutionRole", "Functions").update(Action="*", Resource="*"),
    ),
    "a whole service": (
        "F01 ExecutionRole Queues allows sqs:*",
        lambda t: statement(t, "ExecutionRole", "Queues").update(Action="sqs:*"),
    ),
    "writes by a pattern": (
        "F01 ExecutionRole Queues allows sqs:Set*",
        lambda t: statement(t, "ExecutionRole", "Queues")["Action"].append("sqs:Set*"),
    ),
    "on everything": (
        "F01 ExecutionRole Tables allows dynamodb:DeleteTable on everything",
        lambda t: statement(t, "ExecutionRole", "Tables").update(Resource="*"),
    ),
    "another environment's functions": (
        "F01 DeployRole AskWhatRuns reaches",
        lambda t: statement(t, "DeployRole", "AskWhatRuns").update(
            Resource={"Fn::Sub": "arn:aws:lambda:${AWS::Region}:1:function:order-service-*"}
        ),
    ),
    "every route of every API": (
        "F01 DeployRole CallApi reaches",
        lambda t: statement(t, "DeployRole", "CallApi").update(
            Resource={"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:*"}
        ),
    ),
    "queue mappings of other functions": (
        "F01 ExecutionRole EventSources allows lambda:CreateEventSourceMapping on everything",
        lambda t: statement(t, "ExecutionRole", "EventSources").pop("Condition"),
    ),
    "keys of others": (
        "F01 ExecutionRole MakeKey allows kms:CreateKey on everything",
        lambda t: statement(t, "ExecutionRole", "MakeKey").pop("Condition"),
    ),
    "roles without the boundary": (
        "D02 ExecutionRole BoundedRoles: allows iam:CreateRole without the boundary",
        lambda t: statement(t, "ExecutionRole", "BoundedRoles").pop("Condition"),
    ),
    "rights without the boundary": (
        "D02 ExecutionRole Roles: allows iam:PutRolePolicy without the boundary",
        lambda t: statement(t, "ExecutionRole", "Roles")["Action"].append("iam:PutRolePolicy"),
    ),
    "the boundary can be taken off": (
        "D02 ExecutionRole Roles: allows iam:DeleteRolePermissionsBoundary",
        lambda t: statement(t, "ExecutionRole", "Roles")["Action"].append(
            "iam:DeleteRolePermissionsBoundary"
        ),
    ),
    "the pipeline's own roles": (
        "order-service-staging-deploy, a role of the pipeline",
        lambda t: statement(t, "ExecutionRole", "Roles").update(
            Resource={"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/pipeline/*"}
        ),
    ),
    "roles for any service": (
        "D02 ExecutionRole GiveRoles gives a role to any service",
        lambda t: statement(t, "ExecutionRole", "GiveRoles").pop("Condition"),
    ),
    "deployment with another role": (
        "D02 DeployRole ProposeChanges may deploy with another role",
        lambda t: statement(t, "DeployRole", "ProposeChanges")["Condition"].pop("ArnEquals"),
    ),
    "resources of others taken in": (
        "D02 DeployRole ProposeChanges may deploy with another role",
        lambda t: statement(t, "DeployRole", "ProposeChanges")["Condition"].pop("Null"),
    ),
    "more than IAM takes": (
        "D02 Boundary has",
        lambda t: statement(t, "Boundary", "Log")["Action"].extend(["logs:PutLogEvents"] * 400),
    ),
}


@pytest.mark.parametrize(("expected", "mutate"), MUTATIONS.values(), ids=MUTATIONS)
@pytest.mark.practice("D02", grade="static", tool="github")
def test_caught(template: Template, expected: str, mutate: Callable[[Template], object]) -> None:
    assert policies.findings(template, PLACE) == []
    broken = copy.deepcopy(template)
    mutate(broken)
    found = policies.findings(broken, PLACE)
    assert any(expected in finding for finding in found), found


KINDS = {
    "default": {},
    "no alias": {"alias_strategy": "none"},
    "all at once": {"traffic_shift": "all-at-once"},
    "one queue": {"functions": [{"name": "a", "source": "queue"}], "idempotency": False},
    "one topic": {"functions": [{"name": "a", "source": "topic", "filter": {"b": [1]}}]},
    "one event": {"sources": ["event"], "dead_letters": "sns"},
    "one schedule": {"sources": ["schedule"]},
    "tokens": {"api_auth": "jwt", "cors_origins": "https://shop.example.com"},
    "own key": {"customer_managed_key": True},
    "own boundary": {"permissions_boundary": "arn:aws:iam::123456789012:policy/a/boundary"},
    "a secret": {"secrets": "secretsmanager"},
    "one workflow": {"sources": ["workflow"], "idempotency": False},
    "a table's changes": {
        "functions": [{"name": "a", "source": "table"}],
        "idempotency": False,
    },
    "streams": {
        "functions": [
            {"name": "a", "source": "stream", "sends_to": ["b"]},
            {"name": "b", "source": "stream"},
        ]
    },
    "one bucket": {"sources": ["bucket"]},
    "one bucket, a long name": {
        "sources": ["bucket"],
        "project_slug": "orders-of-all-our-customers",
    },
    "one alarm": {"sources": ["alarm"]},
    "one route": {"sources": ["http"], "api_auth": "none", "layers": "none"},
    "snapstart": {"startup": "snapstart"},
    "provisioned": {"startup": "provisioned"},
    "a cache": {"cache": "elasticache", "customer_managed_key": True},
    "a cache in a VPC that was there": {
        "cache": "elasticache",
        "environments": [{"name": "prod", **NETWORK}],
    },
    "a cluster": {"cache": "dax", "secrets": "secretsmanager"},
    "a cluster in a VPC that was there": {
        "cache": "dax",
        "environments": [{"name": "prod", **NETWORK}],
    },
}


@pytest.mark.parametrize("answers", KINDS.values(), ids=KINDS)
def test_cloudformation_may_make_each_resource(rendered: Render, answers: Answers) -> None:
    """By the actions that AWS's own schemas say the handlers of each type call."""
    project = rendered(answers)
    parameters = {"Environment": "prod", "PermissionsBoundary": "arn:aws:iam::1:policy/b"}
    stack = translate(project.text("template.yaml"), parameters, "eu-west-1")
    kinds = {resource["Type"] for resource in stack["Resources"].values()}
    place = policies.Place(project.service["slug"], "prod", "eu-west-1")
    provisioned = any(
        "ProvisionedConcurrencyConfig" in resource.get("Properties", {})
        for resource in stack["Resources"].values()
    )
    assert provisioned == (answers.get("startup") == "provisioned")
    loaded = policies.load(project.path)
    assert policies.missing(loaded, place, kinds, provisioned=provisioned) == []
    if answers.get("cache") or "bucket" in project.service["sources"]:  # a name is AWS's own
        assert policies.findings(loaded, place) == []


def test_networks_of_others_show(rendered: Render) -> None:
    template = policies.load(rendered({"cache": "elasticache"}).path)
    assert policies.findings(template, PLACE) == []
    statement(template, "ExecutionRole", "ChangeNetwork").pop("Condition")
    found = policies.findings(template, PLACE)
    assert "F01 ExecutionRole ChangeNetwork allows ec2:DeleteVpc on networks of others" in found


def test_a_missing_action_is_found(template: Template) -> None:
    broken = copy.deepcopy(template)
    statement(broken, "ExecutionRole", "Queues")["Action"].remove("sqs:TagQueue")
    found = policies.missing(broken, PLACE, ["AWS::SQS::Queue"])
    assert found == ["AWS::SQS::Queue needs sqs:TagQueue"]


def test_who_provisions_must_be_allowed_to(template: Template) -> None:
    found = policies.missing(template, PLACE, ["AWS::Lambda::Alias"], provisioned=True)
    assert "AWS::Lambda::Alias needs lambda:PutProvisionedConcurrencyConfig" in found


def test_no_more_than_the_functions_need(rendered: Render) -> None:
    """Neither the boundary nor CloudFormation's role knows services that the answers have not."""
    answers: dict[str, Any] = {"functions": [{"name": "a", "source": "http", "route": "GET /a"}]}
    answers |= {"idempotency": False, "observability": "cloudwatch", "alias_strategy": "none"}
    text = rendered(answers).text("pipeline/bootstrap.yaml")
    absent = ("dynamodb", "sqs", "scheduler", "events", "codedeploy", "states", "xray", "ssm")
    for service in (*absent, "kinesis", "secretsmanager"):
        assert f"{service}:" not in text
    assert "Provisioned" not in text


def test_the_answered_boundary_takes_the_place_of_the_pipelines(rendered: Render) -> None:
    """CloudFormation's role makes no role without it, and the pipeline makes and gives none."""
    answer = {"permissions_boundary": "arn:aws:iam::123456789012:policy/a/boundary"}
    project = rendered(answer)
    template = policies.load(project.path)
    place = replace(PLACE, answered_boundary="a/boundary")
    assert policies.findings(template, place) == []
    assert policies.findings(template, PLACE)
    assert "Boundary" not in template["Resources"]
    assert "PermissionsBoundary=" not in project.text("Makefile")


@pytest.mark.parametrize("cache", ["elasticache", "dax"])
def test_every_source_at_once_fits_into_a_role(rendered: Render, cache: str) -> None:
    """IAM takes 10,240 characters of a role's own policies and 6,144 of a managed one."""
    used = [f | {"secret": True} for f in FUNCTION_LISTS["every source"]]
    used += [{"name": "look", "source": "queue", "table": "read", "cache": True}]
    answers: Answers = {
        "project_slug": "a-service-with-a-name-of-32-char",
        "functions": used,
        "cache": cache,
        "secrets": "secretsmanager",
        "customer_managed_key": True,
        "dead_letters": "sns",
        "startup": "provisioned",
        "cors_origins": "https://shop.example.com",
    }
    project = rendered(answers)
    place = policies.Place(answers["project_slug"], "staging", "eu-west-1")
    assert policies.findings(policies.load(project.path), place) == []


def test_the_boundary_lets_a_workflow_do_its_work(rendered: Render) -> None:
    """All that its role and its sender's allow, or nothing would run behind the pipeline."""
    project = rendered({"sources": ["queue", "workflow"]})
    parameters = {"Environment": "staging", "PermissionsBoundary": "arn:aws:iam::1:policy/b"}
    stack = translate(project.text("template.yaml"), parameters, "eu-west-1")
    wanted = {
        action
        for resource in stack["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }
    template = policies.load(project.path)
    assert policies.findings(template, PLACE) == []
    allowed = {
        action
        for found in policies.statements(policies.resolve(template, PLACE))
        if found.role == "Boundary"
        for action in found.actions
    }
    assert {"states:StartExecution", "logs:CreateLogDelivery"} <= wanted
    assert wanted <= allowed


def test_every_role_of_the_service_has_path_and_boundary(rendered: Render) -> None:
    """Else CloudFormation's role could not make it."""
    project = rendered({})
    parameters = {"Environment": "prod", "PermissionsBoundary": "arn:aws:iam::1:policy/b"}
    stack = translate(project.text("template.yaml"), parameters, "eu-west-1")
    roles = {
        name: resource["Properties"]
        for name, resource in stack["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    assert len(roles) >= len(project.service["functions"])
    for name, role in roles.items():
        assert "PermissionsBoundary" in role, name
        assert "order-service/" in str(role["Path"]), name
        assert "ManagedPolicyArns" not in role, name
