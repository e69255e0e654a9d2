"""The practices of the code: the project's own tests prove them, and fail when one is broken."""

from __future__ import annotations

import ast
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.behaviour.mutations import MUTATIONS, Mutation
from tests.behaviour.variants import ALONE, PLAIN, QUICK
from tests.support.render import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.behaviour.conftest import UnitTests
    from tests.conftest import Render
    from tests.support.render import Answers, Rendered
    from tests.support.tools import Tools

FIXTURES = ROOT / "tests" / "behaviour" / "fixtures"

TESTS_FAILED = 1
"""Exit status of pytest; 2 is that it could not start."""


def of(practice: str) -> pytest.MarkDecorator:
    """Mark a test as proof of a practice of the code."""
    return pytest.mark.practice(practice, grade="ran", tool="python")


@pytest.mark.parametrize(
    "mutation",
    [
        pytest.param(
            mutation, id=f"{mutation.practice} {mutation.what}", marks=of(mutation.practice)
        )
        for mutation in MUTATIONS
    ],
)
def test_a_broken_practice_shows(
    project: Render, unit_tests: UnitTests, mutation: Mutation
) -> None:
    """With the fault, the tests named for it fail."""
    path = project({"cicd": "none", **mutation.answers}).path
    file = path / mutation.file
    text = file.read_text(encoding="utf-8")
    assert mutation.old in text
    file.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    status, output = unit_tests(path, mutation.tests)
    assert status == TESTS_FAILED, output


@of("C04")
@of("C05")
@of("C10")
def test_the_service_as_a_whole(project: Render, unit_tests: UnitTests) -> None:
    """Retries, a failure half-way, a poisonous message: handler, work and store together."""
    path = project({"cicd": "none"}).path
    flow = (FIXTURES / "flow.py").read_text(encoding="utf-8")
    (path / "tests" / "unit" / "test_flow.py").write_text(flow, encoding="utf-8")
    status, output = unit_tests(path, "tests/unit/test_flow.py")
    assert status == 0, output


@of("C04")
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (
            "common/store.py",
            '                ConditionExpression="attribute_not_exists(id)",\n',
            "",
        ),
        (
            "functions/create_order/service.py",
            "id=request.id",
            'id=str(__import__("uuid").uuid4())',
        ),
    ],
    ids=["a second write over the first", "another order at each attempt"],
)
def test_a_half_done_order_that_is_made_anew_shows(
    project: Render, unit_tests: UnitTests, file: str, old: str, new: str
) -> None:
    """A retry that does not go on with the first attempt's order fails the test above."""
    path = project({"cicd": "none"}).path
    text = (path / file).read_text(encoding="utf-8")
    assert old in text
    (path / file).write_text(text.replace(old, new), encoding="utf-8")
    flow = (FIXTURES / "flow.py").read_text(encoding="utf-8")
    (path / "tests" / "unit" / "test_flow.py").write_text(flow, encoding="utf-8")
    status, output = unit_tests(path, "tests/unit/test_flow.py")
    assert status == TESTS_FAILED, output


# What the work may import of the project itself: plain data and errors.
PLAIN_MODULES = {
    "common.change",
    "common.errors",
    "common.event",
    "common.message",
    "common.notification",
    "common.orders",
    "common.record",
    "common.request",
    "common.run",
    "common.task",
    "common.alarm",
    "common.upload",
}


def foreign(source: str) -> set[str]:
    """Modules that a business module imports and should not: neither standard nor plain."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    standard = {name for name in found if name.partition(".")[0] in sys.stdlib_module_names}
    return found - standard - PLAIN_MODULES


@of("C02")
@pytest.mark.parametrize(
    "answers",
    [QUICK["default"], QUICK["everything"], QUICK["in order"], QUICK["told"]],
    ids=["default", "all", "in order", "told"],
)
def test_the_work_knows_nothing_of_aws(rendered: Render, answers: Answers) -> None:
    """Nor do its tests, which need no stand-in for AWS."""
    project = rendered({"cicd": "none", **answers})
    for function in project.service["functions"]:
        package = function["package"]
        assert foreign(project.text(f"functions/{package}/service.py")) == set()
        tests = foreign(project.text(f"tests/unit/{package}/test_service.py"))
        assert tests <= {"pytest", f"functions.{package}"}


@of("C02")
@pytest.mark.parametrize(
    "line",
    ["import boto3", "from common.store import OrderStore", "from common import api"],
)
def test_work_that_knows_aws_shows(default: Rendered, line: str) -> None:
    """The check above sees it."""
    assert foreign(f"{line}\n{default.text('functions/create_order/service.py')}")


def printed(tools: Tools, project: Path, fixture: str, *arguments: str) -> list[Any]:
    """The JSON on the last line that a script of `fixtures` prints when run in the project."""
    source = (FIXTURES / f"{fixture}.py").read_text(encoding="utf-8")
    (project / f"{fixture}.py").write_text(source, encoding="utf-8")
    done = tools.run(fixture, *arguments, cwd=project)
    found: list[Any] = json.loads(done.stdout.splitlines()[-1].partition(" ")[2])
    return found


def names(segment: list[Any]) -> list[str]:
    """The names of a segment and of all below it."""
    name, _, _, children = segment
    return [name, *(below for child in children for below in names(child))]


TRACED = ["good", "## handler", "DynamoDB", "DynamoDB", "SQS", "DynamoDB"]
"""A request: its idempotency record, the order, the message, the record again."""


@of("C11")
def test_the_handler_and_each_call_are_traced(project: Render, tools: Tools) -> None:
    """As subsegments in their order; a failure is marked on the handler's."""
    good, bad = printed(tools, project({"cicd": "none"}).path, "tracing")
    assert [name.casefold() for name in names(good)] == [name.casefold() for name in TRACED]
    calls = good[3][0][3]
    assert {namespace for _, namespace, _, _ in calls} == {"aws"}
    assert [failed for _, _, failed, _ in (good[3][0], bad[3][0])] == [False, True]


