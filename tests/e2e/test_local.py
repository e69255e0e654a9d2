"""`make local` and what follows: the recommended service as its developer meets it."""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.service import Service
from tests.support.answers import FUNCTION_LISTS, http, queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Start

pytestmark = pytest.mark.heavy

SEND_POISON = """
from scripts.aws import Clients
from scripts.service import LOCAL, function
sqs = Clients(LOCAL)("sqs")
name = function("fulfil-order").{queue}(LOCAL)
url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
"""

MEMORY = """
from scripts.aws import Clients
from scripts.service import LOCAL, function
name = function("create-order").physical_name(LOCAL)
print(Clients(LOCAL)("lambda").get_function_configuration(FunctionName=name)["MemorySize"])
"""
CONCURRENCY = """
from scripts.aws import Clients
from scripts.service import LOCAL, function
name = function("create-order").physical_name(LOCAL)
found = Clients(LOCAL)("lambda").get_function_concurrency(FunctionName=name)
print(found["ReservedConcurrentExecutions"])
"""
REPORT = """
import base64, json
from scripts import tune
from scripts.service import LOCAL, function
class Clients:
    url = None
    def __call__(self, service):
        return self
    def invoke(self, **_):
        record = {"metrics": {"durationMs": 12.5, "billedDurationMs": 13}}
        line = json.dumps({"type": "platform.report", "record": record})
        return {"LogResult": base64.b64encode(line.encode())}
print(tune.timed(Clients(), LOCAL, function("create-order")))
"""
COUNTED = """
from datetime import UTC, datetime, timedelta
from scripts.aws import Clients
from scripts.service import LOCAL, function
name = function("report-orders").physical_name(LOCAL)
dimensions = [{"Name": "FunctionName", "Value": name}]
for metric, value in (("Invocations", 14_000), ("Duration", 700_000)):
    data = {"MetricName": metric, "Dimensions": dimensions, "Value": value}
    data["Timestamp"] = datetime.now(UTC) - timedelta(days=3)
    Clients(LOCAL)("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[data])
"""


@pytest.fixture(scope="module")
def deployed(service: Service) -> str:
    """What the first `make local` printed."""
    return service.make("local")


@pytest.mark.practice("S04", grade="ran", tool="sam")
def test_the_printed_curl_creates_an_order(service: Service, deployed: str) -> None:
    status, body = service.curl(deployed)
    assert status == 201
    assert body["status"] == "PENDING"


@pytest.mark.practice("F01", grade="ran", tool="sam")
@pytest.mark.practice("F04", grade="ran", tool="sam")
@pytest.mark.practice("F05", grade="ran", tool="sam")
@pytest.mark.practice("F09", grade="ran", tool="sam")
@pytest.mark.practice("C04", grade="ran", tool="sam")
@pytest.mark.usefixtures("deployed")
def test_its_own_integration_tests_pass(service: Service) -> None:
    """Signed POST, completed by the consumer; unsigned refused; DLQ and its alarm; alias."""
    output = service.make("integration")
    assert re.search(r"\b9 passed", output), output


@pytest.mark.usefixtures("deployed")
def test_dead_letters_are_given_again(service: Service) -> None:
    """The poison that the integration tests left comes back to the queue, and ends as before."""
    output = service.make("redrive", "FUNCTION=fulfil-order")
    assert re.search(r"[1-9]\d* events given to fulfil-order again", output), output
    assert "0 events given" in service.make("redrive", "FUNCTION=fulfil-order")


@pytest.mark.usefixtures("deployed")
def test_functions_are_invoked_and_their_logs_read(service: Service) -> None:
    answer = service.make("invoke", "FUNCTION=report-orders")
    assert "version 1 answered" in answer
    log = service.make("logs", "FUNCTION=report-orders")
    messages = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {message["service"] for message in messages if "service" in message} == {"order-service"}


@pytest.mark.usefixtures("deployed")
def test_an_edit_runs_within_seconds(service: Service, figure: Callable[[str], None]) -> None:
    service.edit("functions/create_order/service.py", r'"item": (\w+\.)?item', r'"article": \1item')
    begin = time.monotonic()
    output = service.make("local")
    seconds = time.monotonic() - begin
    status, body = service.curl(output)
    assert status == 201
    assert "article" in body
    assert "packages built: 1 new of 4" in output
    assert seconds < 30, output
    figure(f"make local after an edit: {seconds:.1f} s")


