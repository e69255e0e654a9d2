"""Write docs/questions.md from copier.yml and hooks/: `python -m tests.questions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

REPOSITORY = Path(__file__).parents[1]
PAGE = REPOSITORY / "docs" / "questions.md"


def shown(question: dict[str, Any]) -> str:
    """A question's values in Markdown, the default first; a computed default is called derived."""
    default = question["default"]
    choices = question.get("choices", [])
    offered = choices.values() if isinstance(choices, dict) else choices
    names = [choice["value"] if isinstance(choice, dict) else choice for choice in offered]
    if question.get("multiselect"):
        return f"any of {', '.join(f'`{name}`' for name in names)}; {len(default)} by default"
    if question["type"] == "bool":
        names = ["true", "false"]
        default = str(default).lower()
    if names:
        return ", ".join(f"`{name}`" for name in sorted(names, key=lambda name: name != default))
    text = str(default)
    return f"{question['type']}: " + ("derived" if "{%" in text else f"`{text}`" if text else "''")


def page() -> str:
    """The page as the template's questions demand it."""
    questions = yaml.safe_load((REPOSITORY / "copier.yml").read_text())
    environment = Environment(
        loader=FileSystemLoader(REPOSITORY),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],  # as Copier has them
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("docs/questions.md.jinja").render(
        limits=environment.get_template("hooks/limits.jinja").module,
        cache=environment.get_template("hooks/cache.jinja").module,
        questions=[
            {
                "name": name,
                "ask": "ask" in question,
                "when": "when" in question,
                "help": question["help"],
                "shown": shown(question),
            }
            for name, question in questions.items()
            if not name.startswith("_") and "help" in question
        ],
    )


if __name__ == "__main__":
    PAGE.write_text(page())
