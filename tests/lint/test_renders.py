"""What is rendered: no trace of the template's own syntax, and well-formed text files."""

from __future__ import annotations

import pytest

from tests.support.answers import FUNCTION_LISTS, completed
from tests.support.render import Answers, render
from tests.support.text import problems

VARIANTS: dict[str, Answers] = {
    "default": {},
    "least": {
        "layers": "none",
        "alias_strategy": "none",
        "cicd": "none",
        "observability": "cloudwatch",
        "idempotency": False,
        "api_auth": "none",
        "functions": FUNCTION_LISTS["one http"],
    },
    "split": completed({"layers": "split", "functions": FUNCTION_LISTS["odd names"]}),
    "thirty": completed({"functions": FUNCTION_LISTS["thirty"]}),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_text_is_clean(name: str) -> None:
    project = render(VARIANTS[name])
    assert not [found for file in project.files for found in problems(file, project.text(file))]


@pytest.mark.parametrize("name", VARIANTS)
def test_no_empty_folder_is_left(name: str) -> None:
    """A folder per choice must vanish with the choice."""
    project = render(VARIANTS[name])
    empty = [path for path in project.path.rglob("*") if path.is_dir() and not any(path.iterdir())]
    assert not empty


@pytest.mark.parametrize(
    "text",
    [
        "a = {{ service.name }}\n",
        "{% if x %}\n",
        "{# note #}\n",
        "TODO: this\n",
        "a \n",
        "a\n\n",
        "\na\n",
        "a\n\n\n\nb\n",
        "a",
        "\ta\n",
        "a\r\n",
        "",
    ],
)
def test_each_fault_is_seen(text: str) -> None:
    assert problems("README.md", text)


@pytest.mark.parametrize("text", ["run: ${{ github.sha }}\n", "x: '{{resolve:ssm:/a}}'\n", "a\n"])
def test_other_languages_are_no_fault(text: str) -> None:
    assert not problems("x.yaml", text)
