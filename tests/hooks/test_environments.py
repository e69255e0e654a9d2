"""The checks of `environments` and of the account's concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.hooks.conftest import Call

FUNCTIONS = [
    {"name": "make-order", "source": "http", "route": "POST /orders"},
    {"name": "fulfil", "source": "queue"},
]
SHIFTS = ["canary", "linear", "all-at-once"]


@pytest.mark.parametrize(
    ("environments", "message"),
    [
        ([], "environments is empty"),
        ("dev", "environments must be a list"),
        ([7], "environment 1: must be a mapping"),
        ([{"region": "eu-west-1"}], "environment 1: must be a mapping with at least a name"),
        ([{"name": "Dev"}], 'environment 1 "Dev": name must be'),
        ([{"name": "dev-eu"}], "name must be"),
        ([{"name": "dev\n"}], "name must be"),
        ([{"name": "local"}], "emulator"),
        ([{"name": "off"}], "YAML reads this name"),
        ([{"name": "default"}], "has a meaning of its own"),
        ([{"name": "version"}], "has a meaning of its own"),
        ([{"name": "dev"}, {"name": "dev"}], 'environment 2 "dev": this name is taken'),
        ([{"name": "dev", "colour": 1}], 'unknown key "colour"'),
        ([{"name": "dev", "region": "Ireland"}], "form of an AWS Region"),
        ([{"name": "dev", "account": 1234}], "twelve digits"),
        ([{"name": "dev", "account": "12345678901x"}], "twelve digits"),
        ([{"name": "dev", "log_retention_days": 15}], "log_retention_days 15 must be one of"),
        ([{"name": "dev", "traffic_shift": "slowly"}], "must be one of canary"),
        ([{"name": "dev", "functions": ["make-order"]}], "must be a mapping from a function"),
        ([{"name": "dev", "functions": {"nobody": {}}}], 'function "nobody" is not in the list'),
        ([{"name": "dev", "functions": {"fulfil": {"route": "x"}}}], "may set memory"),
        ([{"name": "dev", "functions": {"fulfil": 512}}], "may set memory"),
        ([{"name": "dev", "functions": {"fulfil": {"memory": 1}}}], "memory (MB) must be"),
        ([{"name": "dev", "functions": {"make-order": {"timeout": 60}}}], "from 1 to 29"),
    ],
)
def test_is_refused_in_one_line(call: Call, environments: object, message: str) -> None:
    error = call("checks/environments", "check", environments, FUNCTIONS, "orders", SHIFTS)
    assert message in error
    assert "\n" not in error


def test_a_shift_needs_an_alias(call: Call) -> None:
    environments = [{"name": "dev", "traffic_shift": "canary"}]
    assert "needs an alias" in call(
        "checks/environments", "check", environments, FUNCTIONS, "orders", []
    )


def test_names_must_fit_whole(call: Call) -> None:
    slug = "s" * 32
    fits = [{"name": "e" * (54 - 32 - 2 - len("make-order"))}]
    assert call("checks/environments", "check", fits, FUNCTIONS, slug, SHIFTS) == ""
    longer = [{"name": fits[0]["name"] + "e"}]
    error = call("checks/environments", "check", longer, FUNCTIONS, slug, SHIFTS)
    assert "has 55 characters" in error
    assert "shorten" in error


def environment(name: str, reserved: int, account: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "account": account,
        "region": "eu-west-1",
        "reserved_concurrency": reserved,
    }


@pytest.mark.parametrize(
    ("environments", "refused"),
    [
        ([environment("dev", 900)], False),
        ([environment("dev", 901)], True),
        ([environment("dev", 450), environment("prod", 451)], True),
        ([environment("dev", 900), environment("prod", 900, "012345678901")], False),
    ],
)
def test_reserved_concurrency_leaves_what_lambda_keeps(
    call: Call, environments: list[dict[str, Any]], *, refused: bool
) -> None:
    error = call("checks/quota", "check_quota", environments, 1000)
    assert ("leaves 900" in error) is refused
