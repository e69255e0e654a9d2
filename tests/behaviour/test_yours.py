"""`service.py` and its tests are the user's: they go on working when the rest changes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.behaviour.variants import PLAIN
from tests.support.answers import http, queue, schedule

if TYPE_CHECKING:
    from pathlib import Path

    from tests.behaviour.conftest import UnitTests
    from tests.conftest import Render
    from tests.support.tools import Tools

Change = tuple[dict[str, Any], dict[str, Any]]
"""Answers before and after."""

SMALL: list[dict[str, object]] = [
    http("create-order", "POST /orders", table="write"),
    queue("fulfil-order", table="read"),
    schedule("report-orders", table="read"),
]
LARGER: list[dict[str, object]] = [
    http("create-order", "POST /shop/orders", table="read-write", sends_to=["fulfil-order"]),
    queue("fulfil-order", table="read-write", sends_to=["ship-order"]),
    queue("ship-order", table="write"),
    schedule("report-orders", table="read", sends_to=["fulfil-order"]),
]


@pytest.mark.parametrize(
    "change",
    [
        ({"functions": SMALL, **PLAIN}, {"functions": LARGER}),
        ({}, PLAIN),
        (PLAIN, {}),
    ],
    ids=["more of everything", "options off", "options on"],
)
def test_old_work_fits_new_handlers(
    project: Render, tools: Tools, unit_tests: UnitTests, types: Path, change: Change
) -> None:
    """What `copier update` leaves: the template's files new, the user's as they were."""
    old, new = (project({"cicd": "none", **answers}).path for answers in change)
    kept = [*old.glob("functions/*/service.py"), *old.glob("tests/unit/*/test_service.py")]
    assert kept
    for file in kept:
        shutil.copy2(file, new / file.relative_to(old))
    tools.run("mypy", "--cache-dir", types, cwd=new)
    status, output = unit_tests(new, "tests/unit")
    assert status == 0, output


def test_a_right_that_is_taken_away_shows(project: Render, tools: Tools, types: Path) -> None:
    """Work that still needs it is named by the type checker, before anything is deployed."""
    old = project({"cicd": "none", "functions": LARGER}).path
    new = project({"cicd": "none", "functions": SMALL}).path
    work = "functions/create_order/service.py"
    shutil.copy2(old / work, new / work)
    done = tools.run("mypy", "--cache-dir", types, cwd=new, check=False)
    assert done.returncode == 1
    assert "functions/create_order/handler.py" in done.stdout
    assert "fulfil_order" in done.stdout
