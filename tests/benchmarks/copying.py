"""`copier copy` of this template, of the same files as they are, and cookiecutter on them."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

from tests.benchmarks.timing import Process, interleaved
from tests.support.cli import COPIER
from tests.support.releases import Releases, git
from tests.support.render import ROOT, Rendered, copy_sources

if TYPE_CHECKING:
    from pathlib import Path

OURS, FLOOR, OTHER = "this template", "Copier, static files", "cookiecutter, the same tree"


def _ours(folder: Path) -> Path:
    """This repository, whole, with the working tree as its newest release."""
    git(folder, "clone", "--quiet", "--no-tags", str(ROOT), "ours")
    releases = Releases(folder / "ours")
    shutil.rmtree(folder / "ours" / "template", ignore_errors=True)
    releases.release(copy_sources)
    return folder / "ours"


def _static(folder: Path, project: Rendered) -> Path:
    """A template of the rendered files as they are: what Copier needs at the least."""
    path = folder / "static"
    shutil.copytree(project.path, path / "template")
    (path / "copier.yml").write_text("_subdirectory: template\n_templates_suffix: .none\n")
    git(path, "init", "--quiet")
    Releases(path).release()
    return path


def _cookiecutter(folder: Path, project: Rendered) -> Path:
    """A cookiecutter template of the same files, name and slug as its variables."""
    path = folder / "cookiecutter"
    root = path / "{{cookiecutter.slug}}"
    for file in project.files:
        text = project.text(file)
        if any(mark in text for mark in ("{{", "{%", "{#")):
            text = "{% raw %}" + text + "{% endraw %}"
        else:
            text = text.replace(project.service["name"], "{{cookiecutter.name}}")
            text = text.replace(project.service["slug"], "{{cookiecutter.slug}}")
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    answers = {"name": project.service["name"], "slug": project.service["slug"]}
    (path / "cookiecutter.json").write_text(json.dumps(answers))
    return path


def measure(folder: Path, project: Rendered, repeats: int) -> dict[str, list[float]]:
    """Wall seconds of each way of making the default project, whole processes by turns.

    Raises AssertionError when they do not make the same files.
    """
    out = folder / "out"
    copier = [*COPIER, "copy", "--defaults", "--quiet"]
    cookiecutter = str(_cookiecutter(folder, project))
    made_by_cookiecutter = out / "other" / str(project.service["slug"])
    processes = {
        OURS: Process([*copier, str(_ours(folder)), str(out / "ours")], folder, out / "ours"),
        FLOOR: Process(
            [*copier, str(_static(folder, project)), str(out / "floor")], folder, out / "floor"
        ),
        OTHER: Process(
            [
                sys.executable, "-m", "cookiecutter", "--no-input",
                "--output-dir", str(out / "other"), cookiecutter,
            ],
            folder,
            made_by_cookiecutter,
        ),
    }  # fmt: skip
    (out / "other").mkdir(parents=True)
    seconds = interleaved({name: process.run for name, process in processes.items()}, repeats)
    for process in processes.values():
        for file in project.files:
            if file != ".copier-answers.yml":  # names its source
                assert (process.result / file).read_bytes() == (project.path / file).read_bytes()
    return seconds