@pytest.mark.practice("F01", grade="ran", tool="sam")
@pytest.mark.usefixtures("deployed")
def test_a_role_without_a_permission_fails(service: Service) -> None:
    """IAM is enforced: the starter's roles hold nothing that its code does without."""
    template = (service.path / "template.yaml").read_text()
    service.edit(
        "template.yaml", r"(?s)( CreateOrderRole:.*?- )dynamodb:PutItem\n", r"\1dynamodb:Scan\n"
    )
    status, _ = service.curl(service.make("local"))
    assert status >= 500
    assert "AccessDenied" in service.make("logs", "FUNCTION=create-order")
    (service.path / "template.yaml").write_text(template)
    status, _ = service.curl(service.make("local"))
    assert status == 201


@pytest.mark.practice("F12", grade="emulated", tool="sam")
@pytest.mark.usefixtures("deployed")
def test_a_function_is_halted_and_runs_again(service: Service) -> None:
    """The runbook for a function that runs away. The emulator keeps the number and calls on."""
    service.make("halt", "FUNCTION=create-order")
    assert service.script(CONCURRENCY).strip() == "0"
    assert "at most 10 at once" in service.make("resume", "FUNCTION=create-order")
    assert service.script(CONCURRENCY).strip() == "10"


@pytest.mark.practice("F02", grade="ran", tool="sam")
@pytest.mark.usefixtures("deployed")
def test_memory_sizes_are_compared_and_left_as_they_were(service: Service) -> None:
    output = service.make("tune", "FUNCTION=create-order", "ENV=local")
    sizes = re.findall(r"(\d+) MB: \d+ ms, [\d.]+ USD", output)
    assert sizes == ["128", "256", "512", "1024", "1769", "3008"]
    assert re.search(r"fastest at \d+ MB, cheapest at \d+ MB", output)
    assert service.script(MEMORY).strip() == "256"
    assert service.script(REPORT).strip() == "12.5"
    refused = service.make("tune", "FUNCTION=create-order", "ENV=prod", check=False)
    assert "prod is production" in refused


@pytest.mark.practice("S06", grade="ran", tool="sam")
@pytest.mark.usefixtures("deployed")
def test_the_month_is_reckoned(service: Service) -> None:
    """An assumption, and what CloudWatch counted; 120 ms at 256 MB are 0.03 GB-seconds."""
    assumed = service.make("cost", "CALLS=1000000", "MS=120")
    assert re.search(r"^create-order +1,000,000 +120 +256 +0\.20 +0\.40$", assumed, re.MULTILINE)
    assert "Provisioned concurrency would cost more" in assumed
    busy = service.make("cost", "CALLS=100000000", "MS=120")
    assert re.search(r"Provisioned concurrency may pay .*create-order \(4\.6\)", busy)
    service.script(COUNTED)
    measured = service.make("cost", "ENV=local")
    # 14,000 calls of 50 ms in 14 days are 30,000 in 30; the emulator adds those of other tests.
    found = re.search(r"^report-orders +30,0\d\d +\d+ +256 ", measured, re.MULTILINE)
    assert found, measured
    assert "belong together" in service.make("cost", "CALLS=1", check=False)


@pytest.mark.usefixtures("deployed")
def test_a_second_run_without_an_edit_changes_nothing(service: Service) -> None:
    output = service.make("local")
    assert "packages built: 0 new of 4" in output
    assert "stack deployed: unchanged" in output


def test_anything_but_this_machine_is_refused(service: Service) -> None:
    for target in ("local", "invoke"):
        output = service.make(
            target,
            "FUNCTION=create-order",
            check=False,
            AWS_ENDPOINT_URL="https://lambda.eu-west-1.amazonaws.com",
        )
        assert "which is not an emulator on this machine" in output


def test_a_taken_port_is_said(service: Service) -> None:
    with subprocess.Popen(
        ["python3", "-m", "http.server", "--bind", "127.0.0.1", "0"],
        stdout=subprocess.PIPE,
        env={"PATH": service.environment["PATH"], "PYTHONUNBUFFERED": "1"},
        text=True,
    ) as other:
        assert other.stdout
        port = int(re.findall(r"port (\d+)", other.stdout.readline())[0])
        output = Service(service.path, port).make("local", check=False)
        other.kill()
    assert f"make local PORT={port + 1}" in output


