"""From every release to the working tree, and from one answer to another, on edited projects."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.answers import BESIDE, FUNCTION_LISTS, queue, values
from tests.support.releases import Releases, git, released
from tests.support.render import config, questions
from tests.update.conftest import ANSWERS, Project, differences, make, tree
from tests.update.edits import BUSINESS, edit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.heavy
RELEASED = [version for version, _ in released()]
MARKER = re.compile(r"^(<{7}|>{7}|\|{7}) ", re.MULTILINE)


def assert_nothing_lost(project: Project, expected: Path) -> None:
    """`project` has the files of `expected`, byte for byte, no mark of a conflict, and rests."""
    now = project.tree()
    assert differences(now, tree(expected)) == []
    for name, content in now.items():
        assert not name.endswith(".rej"), name
        assert not MARKER.search(content.decode(errors="replace")), f"{name} has a conflict marker"
    project.commit()
    project.update()
    assert project.changes() == "", "a second update changes something"


def next_version(template: Path) -> None:
    """A release that touches files people edit, and adds one."""
    for name, old in (
        ("README.md.jinja", "\n## "),
        ("pyproject.toml.jinja", "[project]\n"),
    ):
        path = template / "template" / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        new = "\n## News\n\nA practice.\n" + old if old.startswith("\n") else "# newer\n" + old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (template / "template" / "docs" / "news.md").write_text("# News\n", encoding="utf-8")
    handler = next((template / "template" / "functions").rglob("handler.py.jinja"))
    text = handler.read_text(encoding="utf-8")
    handler.write_text(text + "\n# newer\n", encoding="utf-8")
    service = next((template / "template" / "functions").rglob("service.py.jinja"))
    service.write_text(service.read_text(encoding="utf-8") + "\n# newer\n", encoding="utf-8")


@pytest.mark.parametrize("version", [*RELEASED, "the working tree"])
def test_an_edited_project_takes_the_next_release(
    version: str, releases: Releases, tmp_path: Path
) -> None:
    start = releases.current if version == "the working tree" else version
    project = make(releases, tmp_path / "project", start)
    edit(project.path)
    project.commit()
    target = releases.release(next_version)
    done = project.update_by_command()
    assert "Traceback" not in done.stderr
    assert project.answers()["_commit"] == target
    fresh = make(releases, tmp_path / "fresh", target, stored(project))
    # Yours: created once. The newer starting point of a business module reaches new projects only.
    for name in project.tree():
        if yours(name):
            old = git(project.path, "show", f"HEAD~1:{name}")
            (fresh.path / name).write_text(old + "\n", encoding="utf-8")
    edit(fresh.path)
    assert_nothing_lost(project, fresh.path)
    assert BUSINESS in (project.path / "functions/create_order/service.py").read_text()


def yours(name: str) -> bool:
    """Whether copier.yml leaves the file to its owner."""
    return any(fnmatch(name, pattern) for pattern in config()[0]["skip_if_exists"])


def stored(project: Project) -> dict[str, Any]:
    """The answers of `project` without Copier's own entries."""
    return {name: value for name, value in project.answers().items() if name in questions()}


ADDED = [
    {
        "name": "create-order",
        "source": "http",
        "route": "POST /orders",
        "table": "write",
        "sends_to": ["fulfil-order"],
    },
    queue("fulfil-order", table="read-write"),
    {"name": "report-orders", "source": "schedule", "schedule": "rate(1 day)", "table": "read"},
    queue("bill-customer", table="read"),
]

