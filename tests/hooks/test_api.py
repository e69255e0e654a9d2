"""The checks of who may call the API: what is refused, in one line, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.hooks.conftest import Call


@pytest.mark.parametrize(
    "issuer",
    [
        "https://identity.example.com",
        "https://tenant.eu.example.com/",
        "https://login.example.com:8443/tenant-1/v2.0",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
    ],
)
def test_an_issuer_is_an_https_address(call: Call, issuer: str) -> None:
    assert call("checks/api", "check_issuer", issuer) == ""


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "identity.example.com",
        "http://identity.example.com",
        "https://",
        "https://a b",
        "https://identity.example.com?x=1",
        "https://identity.example.com/a#b",
        "https://identity.example.com\n",
        "https://user:word@identity.example.com",
        "https://${x}.example.com",
        "https://identity.example.com/" + "a" * 200,
    ],
)
def test_anything_else_is_refused(call: Call, issuer: str) -> None:
    error = call("checks/api", "check_issuer", issuer)
    assert "must be the https address" in error
    assert "\n" not in error


@pytest.mark.parametrize("audience", ["order-service", "a,b , c", "https://api.example.com/x, 3f2"])
def test_audiences_are_accepted(call: Call, audience: str) -> None:
    assert call("checks/api", "check_audience", audience) == ""


@pytest.mark.parametrize(
    ("audience", "message"),
    [
        ("", "is empty"),
        (" , ", "is empty"),
        ("a b", '"a b" must be'),
        ("${x}", "must be"),
        ("a\nb", "must be"),
        ("x" * 201, "must be"),
        ("a, a", "one audience twice"),
        (",".join(f"a{number}" for number in range(51)), "takes 50"),
    ],
)
def test_audiences_are_refused(call: Call, audience: str, message: str) -> None:
    error = call("checks/api", "check_audience", audience)
    assert message in error
    assert "\n" not in error


@pytest.mark.parametrize(
    ("origins", "auth"),
    [
        ("", "iam"),
        ("https://shop.example.com", "iam"),
        ("https://shop.example.com:8443, http://localhost:5173", "jwt"),
        ("*", "none"),
    ],
)
def test_origins_are_accepted(call: Call, origins: str, auth: str) -> None:
    assert call("checks/api", "check_origins", origins, auth) == ""


@pytest.mark.parametrize(
    ("origins", "auth", "message"),
    [
        ("*", "iam", "(api_auth iam); name the origins"),
        ("*", "jwt", "(api_auth jwt); name the origins"),
        ("*, https://shop.example.com", "none", "every origin already"),
        ("http://shop.example.com", "none", "must be an origin"),
        ("https://shop.example.com/", "none", "must be an origin"),
        ("https://*.example.com", "none", "must be an origin"),
        ("https://Shop.example.com", "none", "must be an origin"),
        ("shop.example.com", "none", "must be an origin"),
        ("https://a.example.com\nhttps://b.example.com", "none", "must be an origin"),
        ("https://a.example.com, https://a.example.com", "none", "one origin twice"),
    ],
)
def test_origins_are_refused(call: Call, origins: str, auth: str, message: str) -> None:
    error = call("checks/api", "check_origins", origins, auth)
    assert message in error
    assert "\n" not in error
