"""The check of `startup`: what AWS excludes, and what the functions ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.helpers import REGIONS
from cfnlint.rules.resources.lmbd.SnapStartSupported import SnapStartSupported

if TYPE_CHECKING:
    from tests.hooks.conftest import Call

HTTP = {"name": "make-order", "source": "http", "route": "POST /orders"}
QUEUE = {"name": "fulfil", "source": "queue"}
ANSWERS: dict[str, Any] = {
    "aws_region": "eu-west-1",
    "alias_strategy": "environment",
    "functions": [HTTP, QUEUE],
    "environments": [{"name": "dev"}, {"name": "prod"}],
}


def check(call: Call, kind: str, **answers: Any) -> str:
    return call("checks/startup", "check", kind, **{**ANSWERS, **answers})


def provisioned(number: int, **keys: Any) -> dict[str, Any]:
    return {**QUEUE, **keys, "provisioned_concurrency": number}


@pytest.mark.parametrize("kind", ["none", "snapstart", "provisioned"])
def test_each_choice_is_taken(call: Call, kind: str) -> None:
    assert check(call, kind) == ""


@pytest.mark.parametrize(
    ("kind", "answers", "message"),
    [
        (
            "snapstart",
            {"aws_region": "us-gov-west-1"},
            'environment "dev": the Region us-gov-west-1 has no SnapStart',
        ),
        (
            "snapstart",
            {"environments": [{"name": "dev"}, {"name": "prod", "region": "ap-east-2"}]},
            'environment "prod": the Region ap-east-2 has no SnapStart',
        ),
        (
            "snapstart",
            {"functions": [HTTP, provisioned(1)]},
            "(Lambda takes none beside SnapStart)",
        ),
        (
            "none",
            {"functions": [HTTP, provisioned(1)]},
            'function "fulfil": a provisioned_concurrency needs startup: provisioned; set it',
        ),
        (
            "none",
            {
                "environments": [
                    {"name": "dev"},
                    {"name": "prod", "functions": {"fulfil": {"provisioned_concurrency": 2}}},
                ]
            },
            'environment "prod", function "fulfil": a provisioned_concurrency needs',
        ),
        (
            "provisioned",
            {"functions": [provisioned(6)]},
            "provisioned_concurrency 6 is more than its reserved_concurrency 5",
        ),
        (
            "provisioned",
            {
                "functions": [provisioned(5)],
                "environments": [
                    {"name": "dev"},
                    {"name": "prod", "functions": {"fulfil": {"reserved_concurrency": 4}}},
                ],
            },
            'environment "prod", function "fulfil": provisioned_concurrency 5 is more than',
        ),
        ("provisioned", {"functions": [QUEUE]}, "no function has a provisioned_concurrency"),
        (
            "provisioned",
            {"functions": [{**HTTP, "provisioned_concurrency": 0}]},
            "no function has a provisioned_concurrency",
        ),
    ],
)
def test_is_refused_in_one_line(
    call: Call, kind: str, answers: dict[str, Any], message: str
) -> None:
    error = check(call, kind, **answers)
    assert message in error
    assert "\n" not in error


@pytest.mark.parametrize("kind", ["none", "snapstart"])
def test_none_is_no_provisioned_concurrency(call: Call, kind: str) -> None:
    assert check(call, kind, functions=[HTTP, provisioned(0)]) == ""


def test_as_much_as_is_reserved(call: Call) -> None:
    functions = [provisioned(7, reserved_concurrency=7)]
    assert check(call, "provisioned", functions=functions) == ""


@pytest.mark.parametrize("region", REGIONS)
def test_snapstart_is_where_it_is_known(call: Call, region: str) -> None:
    """By the list that cfn-lint keeps."""
    error = check(call, "snapstart", aws_region=region)
    assert (error == "") == (region in SnapStartSupported().regions)


def test_provisioned_concurrency_needs_an_alias(call: Call) -> None:
    environments: list[dict[str, Any]] = [{"name": "dev"}]
    functions = [HTTP, provisioned(1)]
    error = call("checks/environments", "check", environments, functions, "orders", [])
    assert 'environment 1 "dev", function "fulfil": provisioned_concurrency needs an' in error
    environments = [{"name": "dev", "functions": {"fulfil": {"provisioned_concurrency": 1}}}]
    error = call("checks/environments", "check", environments, [HTTP, QUEUE], "orders", [])
    assert "provisioned_concurrency needs an alias" in error