CHANGES: dict[str, dict[str, Any]] = {
    "a function added": {"functions": ADDED},
    "a function's sizes": {"functions": [{**ADDED[0], "memory": 512}, *ADDED[1:3]]},
    "layers split": {"layers": "split"},
    "no layers": {"layers": "none"},
    "no pipeline": {"cicd": "none"},
    "no traces": {"observability": "cloudwatch"},
    "traces by OpenTelemetry": {"observability": "otel", "trace_sampling_percent": 25},
    "no alias": {"alias_strategy": "none"},
    "linear": {"traffic_shift": "linear"},
    "one environment": {"environments": [{"name": "prod"}]},
    "an older Python": {"python_version": "3.12"},
    "another architecture": {"architecture": "x86_64"},
    "public": {"api_auth": "none"},
    "not idempotent": {"idempotency": False},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_answer_keeps_edits(
    change: str, shared_releases: Releases, tmp_path: Path
) -> None:
    """The edited project becomes the fresh render of the new answers, plus the edits."""
    data = CHANGES[change]
    project = make(shared_releases, tmp_path / "project", shared_releases.current)
    edit(project.path)
    project.commit()
    project.update(data)
    fresh = make(shared_releases, tmp_path / "fresh", shared_releases.current, stored(project))
    for name, value in data.items():
        assert project.answers()[name] == value
    # Yours: as first created, whatever the answers are now.
    for name in fresh.tree():
        if yours(name):
            created = git(project.path, "log", "--format=%H", "--diff-filter=A", "--", name)
            if created:
                first = git(project.path, "show", f"{created.split()[-1]}:{name}") + "\n"
                (fresh.path / name).write_text(first, encoding="utf-8")
    edit(fresh.path)
    assert_nothing_lost(project, fresh.path)


@pytest.mark.parametrize("edited", [True, False], ids=["edited", "as rendered"])
def test_a_removed_function_leaves_its_business_code(
    edited: bool,  # noqa: FBT001
    shared_releases: Releases,
    tmp_path: Path,
) -> None:
    """Copier alone would delete it; what the template owns of the function goes."""
    project = make(shared_releases, tmp_path / "project", shared_releases.current)
    path = project.path / "functions" / "report_orders" / "service.py"
    if edited:
        path.write_text(path.read_text(encoding="utf-8") + BUSINESS, encoding="utf-8")
        project.commit()
    before = path.read_bytes()
    before_removal = sorted(project.tree())
    project.update({"functions": ADDED[:2]})
    assert path.read_bytes() == before
    left = sorted(name for name in project.tree() if "report_orders" in name)
    assert left == [name for name in before_removal if yours(name) and "report_orders" in name]
    assert len(left) == 2
    fresh = make(shared_releases, tmp_path / "fresh", shared_releases.current, stored(project))
    for name in left:
        target = fresh.path / name
        target.parent.mkdir(parents=True)
        target.write_bytes((project.path / name).read_bytes())
    assert_nothing_lost(project, fresh.path)


def test_every_effective_answer_is_stored(shared_releases: Releases, tmp_path: Path) -> None:
    """An answer that is not stored takes the next release's default, without a word."""
    project = make(shared_releases, tmp_path / "project", shared_releases.current)
    later = {name for _, _, beside in BESIDE for name in beside}
    assert set(questions()) - set(stored(project)) == later
    chosen = {question: answer for question, answer, _ in BESIDE}
    project = make(shared_releases, tmp_path / "chosen", shared_releases.current, chosen)
    assert set(stored(project)) == set(questions())
    barest = {"alias_strategy": "none", "functions": FUNCTION_LISTS["one queue"]}
    bare = make(shared_releases, tmp_path / "bare", shared_releases.current, barest)
    of_others = {"api_auth", "cors_origins", "traffic_shift", "startup", "dead_letters"}
    assert set(questions()) - set(stored(bare)) == of_others | later


def other_defaults(template: Path) -> None:
    """Change the default of every question."""
    path = template / "copier.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in questions():
        others = [value for value in values(name) if value not in (None, config[name]["default"])]
        config[name]["default"] = others[-1]
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


def test_changed_defaults_change_no_project(releases: Releases, tmp_path: Path) -> None:
    project = make(releases, tmp_path / "project", releases.current)
    before = project.tree()
    answers = stored(project)
    target = releases.release(other_defaults)
    project.update()
    assert stored(project) == answers
    after = project.tree()
    assert project.answers()["_commit"] == target
    del before[ANSWERS], after[ANSWERS]
    assert differences(before, after) == []


def tightened(template: Path) -> None:
    """Refuse what a project has stored."""
    path = template / "copier.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["monthly_budget"]["validator"] = "{% if monthly_budget < 100 %}too little{% endif %}"
    config["monthly_budget"]["default"] = 100
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


def without_a_choice(template: Path) -> None:
    """Take a choice away that a project has stored."""
    path = template / "copier.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    offered = config["layers"]["choices"]
    config["layers"]["choices"] = {text: name for text, name in offered.items() if name != "shared"}
    config["layers"]["default"] = "split"
    path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "named", "mend"),
    [
        (tightened, "monthly_budget", {"monthly_budget": 200}),
        (without_a_choice, "layers", {"layers": "none"}),
    ],
)
def test_a_stored_answer_refused_stops_by_name(
    change: Callable[[Path], None],
    named: str,
    mend: dict[str, Any],
    releases: Releases,
    tmp_path: Path,
) -> None:
    """Copier drops such an answer and takes the default, silently; that must not happen."""
    project = make(releases, tmp_path / "project", releases.current)
    edit(project.path)
    project.commit()
    releases.release(change)
    done = project.update_by_command(check=False)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert named in last
    assert "--data" in last, "the line does not say how to mend it"
    assert project.changes() == ""
    project.update_by_command(mend)
    assert project.answers()[named] == mend[named]


def test_a_dirty_project_is_refused(shared_releases: Releases, tmp_path: Path) -> None:
    project = make(shared_releases, tmp_path / "project", shared_releases.current)
    (project.path / "README.md").write_text("mine\n", encoding="utf-8")
    done = project.update_by_command(check=False)
    assert done.returncode != 0
    assert "dirty" in done.stderr
    assert (project.path / "README.md").read_text(encoding="utf-8") == "mine\n"


def test_a_deleted_business_module_comes_back(shared_releases: Releases, tmp_path: Path) -> None:
    """As the table of owners says: it is there while its function is."""
    project = make(shared_releases, tmp_path / "project", shared_releases.current)
    path = project.path / "functions" / "create_order" / "service.py"
    before = path.read_bytes()
    path.unlink()
    project.commit()
    project.update()
    assert path.read_bytes() == before


def test_releases_are_found_by_title(shared_releases: Releases) -> None:
    assert shared_releases.versions[:-1] == RELEASED
    assert git(shared_releases.path, "tag").splitlines() == sorted(shared_releases.versions)
