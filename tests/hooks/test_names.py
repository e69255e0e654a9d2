"""Names in every casing, for names as people choose them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.hooks.conftest import Call


@pytest.mark.parametrize(
    ("project_name", "slug"),
    [
        ("Order service", "order-service"),
        ("Bestellungen für Köln", "bestellungen-fuer-koeln"),
        ("  42 Crème brûlée!  ", "creme-brulee"),
        ("注文サービス", "lambda-service"),
        ("O'Brien & Söhne $(id) {{ x }}", "o-brien-soehne-id-x"),
        ("A very long name that goes on and on", "a-very-long-name-that-go"),
        ("exactly twenty-three ab-", "exactly-twenty-three-ab"),
    ],
)
def test_slug_of(call: Call, project_name: str, slug: str) -> None:
    assert call("names", "slug", project_name) == slug


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_every_project_name_has_a_valid_slug(call: Call, project_name: str) -> None:
    slug = call("names", "slug", project_name)
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", slug)
    assert len(slug) <= 24


def test_casings(call: Call) -> None:
    assert call("names", "snake", "make-2nd-order") == "make_2nd_order"
    assert call("names", "pascal", "make-2nd-order") == "Make2ndOrder"
    assert call("names", "constant", "make-2nd-order") == "MAKE_2ND_ORDER"
    assert call("names", "title", "make-2nd-order") == "Make 2nd order"
