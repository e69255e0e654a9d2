"""What people do to a rendered project, as steps that can be done to any render of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BUSINESS = """

def priority(quantity: int) -> str:
    return "high" if quantity > 100 else "normal"
"""


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def edit(project: Path, package: str = "create_order") -> None:
    """Edit the default project at `project` as a team does in its first weeks."""
    # their code and its test
    _append(project / "functions" / package / "service.py", BUSINESS)
    _append(project / "tests" / "unit" / package / "test_service.py", "\n\n# ours\n")
    (project / "functions" / package / "pricing.py").write_text('"""Ours."""\n', encoding="utf-8")
    # a test that the template owns
    _append(project / "tests" / "unit" / package / "test_handler.py", "\n\n# ours too\n")
    # README: a paragraph at its start, a section at its end
    first = (project / "README.md").read_text(encoding="utf-8").splitlines()[0]
    _replace(project / "README.md", first + "\n", f"{first}\n\nCall us on channel 7.\n")
    _append(project / "README.md", "\n## On call\n\nAsk the platform team.\n")
    # a number in a configuration, a rule of their own
    _replace(project / "pyproject.toml", "line-length = 100", "line-length = 120")
    _append(project / ".gitignore", "notes/\n")
    # a file they do not want, a folder of theirs
    (project / "docs" / "ownership.md").unlink()
    (project / "docs" / "decisions").mkdir()
    (project / "docs" / "decisions" / "1.md").write_text("# One\n", encoding="utf-8")
