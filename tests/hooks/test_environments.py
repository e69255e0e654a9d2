"""The checks of `environments` and of the account's concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

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


VPC, SUBNETS = "vpc-0a1b2c3d4e5f67890", ["subnet-0a1b2c3d", "subnet-1a2b3c4d4e5f67890"]
INSIDE = {"vpc": VPC, "subnets": SUBNETS}
NO_SUBNETS: list[object] = [SUBNETS[0], SUBNETS[:1], SUBNETS[:1] * 2, [*SUBNETS, "x"], [1, 2], {}]


@pytest.mark.parametrize(
    ("environments", "cache", "message"),
    [
        ([{"name": "dev", **INSIDE}], "none", "vpc and subnets are for functions with a cache"),
        ([{"name": "dev", "vpc": VPC}], "dax", "vpc and subnets go together"),
        ([{"name": "dev", "subnets": SUBNETS}], "dax", "vpc and subnets go together"),
        (
            [{"name": "dev", **INSIDE, "vpc": "10.0.0.0/8"}],
            "dax",
            'vpc "10.0.0.0/8" must be the id',
        ),
        ([{"name": "dev", **INSIDE, "vpc": 7}], "dax", "vpc 7 must be the id"),
        *(
            (
                [{"name": "dev", **INSIDE, "subnets": wrong}],
                "elasticache",
                "must be two or three ids",
            )
            for wrong in NO_SUBNETS
        ),
        (
            [{"name": "dev"}, {"name": "prod", **INSIDE}],
            "elasticache",
            "environments: dev without vpc and subnets, and prod with them",
        ),
        ([{"name": "e" * 16}], "elasticache", "ElastiCache takes 40"),
        ([{"name": "dev", "region": "eu-north-1"}], "dax", "the Region eu-north-1 has no DAX"),
        (
            [{"name": "dev", "region": "eu-west-1"}, {"name": "prod"}],
            "dax",
            '"prod": the Region ca-',
        ),
    ],
)
def test_a_cache_has_its_place(call: Call, environments: object, cache: str, message: str) -> None:
    arguments = environments, FUNCTIONS, "s" * 24, SHIFTS, cache, "ca-central-1"
    error = call("checks/environments", "check", *arguments)
    assert message in error
    assert "\n" not in error


@pytest.mark.parametrize("cache", ["elasticache", "dax"])
def test_a_vpc_that_is_there_is_taken(call: Call, cache: str) -> None:
    environments = [{"name": "dev", **INSIDE}, {"name": "prod", **INSIDE}]
    arguments = environments, FUNCTIONS, "orders", SHIFTS, cache, "eu-west-1"
    assert call("checks/environments", "check", *arguments) == ""


@pytest.mark.parametrize("region", [*REGIONS])
def test_dax_is_where_cloudformation_knows_it(call: Call, region: str) -> None:
    """hooks/limits.jinja has the Regions that CloudFormation's own schemas leave out."""
    known = "AWS::DAX::Cluster" in PROVIDER_SCHEMA_MANAGER.get_resource_types(region)
    arguments = [{"name": "dev"}], FUNCTIONS, "orders", SHIFTS, "dax", region
    assert (call("checks/environments", "check", *arguments) == "") == known


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
