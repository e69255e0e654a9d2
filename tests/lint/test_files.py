"""Template files: portable names, each in its place, each rendered by something, once."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import pytest

from tests.support.answers import CDK_SOURCES, FUNCTION_LISTS, completed, values
from tests.support.render import ROOT, Rendered, questions, render, snapshot

WINDOWS_FORBIDS = set('<>:"|?*\\')
WINDOWS_RESERVES = {"con", "prn", "aux", "nul"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)
}
TOOLS = re.compile(
    r"\b(sam|samconfig|cdk|terraform|tofu|opentofu|osls|serverless\.yml|github|gitlab|bitbucket|"
    r"jenkins|codepipeline)\b",
    re.IGNORECASE,
)
OF_A_CHOICE = re.compile(r"^template/\{\{ use\.")


def template_files() -> list[str]:
    """POSIX paths of the files below template/, as a release has them (never ignored ones)."""
    root = snapshot()
    return sorted(
        path.relative_to(root).as_posix()
        for path in (root / "template").rglob("*")
        if path.is_file()
    )


@pytest.mark.parametrize("name", template_files())
def test_name_is_legal_on_windows(name: str) -> None:
    """A clone of this repository must work there, and so must what it renders."""
    for part in PurePosixPath(name).parts:
        assert not WINDOWS_FORBIDS & set(part), part
        assert not part.endswith((" ", ".")), part
        assert part.split(".")[0].lower() not in WINDOWS_RESERVES, part
    assert len(name) < 160


@pytest.mark.parametrize("name", template_files())
def test_name_holds_no_decision(name: str) -> None:
    """A folder per choice, whose value the model computes: no `if`, no filter in a name."""
    assert not re.search(r"\{%-?\s*(if|for|set)\b|\||'", name)


def test_no_two_names_differ_by_case_alone() -> None:
    folded = Counter(name.casefold() for name in template_files())
    assert not [name for name, count in folded.items() if count > 1]


def test_no_ignored_file_is_missed_by_a_render() -> None:
    """Our .gitignore also applies to template/ and could hide a file from a render of HEAD."""
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "--", "template"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert not [name for name in listed if "__pycache__" not in name and "_cache/" not in name]


@pytest.mark.parametrize("name", [name for name in template_files() if not OF_A_CHOICE.match(name)])
def test_common_file_names_no_tool(name: str) -> None:
    """What differs by tool comes from that tool's include, so that a tool is added in one place."""
    lines = (snapshot() / name).read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if TOOLS.search(line)]
    assert not found, f"{name}: {found}"


@pytest.mark.parametrize("name", template_files())
def test_no_leftover_conflict_or_backup(name: str) -> None:
    assert not name.endswith((".rej", ".orig", ".bak", "~"))


@cache
def one_of_each() -> tuple[Rendered, ...]:
    """The default, each value of each question by itself, what takes two, and the barest."""
    bare: dict[str, Any] = {"alias_strategy": "none", "cicd": "none", "layers": "none"}
    both: dict[str, Any] = {"iac": "cdk", "customer_managed_key": True}
    single = [
        completed({name: value}) for name in questions() for value in values(name) if value != ""
    ]
    cdk = completed({"iac": "cdk", "sources": sorted(CDK_SOURCES)})
    return tuple(
        render(answers) for answers in [{}, *single, completed(both), completed(bare), cdk]
    )


ONCE = pytest.mark.xdist_group("one of each")
"""Rendered in one process for all tests of it."""


@ONCE
def test_every_template_file_is_rendered_by_something() -> None:
    used = {source for project in one_of_each() for source, _ in project.sources}
    assert not set(template_files()) - used


def test_every_include_is_named_by_something() -> None:
    """By its path, or by a computed one that ends like it."""
    sources = [
        path for folder in ("hooks", "includes", "template") for path in (ROOT / folder).rglob("*")
    ]
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [ROOT / "copier.yml", *sources]
        if path.is_file() and path.suffix in {".yml", ".jinja"}
    )
    for folder in ("hooks", "includes"):
        for path in (ROOT / folder).rglob("*.jinja"):
            name = path.relative_to(ROOT).as_posix()
            whole = name in text or f"/{path.name}'" in text or f"/{path.stem}'" in text
            folder_of_choices = f"'{path.parent.relative_to(ROOT).as_posix()}/' ~" in text
            assert whole or (folder_of_choices and f"'{path.stem}'" in text), name


@ONCE
def test_no_two_sources_write_one_file() -> None:
    for project in one_of_each():
        written = Counter(file for _, file in project.sources)
        assert not [file for file, count in written.items() if count > 1], project.answers


@ONCE
def test_each_render_is_what_was_written() -> None:
    for project in one_of_each():
        assert sorted(file for _, file in project.sources) == list(project.files)


OF_A_FUNCTION = {"__init__.py", "handler.py", "service.py"}


@pytest.mark.parametrize("name", FUNCTION_LISTS)
def test_each_function_has_its_files_and_no_other(name: str) -> None:
    """A typo in a path that yields renders nothing, without a word."""
    project = render(completed({"functions": FUNCTION_LISTS[name]}))
    for function in project.service["functions"]:
        package = function["package"]
        settings = {"settings.py"} if function["variables"] else set()
        start = f"functions/{package}/"
        own = {file.removeprefix(start) for file in project.files if file.startswith(start)}
        code = {file for file in own if not file.startswith("events/")}
        assert code == OF_A_FUNCTION | settings
        events = own - code
        assert events, f"{package} has no sample event"
        assert all(event.endswith(".json") for event in events)
        tests = {
            file.removeprefix(f"tests/unit/{package}/")
            for file in project.files
            if file.startswith(f"tests/unit/{package}/")
        }
        assert tests - {"__init__.py"} == {"test_handler.py", "test_service.py"}
    folders = {
        PurePosixPath(file).parts[1]
        for file in project.files
        if file.startswith("functions/") and file.count("/") > 1
    }
    assert folders == {function["package"] for function in project.service["functions"]}