@of("C11")
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("common/observability.py", 'patch_modules=["botocore"]', "auto_patch=False"),
        (
            "functions/create_order/handler.py",
            "@tracer.capture_lambda_handler",
            "@(lambda **_: lambda f: f)",
        ),
    ],
    ids=["calls are not traced", "the handler is not traced"],
)
def test_what_is_not_traced_shows(
    project: Render, tools: Tools, file: str, old: str, new: str
) -> None:
    """The tree of a request lacks it."""
    path = project({"cicd": "none"}).path
    text = (path / file).read_text(encoding="utf-8")
    assert old in text
    (path / file).write_text(text.replace(old, new), encoding="utf-8")
    good, _ = printed(tools, path, "tracing")
    assert [name.casefold() for name in names(good)] != [name.casefold() for name in TRACED]


STARTED = {"cicd": "none", "startup": "snapstart"}


@of("F13")
def test_copies_of_a_snapshot_share_nothing_that_must_be_unique(
    project: Render, tools: Tools
) -> None:
    """Neither connections nor random numbers; and what has expired meanwhile is not used."""
    ports, keys, drawn = zip(*printed(tools, project(STARTED).path, "restoring"), strict=True)
    assert len(set(ports)) == len(ports)
    assert len(set(drawn)) == len(drawn)
    assert keys[0] not in keys[1:]


@of("F13")
@pytest.mark.parametrize(
    ("old", "column"),
    [
        ("        register_before_snapshot(client.close)", 0),
        ("    register_after_restore(random.seed)", 2),
    ],
    ids=["connections", "random numbers"],
)
def test_what_copies_share_shows(project: Render, tools: Tools, old: str, column: int) -> None:
    """Without one of the hooks the copies have the same."""
    path = project(STARTED).path
    file = path / "common" / "snapshot.py"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, f"{old[: -len(old.lstrip())]}pass"), encoding="utf-8")
    seen = [row[column] for row in printed(tools, path, "restoring")]
    assert len(set(seen)) < len(seen)


OWN = {"common", "functions"}
# Powertools names itself in the user agent of whatever botocore will call.
LOGGING = {"aws_lambda_powertools", "botocore", "jmespath", "typing_extensions"}
CLIENTS = {"boto3", "certifi", "dateutil", "s3transfer", "six", "urllib3"}
TRACING = {"aws_xray_sdk", "wrapt"}
# Its instrumentation looks up versions (packaging), its exporter writes protobuf (google).
OTEL = {"opentelemetry", "wrapt", "google", "packaging"}


@of("C12")
@pytest.mark.parametrize(
    ("answers", "allowed"),
    [
        ({}, OWN | LOGGING | CLIENTS | TRACING),
        ({"observability": "cloudwatch"}, OWN | LOGGING | CLIENTS),
        ({"observability": "otel"}, OWN | LOGGING | CLIENTS | OTEL),
        ({"startup": "snapstart"}, OWN | LOGGING | CLIENTS | TRACING | {"snapshot_restore_py"}),
        ({"functions": [ALONE["http passes"]], **PLAIN}, OWN | LOGGING),
        ({"functions": [ALONE["queue passes"]], **PLAIN}, OWN | LOGGING),
        ({"functions": [ALONE["schedule passes"]], **PLAIN}, OWN | LOGGING),
        ({"functions": [ALONE["stream passes"]], **PLAIN}, OWN | LOGGING),
        ({"functions": [ALONE["table passes"]], **PLAIN}, OWN | LOGGING),
        ({"functions": [ALONE["bucket passes"]], **PLAIN}, OWN | LOGGING | CLIENTS),
        ({"functions": [ALONE["alarm passes"]], **PLAIN}, OWN | LOGGING),
    ],
    ids=[
        "default",
        "no traces",
        "OpenTelemetry",
        "snapshots",
        "bare http",
        "bare queue",
        "bare schedule",
        "bare stream",
        "bare table",
        "bare bucket",
        "bare alarm",
    ],
)
def test_a_start_imports_what_the_function_needs(
    project: Render, tools: Tools, answers: Answers, allowed: set[str]
) -> None:
    """No client library where nothing is called, no tracing library where nothing is traced."""
    rendered = project({"cicd": "none", **answers})
    for function in rendered.service["functions"]:
        imported = set(printed(tools, rendered.path, "starting", function["package"]))
        assert imported <= allowed


@of("C12")
def test_a_heavy_import_shows(project: Render, tools: Tools) -> None:
    """The check above sees it."""
    path = project({"cicd": "none"}).path
    file = path / "common" / "api.py"
    file.write_text(f"{file.read_text(encoding='utf-8')}\nimport yaml\n", encoding="utf-8")
    assert "yaml" in printed(tools, path, "starting", "create_order")
