"""Changes to the repository itself.

make check refuses what a merge left behind; make add-function adds one through the template.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from scripts.console import fail, run, say
from scripts.service import ROOT

ANSWERS = ROOT / ".copier-answers.yml"
COPIER = ("uvx", "--from", "copier>=9.19.1,<9.20", "copier")
SOURCES = (
    "http",
    "queue",
    "topic",
    "event",
    "schedule",
    "workflow",
    "table",
    "stream",
    "bucket",
    "alarm",
)
MARKERS = ("<<<<<<< ", ">>>>>>> ")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        fail(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def leftovers() -> None:
    """Fail when a merge left conflict markers or rejected hunks in a file of the repository."""
    found = []
    for name in _git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        path = ROOT / name
        if path.suffix == ".rej":
            found.append(name)
        elif path.is_file():
            lines = path.read_bytes().decode(errors="replace").splitlines()
            if any(line.startswith(MARKERS) for line in lines):
                found.append(name)
    if found:
        fail(f"a merge is not finished, see {', '.join(found)}")


def _ask(value: str | None, question: str) -> str:
    return value or input(f"{question} ").strip()


def add_function(arguments: argparse.Namespace) -> None:
    """Add a function to the answers and let Copier write its files and infrastructure.

    Copier merges into a clean tree only, so that what it did can be seen and undone.
    """
    if _git("status", "--porcelain"):
        fail("there are uncommitted changes; commit or stash them first")
    answers = yaml.safe_load(ANSWERS.read_text(encoding="utf-8"))
    function: dict[str, Any] = {
        "name": _ask(arguments.name, "Name (such as send-invoice)?"),
        "source": _ask(arguments.source, f"What starts it ({', '.join(SOURCES)})?"),
    }
    if function["source"] == "http":
        function["route"] = _ask(arguments.route, "Route (such as GET /orders/{id})?")
    elif function["source"] == "schedule":
        function["schedule"] = _ask(arguments.schedule, "When (such as rate(1 day))?")
    elif function["source"] == "workflow":
        function["workflow"] = _ask(arguments.workflow, "Last step of which workflow (fulfilment)?")
    if arguments.table:
        function["table"] = arguments.table
    if arguments.sends_to:
        function["sends_to"] = arguments.sends_to
    function |= {key: True for key in ("secret", "cache") if getattr(arguments, key)}
    functions = answers["functions"]
    if isinstance(functions, str):
        functions = yaml.safe_load(functions)
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary, "functions.json")
        data.write_text(json.dumps({"functions": [*functions, function]}), encoding="utf-8")
        done = subprocess.run(
            [*COPIER, "update", "--vcs-ref=:current:", "--defaults", "--data-file", data],
            cwd=ROOT,
            check=False,
        )
    if done.returncode:
        fail("Copier added nothing; its message is above")
    say(f"\n{function['name']} is added; see it: git status, git diff. Its service.py is yours.")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts.project", description="The repository.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("leftovers", help="refuse what a merge left behind")
    adding = commands.add_parser("add-function", help="add a function")
    adding.add_argument("--name")
    adding.add_argument("--source", choices=SOURCES)
    adding.add_argument("--route", help="of an http function: GET /orders/{id}")
    adding.add_argument("--schedule", help="of a schedule function: rate(1 day)")
    adding.add_argument("--workflow", help="of a workflow function: the one it is the last step of")
    adding.add_argument("--table", choices=("none", "read", "write", "read-write"))
    adding.add_argument("--sends-to", nargs="*", help="names of functions it hands work to")
    adding.add_argument("--secret", action="store_true", help="it may read the service's secret")
    adding.add_argument("--cache", action="store_true", help="it reads the table through the cache")
    arguments = parser.parse_args()
    if arguments.command == "leftovers":
        leftovers()
    else:
        add_function(arguments)


if __name__ == "__main__":
    run(main)
