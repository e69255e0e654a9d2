"""The recommended service on the CDK: the same script as SAM's, by the project's own commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Start
    from tests.e2e.service import Service

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("cdk")]


@pytest.fixture(scope="module")
def service(start: Start) -> Service:
    """Which the tests take over from each other."""
    return start({"iac": "cdk", "cicd": "none"})


@pytest.mark.practice("S04", grade="ran", tool="cdk")
def test_it_runs_here_with_its_permissions_and_dead_letters(service: Service) -> None:
    """Request, queue, table, poison, alarm, alias; and an edit is live with the next run."""
    status, body = service.curl(service.make("local"))
    assert status == 201
    assert body["status"] == "PENDING"
    assert re.search(r"\b9 passed", service.make("integration"))
    service.edit("functions/create_order/service.py", r'"item": (\w+\.)?item', r'"article": \1item')
    status, body = service.curl(service.make("local"))
    assert status == 201
    assert "article" in body


@pytest.mark.practice("F01", grade="ran", tool="cdk")
def test_a_role_without_a_permission_fails(service: Service) -> None:
    service.edit(
        "cdk/stack.py", r'(_create_order_function\.allow\()"dynamodb:PutItem"', r'\1"dynamodb:Scan"'
    )
    status, _ = service.curl(service.make("local"))
    assert status >= 500
    assert "AccessDenied" in service.make("logs", "FUNCTION=create-order")
    service.edit("cdk/stack.py", '"dynamodb:Scan"', '"dynamodb:PutItem"')


@pytest.mark.practice("F09", grade="ran", tool="cdk")
@pytest.mark.practice("F11", grade="ran", tool="cdk")
def test_releases_and_a_roll_back_put_each_alias_where_it_belongs(service: Service) -> None:
    """From the assembly that `make build` wrote, in the environment's name."""
    service.use_emulator()
    service.make("deploy", "ENV=dev")
    first = service.aliases("dev")
    assert set(first.values()) == {"1"}
    service.edit("functions/fulfil_order/service.py", r"\Z", "# second\n")
    assert "release 2 is live" in service.make("deploy", "ENV=dev")
    assert service.aliases("dev") == first | {"fulfil-order": "2"}
    assert " passed" in service.make("smoke", "ENV=dev")
    assert "release 1 is live in dev again" in service.make("rollback", "ENV=dev")
    assert service.aliases("dev") == first


@pytest.mark.practice("F01", grade="emulated", tool="cdk")
@pytest.mark.practice("F04", grade="ran", tool="cdk")
def test_other_sources_and_options_run_too(start: Start) -> None:
    """By the project's own integration tests: what fails for good ends in its dead-letter queue."""
    sources = ["http", "topic", "event", "bucket", "table", "stream", "alarm"]
    answers = {"customer_managed_key": True, "startup": "provisioned", "sources": sources}
    service = start({"iac": "cdk", "cicd": "none", **answers})
    status, _ = service.curl(service.make("local"))
    assert status == 201
    assert " passed" in service.make("integration")