@pytest.mark.practice("F16", grade="ran", tool="sam")
@pytest.mark.parametrize(
    "answers",
    [
        {"layers": "none", "alias_strategy": "none", "observability": "cloudwatch"},
        {
            "layers": "split",
            "api_auth": "none",
            "traffic_shift": "linear",
            "idempotency": False,
            "observability": "otel",
            "cache": "dax",
        },
        {
            "customer_managed_key": True,
            "api_auth": "jwt",
            "cors_origins": "https://shop.example.com",
            "functions": [
                http("create-order", "POST /orders", table="write", sends_to=["fulfil-order"]),
                queue("fulfil-order", fifo=True, table="read-write"),
            ],
        },
        {
            "functions": FUNCTION_LISTS["every source"],
            "dead_letters": "sns",
            "layers": "split",
            "startup": "snapstart",
        },
    ],
    ids=["barest", "split", "tokens and order", "every source"],
)
def test_other_answers_run_too(start: Start, answers: dict[str, object]) -> None:
    service = start(answers)
    status, _ = service.curl(service.make("local"))
    assert status == 201
    service.make("integration")


@pytest.mark.practice("F01", grade="emulated", tool="sam")
@pytest.mark.practice("F04", grade="ran", tool="sam")
@pytest.mark.practice("F09", grade="ran", tool="sam")
def test_a_workflow_runs_and_fails_and_is_given_again(start: Start) -> None:
    """From request to queue to the steps; poison ends in the DLQ, and comes back from there."""
    service = start({"sources": ["http", "queue", "workflow"]})
    status, _ = service.curl(service.make("local"))
    assert status == 201
    service.make("integration")
    output = service.make("start", "WORKFLOW=fulfilment")
    assert "SUCCEEDED" in output
    output = service.make("redrive", "WORKFLOW=fulfilment")
    assert re.search(r"[1-9]\d* executions of fulfilment started again", output), output


@pytest.mark.practice("C13", grade="ran", tool="sam")
@pytest.mark.practice("S02", grade="emulated", tool="sam")
def test_what_is_read_is_kept_in_the_cache(start: Start) -> None:
    """Its own integration tests: a copy answers until it is gone. With no cache the table does."""
    service = start({"cache": "elasticache"})
    output = service.make("local")
    assert service.curl(output)[0] == 201
    output = service.make("integration")
    assert re.search(r"test_cache\.py \.", output), output
    service.edit("scripts/infrastructure.py", r"4566'\)\) \+ 1", "4566')) + 2")  # nobody is there
    # A new version, since one that still runs has its connection.
    service.edit("functions/read_order/service.py", r"\Z", "# anew\n")
    service.make("local")
    service.make("invoke", "FUNCTION=read-order")
    assert '"message":"cache failed"' in service.make("logs", "FUNCTION=read-order")


@pytest.mark.practice("C07", grade="ran", tool="sam")
@pytest.mark.practice("S03", grade="ran", tool="sam")
@pytest.mark.practice("F01", grade="ran", tool="sam")
def test_a_secret_is_for_those_who_may_read_it(start: Start) -> None:
    """Its value signs and shows nowhere (its own integration tests); it can be replaced; a role
    that may not read it fails."""
    service = start({"secrets": "secretsmanager"})
    status, body = service.curl(service.make("local"))
    assert status == 201
    assert re.fullmatch("[0-9a-f]{64}", body["receipt"])
    assert re.search(r"\b13 passed", service.make("integration"))
    assert "has a new value" in service.make("rotate-secret")
    service.edit(
        "template.yaml",
        r"- secretsmanager:GetSecretValue",
        "- secretsmanager:DescribeSecret",
    )
    # A new version, since one that still runs has the value for five minutes.
    service.edit("functions/create_order/service.py", r"\Z", "# anew\n")
    status, _ = service.curl(service.make("local"))
    assert status >= 500
    log = service.make("logs", "FUNCTION=create-order")
    assert "secretsmanager:GetSecretValue" in log
