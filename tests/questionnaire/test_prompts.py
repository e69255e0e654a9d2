"""The questionnaire as a person meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.questionnaire.terminal import CLEAR, ENTER, Terminal
from tests.support.answers import BESIDE
from tests.support.render import files_of, questions, render

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.heavy
RECOMMENDED = [name for name, question in questions().items() if "ask" not in question]


def stored(project: Path) -> dict[str, object]:
    """The answers file of `project`."""
    loaded: dict[str, object] = yaml.safe_load((project / ".copier-answers.yml").read_text())
    return loaded


def asked(terminal: Terminal) -> list[str]:
    """Take what is offered until Copier ends; return the questions in the order of asking."""
    names = []
    while name := terminal.next():
        names.append(name)
        terminal.answer(name)
    return names


def test_recommended_is_at_most_eight_prompts(template: Path, tmp_path: Path) -> None:
    terminal = Terminal(template, tmp_path / "project", cwd=tmp_path)
    names = asked(terminal)
    assert terminal.end() == 0, terminal.text
    assert names == RECOMMENDED
    assert len(names) <= 8
    assert files_of(tmp_path / "project") == list(render({}).files)
    assert "make setup" in terminal.text, "the message says what to do next"


def test_everything_asks_each_question(template: Path, tmp_path: Path) -> None:
    terminal = Terminal(template, tmp_path / "project", cwd=tmp_path)
    assert terminal.next() == "profile"
    terminal.type("\x1b[B" + ENTER)  # arrow down
    names = ["profile", *asked(terminal)]
    assert terminal.end() == 0, terminal.text
    later = {name for _, _, beside in BESIDE for name in beside}
    assert names == [name for name in questions() if name not in later]
    assert stored(tmp_path / "project")["profile"] == "everything"
    assert files_of(tmp_path / "project") == list(render({}).files)


@pytest.mark.parametrize(("question", "answer", "beside"), BESIDE)
def test_what_a_choice_needs_is_asked_after_it(
    template: Path, tmp_path: Path, question: str, answer: str, beside: tuple[str, ...]
) -> None:
    terminal = Terminal(template, tmp_path / "project", cwd=tmp_path)
    assert terminal.next() == "profile"
    terminal.type("\x1b[B" + ENTER)  # arrow down
    while (name := terminal.next()) != question:
        assert name
        terminal.answer(name)
    terminal.type("\x1b[B" + ENTER)  # the second choice
    names = asked(terminal)
    assert terminal.end() == 0, terminal.text
    assert tuple(names[: len(beside)]) == beside
    answers = stored(tmp_path / "project")
    assert answers[question] == answer
    assert all(answers[name] for name in beside)


def test_an_error_is_shown_and_can_be_mended(template: Path, tmp_path: Path) -> None:
    terminal = Terminal(template, tmp_path / "project", cwd=tmp_path)
    assert terminal.next() == "profile"
    terminal.answer("profile")
    assert terminal.next() == "project_name"
    terminal.type(CLEAR + ENTER)
    terminal.wait("project_name is empty")
    terminal.type("Größe" + ENTER)
    assert terminal.next() == "aws_region"
    terminal.type(CLEAR + "europe" + ENTER)
    terminal.wait("must have the form of an AWS Region")
    terminal.type(CLEAR + "eu-central-1" + ENTER)
    asked(terminal)
    assert terminal.end() == 0, terminal.text
    answers = stored(tmp_path / "project")
    assert answers["project_name"] == "Größe"
    assert answers["aws_region"] == "eu-central-1"


def test_sources_chosen_make_the_starting_list(template: Path, tmp_path: Path) -> None:
    terminal = Terminal(template, tmp_path / "project", cwd=tmp_path)
    while (name := terminal.next()) != "sources":
        assert name
        terminal.answer(name)
    terminal.type(" ")  # the first, HTTP, is taken out
    terminal.answer("sources")
    assert "api_auth" not in asked(terminal)
    assert terminal.end() == 0, terminal.text
    answers = stored(tmp_path / "project")
    assert answers["sources"] == ["queue", "schedule"]
    assert not (tmp_path / "project" / "functions" / "create_order").exists()


def test_interrupted_leaves_nothing(template: Path, tmp_path: Path) -> None:
    terminal = Terminal(template, tmp_path / "project", cwd=tmp_path)
    assert terminal.next() == "profile"
    terminal.type("\x03")
    assert terminal.end() != 0
    assert not (tmp_path / "project").exists()


def test_a_file_in_the_way_is_asked_about(template: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "README.md").write_text("mine\n")
    terminal = Terminal("--defaults", template, project, cwd=tmp_path)
    terminal.wait("Overwrite README.md?")
    terminal.type("n")
    assert terminal.end() == 0, terminal.text
    assert (project / "README.md").read_text() == "mine\n"
    assert (project / "Makefile").is_file()
