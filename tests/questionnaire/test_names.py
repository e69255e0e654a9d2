"""A project's name may hold anything; wherever it lands it is that text and nothing more."""

from __future__ import annotations

import ast
import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.matrix import checks
from tests.support.answers import PROJECT_NAMES
from tests.support.render import Rendered, render
from tests.support.tools import need, run

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES = ["12 orders", "%HOME%", "7 * 7", "[no]", "заказ"]
"""A piece of each odd name, found wherever the name is, even when mangled."""
NAMES = dict(zip(PIECES, PROJECT_NAMES[1:], strict=True))


def strings(value: Any) -> Iterator[str]:
    """Every text in a parsed document, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from strings(key)
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def parsed(file: str, text: str) -> list[str]:
    """Every text that a program reads out of `file`."""
    if file.endswith((".yml", ".yaml")):
        return list(strings(list(yaml.load_all(text, checks.CloudFormation))))
    if file.endswith(".json"):
        return list(strings(json.loads(text)))
    if file.endswith(".toml"):
        return list(strings(tomllib.loads(text)))
    if file.endswith(".py"):
        constants = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
        return [node.value for node in constants if isinstance(node.value, str)]
    return []


def project(piece: str) -> Rendered:
    """The project with the odd name that `piece` is of; its description holds it too."""
    return render({"project_name": NAMES[piece]})


@pytest.mark.parametrize("piece", PIECES)
def test_every_file_is_well_formed(piece: str) -> None:
    rendered = project(piece)
    tasks = [*checks.file_tasks(rendered), *checks.tree_tasks(rendered)]
    assert [line for task in tasks for line in task.findings()] == []


@pytest.mark.parametrize("piece", PIECES)
def test_the_name_is_read_as_it_was_given(piece: str) -> None:
    rendered = project(piece)
    found = 0
    for file in rendered.files:
        for text in parsed(file, rendered.text(file)):
            if piece in text:
                found += 1
                assert NAMES[piece] in text, f"{file}: {text!r}"
    assert found, "the name is nowhere, so this shows nothing"


@pytest.mark.parametrize("piece", PIECES)
def test_python_is_formatted_and_clean(piece: str) -> None:
    tasks = [task for task in checks.python_tasks(project(piece)) if task.kind == "ruff"]
    assert [line for task in tasks for line in task.findings()] == []


@pytest.mark.parametrize("piece", PIECES)
def test_make_runs_nothing_of_it(piece: str) -> None:
    """`$(id)` and backquotes in a Makefile or a shell would be commands."""
    shown = run([need("make"), "help"], project(piece).path).stdout
    assert "uid=" not in shown
    assert "49" not in shown


@pytest.mark.parametrize("piece", PIECES)
def test_the_infrastructure_is_valid(piece: str) -> None:
    tasks = list(checks.infrastructure_tasks(project(piece)))
    assert [line for task in tasks for line in task.findings()] == []


@pytest.mark.parametrize("piece", PIECES)
def test_the_pipeline_is_valid(piece: str) -> None:
    tasks = list(checks.pipeline_tasks(project(piece)))
    assert [line for task in tasks for line in task.findings()] == []
