"""Answers given as data: the command line without --trust, and what it must refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.answers import LONGEST, http, queue, schedule
from tests.support.cli import copier
from tests.support.render import ROOT, files_of, render

if TYPE_CHECKING:
    from pathlib import Path

A = http("a", "GET /a")
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    # what is wrong: the answers, what the line names, what it says to do or expects
    "a space in a name": ({"functions": [http("make order", "GET /")]}, '"make order"', "such as"),
    "capitals": ({"functions": [http("MakeOrder", "GET /")]}, '"MakeOrder"', "small letters"),
    "a path": ({"functions": [http("../x", "GET /")]}, '"../x"', "such as"),
    "a dot": ({"functions": [http("a.b", "GET /")]}, '"a.b"', "such as"),
    "too long": ({"functions": [queue("a" * 41)]}, "aaaa", "at most 40"),
    "too long with its prefixes": ({"functions": [queue(LONGEST)]}, LONGEST, "shorten"),
    "a keyword": ({"functions": [queue("import")]}, '"import"', "reserved"),
    "two alike": ({"functions": [A, queue("a")]}, '"a"', "rename"),
    "two alike in another casing": ({"functions": [queue("a-1b"), queue("a1b")]}, "a1b", "rename"),
    "one route twice": ({"functions": [A, http("b", "GET /a")]}, '"GET /a"', "its own"),
    "one route by other parameters": (
        {"functions": [http("a", "GET /o/{x}"), http("b", "GET /o/{y}")]},
        '"b"',
        "its own",
    ),
    "no route": ({"functions": [{"name": "a", "source": "http"}]}, '"a"', "route"),
    "an unknown key": ({"functions": [{**A, "memry": 256}]}, '"memry"', "takes"),
    "another source's key": ({"functions": [{**A, "batch_size": 2}]}, '"batch_size"', "takes"),
    "an unknown source": ({"functions": [{"name": "a", "source": "fax"}]}, '"fax"', "one of"),
    "a circle": (
        {"functions": [queue("a", sends_to=["b"]), queue("b", sends_to=["a"])]},
        "a, b",
        "circle",
    ),
    "itself": ({"functions": [queue("a", sends_to=["a"])]}, '"a"', "itself"),
    "an unknown target": ({"functions": [queue("a", sends_to=["z"])]}, '"z"', "not in the list"),
    "a target without queue": ({"functions": [A, queue("b", sends_to=["a"])]}, '"a"', "only to"),
    "too little memory": ({"functions": [{**A, "memory": 64}]}, "memory", "128 to 10240"),
    "too much memory": ({"functions": [{**A, "memory": 20000}]}, "memory", "128 to 10240"),
    "memory as text": ({"functions": [{**A, "memory": "big"}]}, "memory", "whole number"),
    "too long a timeout": ({"functions": [queue("a", timeout=901)]}, "timeout", "1 to 900"),
    "longer than the API waits": ({"functions": [{**A, "timeout": 30}]}, "timeout", "1 to 29"),
    "above the quota": (
        {"functions": [{**A, "reserved_concurrency": 400}]},
        "concurrency",
        "raise the quota",
    ),
    "a wrong schedule": ({"functions": [schedule("a", "daily")]}, '"daily"', "rate(1 day)"),
    "no function": ({"functions": []}, "functions", "list at least one"),
    "text for a list": ({"functions": "create-order"}, "functions", "must be a list"),
    "a mapping for a list": ({"functions": {"name": "a"}}, "functions", "must be a list"),
    "a list of text": ({"functions": ["a"]}, "function 1", "must be a mapping"),
    "no environment": ({"environments": []}, "environments", "list at least one"),
    "an environment twice": (
        {"environments": [{"name": "a"}, {"name": "a"}]},
        '"a"',
        "give each its own",
    ),
    "the emulator's environment": ({"environments": [{"name": "local"}]}, '"local"', "choose"),
    "a shift without alias": (
        {
            "alias_strategy": "none",
            "environments": [{"name": "prod", "traffic_shift": "canary"}],
        },
        "traffic_shift",
        "alias",
    ),
    "sizes of no function": (
        {"environments": [{"name": "prod", "functions": {"z": {"memory": 256}}}]},
        '"z"',
        "not in the list",
    ),
    "a Region in words": ({"aws_region": "Frankfurt"}, '"Frankfurt"', "eu-west-1"),
    "a zone": ({"aws_region": "eu-west-1a"}, '"eu-west-1a"', "eu-west-1"),
    "no name": ({"project_name": ""}, "project_name", "write 1 to 60"),
    "blanks": ({"project_name": "   "}, "project_name", "write 1 to 60"),
    "a reference of CloudFormation": ({"project_name": "a ${b}"}, "project_name", "differently"),
    "two lines": ({"project_name": "a\nb"}, "project_name", "one line"),
    "a slug with capitals": ({"project_slug": "Orders"}, '"Orders"', "such as"),
    "no address": ({"alarm_email": "nobody"}, '"nobody"', "e-mail"),
    "no source": ({"sources": []}, "source", "at least one"),
    "an unknown choice": ({"layers": "many"}, "layers", ""),
    "a budget of nothing": ({"monthly_budget": 0}, "monthly_budget", "at least 1"),
    "alarms that start too many in two stages": (
        {
            "alias_strategy": "dev-prod",
            "functions": [{"name": name, "source": "alarm"} for name in ("a", "b", "c")],
        },
        "a, b, c",
        "at most 2",
    ),
    "a cache of two stages": (
        {
            "alias_strategy": "dev-prod",
            "cache": "elasticache",
            "functions": [queue("a", table="read", cache=True)],
        },
        "cache",
        "a stack for each environment",
    ),
    "a cache that nobody uses": ({"cache": "dax", "functions": [queue("a")]}, "cache", "add it"),
    "a cluster where there is none": (
        {"cache": "dax", "aws_region": "eu-north-1"},
        "eu-north-1 has no DAX",
        "choose another",
    ),
    "a function called like a stage": (
        {"alias_strategy": "dev-prod", "functions": [queue("dev-a")]},
        '"dev-a"',
        "rename",
    ),
    "too little for two stages": (
        {"alias_strategy": "dev-prod", "functions": [queue("a", reserved_concurrency=3)]},
        '"a"',
        "at least 5",
    ),
    "no web address": ({"repository_url": "git@example.com:a/b"}, "repository_url", "https"),
}


def data(answers: dict[str, Any]) -> list[str]:
    """`answers` as arguments of the command line."""
    pairs = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in answers.items()
    }
    return [part for name, value in pairs.items() for part in ("--data", f"{name}={value}")]


@pytest.mark.parametrize("wrong", REFUSED)
def test_refused_in_one_line_with_nothing_left(wrong: str, template: Path, tmp_path: Path) -> None:
    answers, named, mend = REFUSED[wrong]
    done = copier(
        "copy", "--defaults", *data(answers), template, "project", cwd=tmp_path, check=False
    )
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert named in last
    assert mend in last
    assert len(last) < 500
    assert "{%" not in last
    assert list(tmp_path.iterdir()) == []


def test_refused_beside_files_leaves_them_alone(template: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine\n")
    done = copier(
        "copy", "--defaults", "--data", "monthly_budget=0", template, ".", cwd=tmp_path, check=False
    )
    assert done.returncode != 0
    assert files_of(tmp_path) == ["mine.txt"]


def test_defaults_need_no_trust(template: Path, tmp_path: Path) -> None:
    done = copier("copy", "--defaults", template, "project", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    assert files_of(tmp_path / "project") == list(render({}).files)


def test_this_working_tree_renders_by_its_path(tmp_path: Path) -> None:
    """As the README says it: from a clone, without a release."""
    copier("copy", "--defaults", "--quiet", "--vcs-ref", "HEAD", ROOT, "project", cwd=tmp_path)
    assert files_of(tmp_path / "project") == list(render({}).files)


def test_a_data_file_answers_everything(template: Path, tmp_path: Path) -> None:
    """How an organisation presets its answers; an answers file of a project is one."""
    project = render({"layers": "split", "aws_region": "us-east-1"})
    answers = tmp_path / "answers.yml"
    answers.write_text(project.text(".copier-answers.yml"))
    copier("copy", "--defaults", "--data-file", answers, template, "project", cwd=tmp_path)
    again = tmp_path / "project"
    assert files_of(again) == list(project.files)
    assert (again / "template.yaml").read_text() == project.text("template.yaml")


def test_a_file_in_the_way_is_not_overwritten_unasked(template: Path, tmp_path: Path) -> None:
    """Without anybody to ask, Copier stops and the file is as it was."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "README.md").write_text("mine\n")
    done = copier("copy", "--defaults", template, "project", cwd=tmp_path, check=False)
    assert done.returncode != 0
    assert (project / "README.md").read_text() == "mine\n"
    assert "--overwrite" in done.stderr.strip().splitlines()[-1]
