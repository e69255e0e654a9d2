"""The check of the permissions boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.hooks.conftest import Call


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "arn:aws:iam::123456789012:policy/boundary",
        "arn:aws-us-gov:iam::123456789012:policy/teams/orders/boundary_1",
        "arn:aws:iam::aws:policy/PowerUserAccess",
    ],
)
def test_a_boundary_is_a_policy(call: Call, arn: str) -> None:
    assert call("checks/roles", "check_boundary", arn) == ""


@pytest.mark.parametrize(
    "arn",
    [
        "boundary",
        "arn:aws:iam::123456789012:role/boundary",
        "arn:aws:iam::1234:policy/boundary",
        "arn:aws:iam:eu-west-1:123456789012:policy/boundary",
        "arn:aws:iam::123456789012:policy/",
        "arn:aws:iam::123456789012:policy/a b",
        "arn:aws:iam::123456789012:policy/a//b",
        "arn:aws:iam::123456789012:policy/a\n",
        "arn:aws:iam::123456789012:policy/${a}",
        "arn:aws:iam::123456789012:policy/" + "a" * 129,
    ],
)
def test_anything_else_is_refused(call: Call, arn: str) -> None:
    error = call("checks/roles", "check_boundary", arn)
    assert "must be the ARN of an IAM policy" in error
    assert "\n" not in error
