"""copier.yml: each question can be understood and answered, and nothing in it needs trust."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jinja2 import Environment

from tests.support.answers import SAMPLES, completed, values
from tests.support.render import ROOT, Answers, choices, config, questions, render

if TYPE_CHECKING:
    from tests.conftest import Render
    from tests.support.render import Rendered

FORBIDDEN = ("tasks", "jinja_extensions", "migrations")
"""Settings that make Copier ask for --trust, for this release or on the way off it."""


def text() -> str:
    """copier.yml as written."""
    return (ROOT / "copier.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", FORBIDDEN)
def test_nothing_needs_trust(setting: str) -> None:
    assert setting not in config()[0]


def test_minimal_copier_version_is_the_line_we_test() -> None:
    assert config()[0]["min_copier_version"].startswith("9.19")


@pytest.mark.parametrize("name", questions())
def test_question_says_what_it_is(name: str) -> None:
    question = questions()[name]
    assert question.get("help", "").strip(), f"{name} has no help"
    assert question.get("type") in {"str", "int", "bool", "yaml", "json"}, f"{name} has no type"
    assert "default" in question, f"{name} has no default"


@pytest.mark.parametrize("name", questions())
def test_profile_gates_by_ask_never_by_when(name: str) -> None:
    """An answer that `when` skips is not stored, so a later default would change the project."""
    assert "profile" not in str(questions()[name].get("when", ""))


def test_defaults_are_valid() -> None:
    """Rendering without an answer validates each default."""
    assert set(render({}).answers) == set(questions())


@pytest.mark.parametrize("name", questions())
def test_every_sample_value_is_accepted(name: str) -> None:
    for value in values(name):
        render(completed({name: value}))


def test_questions_without_choices_have_samples() -> None:
    """The matrix combines values of every question; one without any would never vary."""
    open_questions = {
        name
        for name, question in questions().items()
        if "choices" not in question and question["type"] != "bool"
    }
    assert open_questions == set(SAMPLES)


def test_includes_are_listed_one_by_one() -> None:
    """Copier's includes by a pattern come in no order."""
    for line in text().splitlines():
        if "!include" in line:
            assert "*" not in line


def test_no_key_is_a_yaml_boolean() -> None:
    """`on`, `yes` and the like are read as true, and a question of that name is lost."""
    keys: list[Any] = []

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
            pairs = super().construct_mapping(node, deep)
            keys.extend(pairs)
            return pairs

    Loader.add_constructor("!include", lambda *_: {})
    yaml.load(text(), Loader)
    assert not [key for key in keys if isinstance(key, bool)]


def test_every_macro_file_parses() -> None:
    environment = Environment(autoescape=False)
    for path in sorted((ROOT / "hooks").rglob("*.jinja")):
        environment.parse(path.read_text(encoding="utf-8"), filename=str(path))


def test_every_imported_macro_file_exists() -> None:
    sources = [ROOT / "copier.yml", *ROOT.glob("hooks/**/*.jinja"), *ROOT.glob("includes/**/*")]
    sources += ROOT.glob("template/**/*.jinja")
    for source in sources:
        if source.is_file():
            for name in re.findall(
                r"""(?:import|from|include)\s+'((?:hooks|includes)/[^'~]+?)'\s*(?:%|import|as|with)""",
                source.read_text(encoding="utf-8"),
            ):
                assert (ROOT / name).is_file(), f"{source.relative_to(ROOT)} names {name}"


WITHOUT_EFFECT = {"profile"}
"""Questions that only steer the questionnaire; their answer is stored and changes nothing else."""


def cases() -> list[tuple[str, Any]]:
    """(question, value) for each value which differs from the default."""
    return [
        (name, value)
        for name in questions()
        if name not in WITHOUT_EFFECT
        for value in values(name)
        if value is not None
    ]


@pytest.mark.parametrize(("name", "value"), cases(), ids=str)
def test_every_choice_changes_some_file(
    name: str, value: object, rendered: Render, default: Rendered
) -> None:
    """Beside the answers file, which records every answer."""
    answers: Answers = completed({name: value})
    changed = rendered(answers)
    if changed.answers[name] == default.answers[name]:
        return  # the default itself
    kept = {file: default.text(file) for file in default.files if file != ".copier-answers.yml"}
    now = {file: changed.text(file) for file in changed.files if file != ".copier-answers.yml"}
    assert now != kept, f"{name}={value!r} changes nothing"


SOON = timedelta(days=365)


@pytest.mark.parametrize("version", choices("python_version"))
def test_no_runtime_is_offered_that_ends_within_a_year(version: str) -> None:
    """AWS's dates ("Lambda runtimes", deprecation), as cfn-lint carries them."""
    ends = date.fromisoformat(runtimes()[f"python{version}"]["deprecated"])
    assert ends - datetime.now(UTC).date() > SOON, f"Python {version} ends on {ends}"


def test_a_runtime_that_ends_soon_is_noticed() -> None:
    """The data knows what AWS has ended, and today's date is what it is held against."""
    ends = date.fromisoformat(runtimes()["python3.10"]["deprecated"])
    assert ends - datetime.now(UTC).date() < SOON


def runtimes() -> dict[str, dict[str, str]]:
    """Runtime -> its dates, from cfn-lint's data."""
    file = files("cfnlint.data.AdditionalSpecs") / "LmbdRuntimeLifecycle.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))
