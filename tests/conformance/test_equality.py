"""The tools are equal: the model read from one is the model read from another, value by value."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance import cdk, model, sam
from tests.conformance.checks import CHECKS
from tests.conformance.judge import run
from tests.conformance.renders import RENDERS
from tests.support.answers import FUNCTION_LISTS, completed, refused_by_cdk
from tests.support.render import Rendered, render

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.xdist_group("equality")  # who has synthesized a stack need not again

NOT_YET = {"F10", "S02", "S03"}
"""Practices of answers that iac: cdk does not take, or does not take all of."""

SETS: Mapping[str, Mapping[str, Any]] = {
    **RENDERS,
    **{
        f"functions: {name}": {"functions": functions} for name, functions in FUNCTION_LISTS.items()
    },
    "linear, an address": {"traffic_shift": "linear", "alarm_email": "on-call@example.com"},
    "at once": {"traffic_shift": "all-at-once"},
    "no alias, split": {"alias_strategy": "none", "layers": "split"},
    "no layer": {"layers": "none", "observability": "otel"},
    "without idempotency": {"idempotency": False, "api_auth": "none"},
    "where there are no budgets": {"aws_region": "us-gov-west-1"},
    "a key for each source": {
        "functions": [
            item for item in FUNCTION_LISTS["longest names"] if item["source"] != "workflow"
        ]
        + FUNCTION_LISTS["one table"]
        + FUNCTION_LISTS["one stream"],
        "customer_managed_key": True,
    },
    "older, Intel": {"python_version": "3.12", "architecture": "x86_64"},
    "newer": {"python_version": "3.14", "observability": "cloudwatch"},
}
"""Answers besides `iac`; `cicd` is none, of which the infrastructure knows nothing."""

EQUAL = [name for name, answers in SETS.items() if not refused_by_cdk({**answers, "cicd": "none"})]


@cache
def project(name: str, tool: str) -> Rendered:
    """A project of SETS on a tool, rendered once in a process."""
    answers = {**SETS[name], "cicd": "none"}
    return render(completed(answers) | {"iac": tool})


@cache
def stacks(name: str) -> dict[str, model.Infrastructure]:
    """What is read of a project of SETS on the CDK, by environment; once in a process."""
    rendered = project(name, "cdk")
    environments = [environment["name"] for environment in rendered.service["environments"]]
    return {e: cdk.read(rendered.path, rendered.service, e)[0] for e in environments}


@pytest.mark.parametrize("name", EQUAL)
def test_cdk_equals_sam(name: str) -> None:
    """In each environment."""
    one = project(name, "sam")
    for environment, right in stacks(name).items():
        left, _ = sam.read(one.path, one.service, environment)
        assert not model.differences(left, right)


def practices() -> list[Any]:
    """Each practice that is proved on the CDK, marked as evidence for it."""
    ids = sorted({check.practice for check in CHECKS} - NOT_YET)
    return [pytest.param(i, marks=pytest.mark.practice(i, grade="static", tool="cdk")) for i in ids]


@pytest.mark.parametrize("practice", practices())
def test_practice_holds(practice: str) -> None:
    """As in test_conformance.py, on the CDK's stacks."""
    applied = False
    for name in EQUAL:
        service = project(name, "cdk").service
        checks = [c for c in CHECKS if c.practice == practice and c.applies(service)]
        applied = applied or bool(checks)
        for infrastructure in stacks(name).values():
            assert not [m for check in checks for m in run(check, infrastructure, service)]
    assert applied


def test_most_sets_are_compared() -> None:
    """A set that is refused by mistake would be passed over in silence."""
    assert len(EQUAL) >= 20


def _properties(template: Mapping[str, Any], logical_id: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][logical_id]["Properties"]
    return found


