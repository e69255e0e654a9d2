"""The helper that all suites trust: it refuses what it should, and shortens nothing but time."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.answers import ENVIRONMENT_LISTS, FUNCTION_LISTS, PROJECT_NAMES, completed
from tests.support.render import (
    ROOT,
    Answers,
    Rendered,
    UnknownAnswerError,
    choices,
    command,
    copy_sources,
    files_of,
    render,
    snapshot,
)

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE: list[Answers] = [
    {},
    completed({"layers": "none", "alias_strategy": "none", "cicd": "none"}),
    completed({"functions": FUNCTION_LISTS["every method"], "layers": "split"}),
    completed({"functions": FUNCTION_LISTS["thirty"], "project_name": PROJECT_NAMES[3]}),
    completed({"environments": ENVIRONMENT_LISTS[3], "observability": "cloudwatch"}),
]


def contents(project: Rendered) -> dict[str, tuple[int, bytes]]:
    """Mode and bytes of each file."""
    return {
        file: ((project.path / file).stat().st_mode, (project.path / file).read_bytes())
        for file in project.files
    }


@pytest.mark.parametrize("answers", SAMPLE, ids=range(len(SAMPLE)))
def test_fast_renders_are_those_of_stock_copier(answers: Answers) -> None:
    """Byte for byte, also the second time, when everything compiled is remembered."""
    stock = contents(render(answers, stock=True))
    assert contents(render(answers)) == stock
    assert contents(render(answers)) == stock


def test_a_git_source_renders_the_same(tmp_path: Path) -> None:
    """A repository, which users render from, gives what a plain folder does but for the answers."""
    source = copy_sources(tmp_path / "source")
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],
            cwd=source,
            check=True,
        )
    plain = contents(render({}, stock=True))
    git = contents(render({}, tmp_path / "project", stock=True, source=source, vcs_ref="HEAD"))
    assert plain.pop(".copier-answers.yml") != git.pop(".copier-answers.yml")
    assert git == plain


def test_unknown_answers_are_refused() -> None:
    with pytest.raises(UnknownAnswerError, match="did you mean 'project_name'"):
        render({"project_nam": "x"})
    with pytest.raises(UnknownAnswerError, match="computed"):
        render({"service": {}})


def test_a_refused_answer_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="project_name is empty"):
        render({"project_name": " "}, tmp_path / "project")
    assert not (tmp_path / "project").exists()


def test_the_model_is_the_renders() -> None:
    project = render({"project_name": PROJECT_NAMES[3]})
    assert project.service["name"] == PROJECT_NAMES[3]
    assert project.answers["project_name"] == PROJECT_NAMES[3]


def test_choices_are_values() -> None:
    assert choices("layers") == ["shared", "split", "none"]


def test_snapshot_has_the_working_tree() -> None:
    assert snapshot() != ROOT
    names = files_of(snapshot())
    assert "copier.yml" in names
    assert not [name for name in names if "__pycache__" in name]


def test_command_can_be_pasted() -> None:
    shown = command({"project_name": "it's", "functions": [{"name": "a"}]}, "/tmp/x")
    assert shown == (
        "copier copy --defaults --vcs-ref HEAD --data 'project_name=it'\\''s' "
        '--data \'functions=[{"name": "a"}]\' . /tmp/x'
    )
