"""Each set of answers that the CDK takes gives stacks of which cfn-lint finds nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jinja2
import pytest

from tests.conformance import cdk
from tests.conformance.test_equality import EQUAL, project
from tests.iac_cdk.validate import findings
from tests.support.cloudformation import lint
from tests.support.render import ROOT, UnknownAnswerError, render

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", EQUAL)
def test_stacks_are_valid(name: str) -> None:
    rendered = project(name, "cdk")
    assert not findings(rendered.path, rendered.service)


@pytest.mark.parametrize("name", EQUAL)
def test_resources_are_counted(name: str) -> None:
    """copier.yml refuses what does not fit into a stack before there is one."""
    rendered = project(name, "cdk")
    source = "{% from 'includes/iac/cdk/resources.jinja' import count %}{{ count(service) }}"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT), undefined=jinja2.StrictUndefined, autoescape=False
    )
    counted = environment.from_string(source).render(service=rendered.service)
    most = max(len(stack.template["Resources"]) for stack in cdk.stacks(rendered.path).values())
    assert int(counted) == most


def test_a_mistake_is_found() -> None:
    rendered = project("default", "cdk")
    template = json.loads(json.dumps(cdk.stacks(rendered.path)["dev"].template))
    template["Resources"]["CreateOrderFunction"]["Properties"]["Timeout"] = 9000
    assert lint(template, "eu-west-1")


def test_a_warning_of_the_library_is_found(tmp_path: Path) -> None:
    broken = render({"iac": "cdk", "cicd": "none", "sources": ["topic"]}, tmp_path / "project")
    assert not findings(broken.path, broken.service)
    source = broken.path / "cdk/topic.py"
    source.write_text(source.read_text().replace("CloudFormation-Validate::W3694", "another"))
    assert any(found.startswith("W3694: ") for found in findings(broken.path, broken.service))


REFUSED: dict[str, dict[str, Any]] = {
    "alias_strategy dev-prod": {"alias_strategy": "dev-prod"},
    "cicd github": {"cicd": "github"},  # which a person at the prompt cannot choose
    "the source workflow of ": {"sources": ["workflow"]},
    "the FIFO queue of a": {"functions": [{"name": "a", "source": "queue", "fifo": True}]},
    "secrets": {"secrets": "secretsmanager"},
    "dead_letters sns": {"dead_letters": "sns"},
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_there_yet_is_refused_by_name(what: str) -> None:
    with pytest.raises(ValueError, match=f"iac cdk does not take {what}") as raised:
        render({"iac": "cdk", "cicd": "none", **REFUSED[what]})
    assert not isinstance(raised.value, UnknownAnswerError)