def _one(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The properties of the first resource of a kind."""
    found = (r for r in template["Resources"].values() if r["Type"] == f"AWS::{kind}")
    properties: dict[str, Any] = next(found)["Properties"]
    return properties


Change = Callable[[dict[str, Any]], object]

BROKEN: Mapping[str, tuple[str, Change]] = {
    "functions.create-order.memory": (
        "default",
        lambda t: _properties(t, "CreateOrderFunction").update(MemorySize=128),
    ),
    "functions.fulfil-order.timeout": (
        "default",
        lambda t: _properties(t, "FulfilOrderFunction").pop("Timeout"),
    ),
    "roles.create-order.statements": (
        "default",
        lambda t: _properties(t, "CreateOrderRole")["Policies"][0]["PolicyDocument"][
            "Statement"
        ].pop(),
    ),
    "queues.fulfil-order.redrive.max_receive_count": (
        "default",
        lambda t: _properties(t, "FulfilOrderQueue")["RedrivePolicy"].update(maxReceiveCount=1),
    ),
    "deployments.create-order:live": (
        "default",
        lambda t: t["Resources"]["CreateOrderAlias"].pop("UpdatePolicy"),
    ),
    "alarms.create-order-errors.threshold": (
        "default",
        lambda t: _properties(t, "CreateOrderErrorsAlarm").update(Threshold=5),
    ),
    "outputs": ("default", lambda t: t["Outputs"].pop("ApiUrl")),
    "api": (
        "tokens",
        lambda t: _properties(t, "Authorizer")["JwtConfiguration"].update(Audience=["all"]),
    ),
    "roles.create-order.permissions_boundary": (
        "tokens",
        lambda t: _properties(t, "CreateOrderRole").pop("PermissionsBoundary"),
    ),
    "keys.service.policy": (
        "key",
        lambda t: _properties(t, "ServiceKey")["KeyPolicy"]["Statement"].pop(),
    ),
    "queues.fulfil-order.encryption": (
        "key",
        lambda t: _properties(t, "FulfilOrderQueue").pop("KmsMasterKeyId"),
    ),
    "aliases.create-order:live.provisioned_concurrency": (
        "provisioned",
        lambda t: _properties(t, "CreateOrderAlias").pop("ProvisionedConcurrencyConfig"),
    ),
    "alarms.create-order-spillover": (
        "provisioned",
        lambda t: t["Resources"].pop("CreateOrderSpilloverAlarm"),
    ),
    "functions.create-order.snap_start": (
        "snapstart",
        lambda t: _properties(t, "CreateOrderFunction").pop("SnapStart"),
    ),
    "topics.notify-customer.subscriptions": (
        "functions: one topic",
        lambda t: _one(t, "SNS::Subscription").pop("RedrivePolicy"),
    ),
    "rules": ("functions: one event", lambda t: _one(t, "Events::Rule").update(EventPattern={})),
    "buckets": (
        "functions: one bucket",
        lambda t: _one(t, "S3::Bucket").pop("VersioningConfiguration"),
    ),
    "event_source_mappings": (
        "functions: one table",
        lambda t: _one(t, "Lambda::EventSourceMapping").update(MaximumRetryAttempts=1),
    ),
    "streams": (
        "functions: one stream",
        lambda t: _one(t, "Kinesis::Stream").pop("StreamEncryption"),
    ),
    "alarms": (
        "functions: one alarm",
        lambda t: _properties(t, "ReactErrorsAlarm").update(AlarmActions=[{"Ref": "ReactAlias"}]),
    ),
}
"""Where the difference is -> one of SETS, and a change of the CDK's template that makes it."""


@pytest.mark.parametrize("where", BROKEN)
def test_a_difference_is_noticed(where: str) -> None:
    name, change = BROKEN[where]
    one, other = project(name, "sam"), project(name, "cdk")
    left, _ = sam.read(one.path, one.service, "prod")
    stack = cdk.stacks(other.path)["prod"]
    broken = copy.deepcopy(dict(stack.template))
    change(broken)
    right = cdk.read_synthesized(other.service, "prod", cdk.Stack(broken, stack.tags))
    found = model.differences(left, right)
    assert found
    assert all(line.startswith(where) for line in found), found
