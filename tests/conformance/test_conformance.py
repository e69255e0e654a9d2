"""Every practice on every environment of a set of projects, and each check against broken ones."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.conformance import cloudformation, model, sam, stages
from tests.conformance.checks import CHECKS
from tests.conformance.intrinsics import Pseudo, ResolveError, UnreadError
from tests.conformance.judge import Finding, conformance, judge, run
from tests.conformance.mutations import MUTATIONS, Fixture, Mutation
from tests.conformance.renders import RENDERS
from tests.support.render import ROOT, Rendered, render

if TYPE_CHECKING:
    from tests.conformance.checks import Service

CATALOGUE = yaml.safe_load((ROOT / "docs" / "practices.yml").read_text())

PROVED_ELSEWHERE = {"S04"}
"""Local development is proved by running it: tests/e2e."""


@cache
def project(name: str) -> Rendered:
    """A project of RENDERS, rendered once in a process."""
    return render(RENDERS[name])


@cache
def read(name: str, environment: str) -> tuple[model.Infrastructure, dict[str, Any]]:
    """(infrastructure, translated template) of an environment of a project."""
    rendered = project(name)
    return sam.read(rendered.path, rendered.service, environment)


def environments(name: str) -> list[str]:
    """Names of the environments of a project of RENDERS."""
    return [environment["name"] for environment in project(name).service["environments"]]


def practices() -> list[Any]:
    """Each practice that has a check, marked as evidence for it."""
    ids = sorted({check.practice for check in CHECKS})
    return [pytest.param(i, marks=pytest.mark.practice(i, grade="static", tool="sam")) for i in ids]


@pytest.mark.parametrize("practice", practices())
def test_practice_holds(practice: str) -> None:
    """No check of the practice finds anything in any environment of any project to which it
    applies, and it applies to one at least."""
    applied = set()
    found = []
    for name in RENDERS:
        service = project(name).service
        checks = [c for c in CHECKS if c.practice == practice and c.applies(service)]
        for environment in environments(name) if checks else ():
            infrastructure, _ = read(name, environment)
            for check in checks:
                applied.add(check.name)
                found += [f"{name} {environment}: {m}" for m in run(check, infrastructure, service)]
    assert not found, "\n".join(found)
    assert applied == {check.name for check in CHECKS if check.practice == practice}


def test_every_practice_has_a_check() -> None:
    """A practice of functions or of the service without a check is one that is proved by running
    it."""
    wanted = {item["id"] for item in CATALOGUE if item["id"][0] in "FS"}
    checked = {check.practice for check in CHECKS}
    assert wanted - checked == PROVED_ELSEWHERE
    assert checked <= wanted


def test_every_check_has_a_broken_fixture() -> None:
    """No check is without a mutation that it catches, and no mutation is for no check."""
    assert {mutation.check for mutation in MUTATIONS} == {check.name for check in CHECKS}


def mutated(mutation: Mutation) -> tuple[model.Infrastructure, Service]:
    """The last environment of a project, broken."""
    rendered = project(mutation.render)
    environment = environments(mutation.render)[-1]
    infrastructure, template = read(mutation.render, environment)
    parameters = {"Environment": environment, **stages.parameters(rendered.service)}
    pseudo = Pseudo(
        stack=infrastructure.stack, region=infrastructure.region, account=infrastructure.account
    )
    fixture = Fixture.of(template, parameters, pseudo)
    mutation.change(fixture)
    broken = sam.read_translated(
        rendered.path, rendered.service, environment, fixture.template, parameters
    )
    return broken, rendered.service


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.check}: {m.what}")
def test_broken_fixture_is_caught(mutation: Mutation) -> None:
    """The check reports the change, and no other practice does but those named beside it."""
    broken, service = mutated(mutation)
    (check,) = (check for check in CHECKS if check.name == mutation.check)
    assert run(check, broken, service)
    reported = defaultdict(list)
    for finding in judge(broken, service):
        reported[finding.practice].append(finding.message)
    assert sorted(reported) == sorted({check.practice, *mutation.also}), dict(reported)


@pytest.mark.practice("F01", grade="static", tool="sam")
@pytest.mark.parametrize("name", [name for name in RENDERS if not name.startswith("dev-prod ")])
def test_no_action_of_a_role_goes_unnoticed(name: str) -> None:
    """One that is taken away is missed: those, too, that no emulator asks for (tests/e2e,
    test_permissions.py)."""
    service = project(name).service
    infrastructure, _ = read(name, environments(name)[-1])
    checks = [check for check in CHECKS if check.practice == "F01" and check.applies(service)]
    before = {m for check in checks for m in run(check, infrastructure, service)}
    taken = []
    allowed = [
        (name, role, statement, action)
        for name, role in infrastructure.roles.items()
        for statement in role.statements
        for action in statement.actions
        if statement.effect == "Allow"
    ]
    for assumed, role, statement, action in allowed:
        less = replace(statement, actions=tuple(a for a in statement.actions if a != action))
        statements = tuple(less if s is statement else s for s in role.statements)
        roles = {**infrastructure.roles, assumed: replace(role, statements=statements)}
        broken = replace(infrastructure, roles=roles)
        if {m for check in checks for m in run(check, broken, service)} == before:
            taken.append(f"{assumed}: {action} on {statement.resource}")
    assert taken == []


@pytest.mark.parametrize("name", RENDERS)
def test_conformance_of_a_project(name: str) -> None:
    """What the matrix calls finds nothing, and judges equal content once."""
    rendered = project(name)
    first = conformance(rendered.path, rendered.service)
    assert first == []
    assert conformance(rendered.path, rendered.service) is first


def test_conformance_finds_what_is_missing(tmp_path: Path) -> None:
    """A finding names practice, environment and what is wrong; an edited project is judged anew."""
    rendered = project("default")
    copied = Path(shutil.copytree(rendered.path, tmp_path / "project"))
    text = (copied / "samconfig.toml").read_text()
    (copied / "samconfig.toml").write_text(text.replace('"environment=dev",', ""))
    found = conformance(copied, rendered.service)
    assert found
    assert {(f.practice, f.environment) for f in found} == {("F21", "dev")}
    assert Finding("F21", "dev", "queue fulfil-order: tag environment is None, expected 'dev'") in (
        found
    )


@pytest.mark.parametrize(
    "name",
    [n for n, a in RENDERS.items() if not a.get("cicd") and not a.get("permissions_boundary")],
)
def test_every_role_takes_the_boundary(name: str) -> None:
    """With a pipeline, the boundary that its bootstrap makes reaches every role of the stack, and
    without a boundary none has one."""
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    rendered = project(name)
    bounded, _ = sam.read(
        rendered.path, rendered.service, environments(name)[0], PermissionsBoundary=boundary
    )
    assert {role.permissions_boundary for role in bounded.roles.values()} == {boundary}
    free, _ = read(name, environments(name)[0])
    assert {role.permissions_boundary for role in free.roles.values()} == {None}


def test_arm64_is_what_nobody_has_to_ask_for() -> None:
    """F22: the default answer is arm64."""
    infrastructure, _ = read("default", "prod")
    assert {f.architecture for f in infrastructure.functions.values()} == {"arm64"}


def test_environments_differ_only_in_what_was_answered() -> None:
    """S05: two environments with the same answers are equal but for their names."""
    dev, _ = read("default", "dev")
    staging, _ = read("default", "staging")
    left, right = set(), set()
    for line in model.differences(dev, staging):
        where, _, what = line.rpartition(": ")
        if " != " in what:
            values = what.split(" != ")
            left.add((where, values[0].replace("dev", "staging")))
            right.add((where, values[1]))
        elif where.endswith("left"):
            left.add((where.removesuffix(": only on the left"), what.replace("dev", "staging")))
        else:
            right.add((where.removesuffix(": only on the right"), what))
    assert left
    assert left == right


def test_a_changed_layer_publishes_every_function() -> None:
    """A new package of a layer gives every function that uses it a new version: otherwise a change
    of dependencies or shared code would never reach the alias."""
    rendered = project("default")
    text = (rendered.path / "template.yaml").read_text()
    before = versions(sam.translate(text, {"Environment": "prod"}, "eu-west-1"))
    changed = {"SharedLayer": "s3://artifacts/changed"}
    after = versions(sam.translate(text, {"Environment": "prod"}, "eu-west-1", changed))
    assert len(before) == len(rendered.service["functions"])
    assert before.isdisjoint(after)


def versions(template: dict[str, Any]) -> set[str]:
    """Logical ids of published versions: a new one publishes a new version."""
    return {
        logical_id
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Version"
    }


# ------------------------------------------------------------------------------- the reader itself


def read_template(resources: dict[str, Any], **sections: Any) -> model.Infrastructure:
    """Read a small template."""
    return cloudformation.read(
        {"Resources": resources, **sections},
        environment="dev",
        pseudo=Pseudo(stack="s-dev"),
        parameters=sections.get("given", {}),
    )


def test_unknown_resource_type_is_an_error() -> None:
    """A resource that no check could judge is never passed over."""
    with pytest.raises(UnreadError, match="User: no reader for AWS::IAM::User"):
        read_template({"User": {"Type": "AWS::IAM::User"}})


@pytest.mark.parametrize(
    ("properties", "unread"),
    [
        ({"Fifo": True}, "Q: no reader for Fifo"),
        ({"RedrivePolicy": {"maxRecieveCount": 5}}, "Q.RedrivePolicy: no reader for maxRec"),
    ],
)
def test_unknown_property_is_an_error(properties: dict[str, Any], unread: str) -> None:
    """A property that no reader asked for is never passed over, at any depth."""
    with pytest.raises(UnreadError, match=unread):
        read_template({"Q": {"Type": "AWS::SQS::Queue", "Properties": properties}})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Ref": "P"}, "p"),
        ({"Fn::GetAtt": ["Q", "Arn"]}, "queue:q"),
        ({"Fn::GetAtt": "Q.Arn"}, "queue:q"),
        ({"Ref": "Q"}, "queue:q"),
        ("arn:aws:sqs:eu-west-1:123456789012:s-dev-q", "queue:q"),
        ({"Fn::Sub": "${Q.Arn}"}, "queue:q"),
        ({"Fn::Sub": "${!Q} ${P}"}, "${Q} p"),
        ({"Fn::Sub": ["${x}-${P}", {"x": {"Ref": "AWS::StackName"}}]}, "s-dev-p"),
        ({"Fn::Join": [":", ["arn", {"Ref": "AWS::Partition"}, "x"]]}, "arn:aws:x"),
        ({"Fn::Select": [1, {"Fn::Split": [".", "a.b"]}]}, "b"),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"Fn::If": ["No", "then", "else"]}, "else"),
        ({"Fn::FindInMap": ["M", {"Ref": "P"}, "k"]}, "mapped"),
    ],
)
def test_intrinsic_functions(value: Any, expected: str) -> None:
    """Whatever way an ARN or a value is written, it is read as the same reference or string."""
    infrastructure = read_template(
        {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "s-dev-q"}}},
        Parameters={"P": {"Type": "String", "Default": "p"}},
        Mappings={"M": {"p": {"k": "mapped"}}},
        Conditions={
            "Yes": {"Fn::Equals": [{"Ref": "P"}, "p"]},
            "No": {"Fn::Or": [{"Fn::Not": [{"Condition": "Yes"}]}, {"Fn::Equals": ["a", "b"]}]},
        },
        Outputs={"O": {"Value": value}, "Hidden": {"Value": "x", "Condition": "No"}},
    )
    assert dict(infrastructure.outputs) == {"O": expected}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Ref": "Nobody"}, "Ref Nobody: no such"),
        ({"Fn::GetAtt": ["Nobody", "Arn"]}, "GetAtt Nobody.Arn"),
        ({"Fn::GetAtt": ["Q", "Nothing"]}, "GetAtt Q.Nothing"),
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "FindInMap M.a.b"),
        ({"Fn::If": ["Unknown", 1, 2]}, "no such condition: Unknown"),
    ],
)
def test_what_cannot_be_resolved_is_an_error(value: Any, message: str) -> None:
    """A dangling reference or an import is never read as a string."""
    with pytest.raises(ResolveError, match=message):
        read_template({"Q": {"Type": "AWS::SQS::Queue"}}, Outputs={"O": {"Value": value}})


def test_no_value_is_as_if_never_written() -> None:
    """Ref AWS::NoValue takes its property and its list item away."""
    queue = {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": "s-dev-q",
            "DelaySeconds": {"Fn::If": ["Slow", 5, {"Ref": "AWS::NoValue"}]},
        },
    }
    never = {"Slow": {"Fn::Equals": ["a", "b"]}}
    always = {"Slow": {"Fn::Equals": ["a", "a"]}}
    assert read_template({"Q": queue}, Conditions=never).queues["q"].delay == 0
    assert read_template({"Q": queue}, Conditions=always).queues["q"].delay == 5


def test_a_key_written_twice_is_an_error() -> None:
    """What the second one hides is never passed over."""
    with pytest.raises(UnreadError, match="line 4: Type is there twice"):
        sam.translate(
            "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Type: AWS::SNS::Topic\n",
            {},
            "eu-west-1",
        )


def test_policies_are_equal_however_they_are_written() -> None:
    """One statement with two actions and two statements with one action allow the same."""

    def role(*written: dict[str, Any]) -> model.Infrastructure:
        document = {"Statement": list(written)}
        policies = [{"PolicyName": "p", "PolicyDocument": document}]
        properties = {"AssumeRolePolicyDocument": {"Statement": []}, "Policies": policies}
        return read_template({"R": {"Type": "AWS::IAM::Role", "Properties": properties}})

    allow = {"Effect": "Allow", "Resource": "x"}
    together = role(allow | {"Action": ["a:B", "a:A"], "Sid": "Both"})
    apart = role(allow | {"Action": "a:A"}, allow | {"Action": ["a:B"]})
    assert together == apart
    less = role(allow | {"Action": "a:A"})
    (left,), (right,) = (i.roles["unused"].statements for i in (together, less))
    assert model.differences(together, less) == [
        f"roles.unused.statements: only on the left: {left!r}",
        f"roles.unused.statements: only on the right: {right!r}",
    ]
    with pytest.raises(UnreadError, match="NotAction"):
        role({"Effect": "Allow", "NotAction": "a:A", "Resource": "x"})


def test_translation_leaves_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading sets no region for what runs after it."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    rendered = project("default")
    sam.read(rendered.path, rendered.service, "dev")
    assert "AWS_DEFAULT_REGION" not in os.environ
