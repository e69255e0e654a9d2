"""DEV and PROD as two aliases on one stack, on the emulator in AWS's place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Start
    from tests.e2e.service import Service

pytestmark = pytest.mark.heavy

ALIASES = """
import json
from scripts.aws import Clients
from scripts.service import FUNCTIONS, environment
where = environment("shared")
found = {}
for function in FUNCTIONS:
    name = function.physical_name(where)
    listed = Clients(where)("lambda").list_aliases(FunctionName=name)["Aliases"]
    for alias in listed:
        found.setdefault(alias["Name"], []).append(alias["FunctionVersion"])
print(json.dumps(found))
"""
SECRETS = """
import json
from scripts import stack
from scripts.aws import Clients
from scripts.service import LOCAL
clients = Clients(LOCAL)
outputs = stack.outputs(clients, LOCAL)
found = {
    stage: clients("secretsmanager").get_secret_value(SecretId=outputs[f"{stage}SecretArn"])
    for stage in ("Dev", "Prod")
}
print(json.dumps({stage: answer["SecretString"] for stage, answer in found.items()}))
"""
CALL = """
import base64, json, uuid
from pathlib import Path
from scripts.aws import Clients
from scripts.service import environment, function
where = environment("shared")
event = json.loads(Path("functions/create_order/events/event.json").read_text())
event["headers"]["idempotency-key"] = str(uuid.uuid4())
answer = Clients(where)("lambda").invoke(
    FunctionName=function("create-order").physical_name(where),
    Qualifier="{alias}", Payload=json.dumps(event),
)
print(json.loads(answer["Payload"].read())["statusCode"])
"""
ITEMS = """
import json
from scripts.aws import Clients
from scripts.service import environment
where = environment("shared")
clients = Clients(where)
stack = "order-service-shared"
found = clients("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
tables = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
print(json.dumps({
    stage: clients("dynamodb").scan(TableName=tables[f"{stage}Table"])["Count"]
    for stage in ("Dev", "Prod")
}))
"""


@pytest.fixture(scope="module")
def staged(start: Start) -> Service:
    """A service with both aliases, nothing of it deployed yet."""
    service = start({"alias_strategy": "dev-prod"})
    service.use_emulator()
    return service


def aliases(service: Service) -> dict[str, list[str]]:
    """Alias -> the versions that it names, in the order of the functions."""
    return dict(json.loads(service.script(ALIASES)))


@pytest.mark.practice("F10", grade="ran", tool="sam")
def test_promotion_moves_what_was_tested_and_a_roll_back_returns(staged: Service) -> None:
    staged.make("deploy")
    assert aliases(staged) == {"DEV": ["1", "1", "1"]}
    assert " passed" in staged.make("smoke", "STAGE=dev")
    staged.make("promote")
    assert aliases(staged) == {"DEV": ["1", "1", "1"], "PROD": ["1", "1", "1"]}

    staged.edit("functions/create_order/service.py", r"\Z", "# second\n")
    staged.make("deploy")
    assert aliases(staged) == {"DEV": ["2", "1", "1"], "PROD": ["1", "1", "1"]}
    staged.make("promote")
    assert aliases(staged) == {"DEV": ["2", "1", "1"], "PROD": ["2", "1", "1"]}
    staged.make("rollback")
    assert aliases(staged) == {"DEV": ["2", "1", "1"], "PROD": ["1", "1", "1"]}


@pytest.mark.practice("F10", grade="ran", tool="sam")
def test_each_alias_has_its_own_data(staged: Service) -> None:
    before = json.loads(staged.script(ITEMS))
    assert staged.script(CALL.format(alias="DEV")) == "201\n"
    after = json.loads(staged.script(ITEMS))
    assert after["Dev"] > before["Dev"]
    assert after["Prod"] == before["Prod"]
    assert staged.script(CALL.format(alias="PROD")) == "201\n"
    last = json.loads(staged.script(ITEMS))
    assert last["Prod"] > after["Prod"]
    assert last["Dev"] == after["Dev"]


@pytest.mark.practice("F10", grade="ran", tool="sam")
@pytest.mark.practice("S03", grade="ran", tool="sam")
def test_each_alias_has_its_own_secret_topic_and_bus_and_asks_for_tokens(start: Start) -> None:
    """Its own integration tests, once for each stage; then one secret is replaced, and one only."""
    service = start(
        {
            "alias_strategy": "dev-prod",
            "api_auth": "jwt",
            "cors_origins": "https://shop.example.com",
            "secrets": "secretsmanager",
            "sources": ["http", "queue", "topic", "event", "workflow", "table"],
            "startup": "snapstart",
        }
    )
    service.make("local")
    assert re.search(r"test_secret\.py \.{16}\s", service.make("integration"))
    before = json.loads(service.script(SECRETS))
    assert "in PROD has a new value" in service.make("rotate-secret", "ENV=local", "STAGE=prod")
    after = json.loads(service.script(SECRETS))
    assert len({*before.values()}) == 2
    assert {stage for stage in before if before[stage] != after[stage]} == {"Prod"}


@pytest.mark.practice("F10", grade="ran", tool="sam")
def test_each_alias_has_its_own_bucket_alarms_and_topic_of_dead_letters(start: Start) -> None:
    """Its own integration tests: a change that fails in PROD is told to PROD's topic alone."""
    answers = {"dead_letters": "sns", "sources": ["http", "table", "bucket", "alarm"]}
    service = start({"alias_strategy": "dev-prod", **answers})
    service.make("local")
    assert " passed" in service.make("integration")
