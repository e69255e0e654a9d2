"""The rendered pipelines pass D01-D06, and each check catches what it is there for."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.pipeline import checks, github
from tests.pipeline.validate import asked, findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Render
    from tests.support.render import Answers, Rendered

VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "one environment": {"environments": [{"name": "prod"}]},
    "no alias": {"alias_strategy": "none"},
    "Regions and accounts": {
        "environments": [
            {"name": "test"},
            {"name": "live", "region": "us-east-1", "account": "012345678901"},
        ],
        "default_branch": "release/1.x",
    },
    "one queue": {
        "functions": [{"name": "a", "source": "queue"}],
        "idempotency": False,
        "layers": "none",
        "observability": "cloudwatch",
    },
    "many environments": {
        "environments": [{"name": name} for name in ("dev", "test", "qa", "stage", "live")],
    },
    "no pipeline": {"cicd": "none"},
}


@pytest.mark.parametrize("answers", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.practice("D01", grade="static", tool="github")
@pytest.mark.practice("D02", grade="static", tool="github")
@pytest.mark.practice("D03", grade="static", tool="github")
@pytest.mark.practice("D04", grade="static", tool="github")
@pytest.mark.practice("D05", grade="static", tool="github")
@pytest.mark.practice("D06", grade="static", tool="github")
def test_no_finding(rendered: Render, answers: Answers) -> None:
    assert findings(rendered(answers).path) == []


def test_no_trace_without_a_pipeline(rendered: Render) -> None:
    project = rendered({"cicd": "none"})
    words = ("github actions", "bootstrap", "renovate", "permissionsboundary", "pipeline")
    found = {
        (file, word)
        for file in project.files
        for word in words
        if word in project.text(file).lower() and not file.startswith(".copier-answers")
    }
    assert found == set()


def test_read_as_github_reads() -> None:
    assert github.load("on: {push: }\nyes: true\n") == {"on": {"push": None}, "yes": True}


Workflows = dict[str, Any]


def jobs(workflows: Workflows, file: str = "deploy.yml") -> dict[str, Any]:
    """The jobs of a workflow."""
    found: dict[str, Any] = workflows[file]["jobs"]
    return found


def step(job: dict[str, Any], start: str) -> dict[str, Any]:
    """The step of a job whose command or action begins so."""
    return next(
        step for step in job["steps"] if str(step.get("run") or step.get("uses")).startswith(start)
    )


def drop(job: dict[str, Any], start: str) -> None:
    """Take a step out of a job."""
    job["steps"].remove(step(job, start))


def rules(updates: dict[str, Any], manager: str) -> dict[str, Any]:
    """Renovate's rule for a manager."""
    found: dict[str, Any] = next(
        rule for rule in updates["packageRules"] if rule["matchManagers"] == [manager]
    )
    return found


CREDENTIALS = "aws-actions/"

MUTATIONS: dict[str, tuple[str, Callable[[Workflows], object]]] = {
    "a check is left out": ("D01", lambda w: jobs(w, "ci.yml").pop("scan")),
    "production does not wait for staging": (
        "D01",
        lambda w: jobs(w)["deploy-prod"]["needs"].remove("deploy-staging"),
    ),
    "a deployment does not wait for the checks": (
        "D01",
        lambda w: jobs(w)["deploy-dev"]["needs"].remove("ci"),
    ),
    "nobody looks at the protection rules": ("D01", lambda w: drop(jobs(w)["gate"], "make gate")),
    "a deployment does not wait for the gate": (
        "D01",
        lambda w: [job["needs"].remove("gate") for job in list(jobs(w).values())[2:]],
    ),
    "production is deployed under staging's rules": (
        "D01",
        lambda w: jobs(w)["deploy-prod"].update(environment="staging"),
    ),
    "every branch is deployed": ("D01", lambda w: w["deploy.yml"]["on"]["push"].clear()),
    "a pull request deploys": (
        "D01",
        lambda w: jobs(w, "ci.yml").update(deploy=jobs(w)["deploy-dev"] | {"needs": []}),
    ),
    "an environment is left out": ("D01", lambda w: jobs(w).pop("deploy-prod")),
    "stored keys": (
        "D02",
        lambda w: step(jobs(w)["deploy-dev"], CREDENTIALS)["with"].update(
            {"aws-access-key-id": "x"}
        ),
    ),
    "a secret is read": (
        "D02",
        lambda w: jobs(w)["deploy-dev"].update(env={"TOKEN": "${{ secrets.TOKEN }}"}),
    ),
    "another environment's role": (
        "D02",
        lambda w: step(jobs(w)["deploy-dev"], CREDENTIALS)["with"].update(
            step(jobs(w)["deploy-prod"], CREDENTIALS)["with"]
        ),
    ),
    "another Region": (
        "D02",
        lambda w: step(jobs(w)["deploy-dev"], CREDENTIALS)["with"].update(
            {"aws-region": "us-west-2"}
        ),
    ),
    "a check can sign in": (
        "D02",
        lambda w: jobs(w, "ci.yml")["test"]["permissions"].update({"id-token": "write"}),
    ),
    "an action by its tag": (
        "D03",
        lambda w: step(jobs(w, "ci.yml")["test"], "actions/").update(uses="actions/checkout@v7"),
    ),
    "a job may write": (
        "D03",
        lambda w: jobs(w, "ci.yml")["lint"]["permissions"].update(contents="write"),
    ),
    "a job has the repository's default rights": (
        "D03",
        lambda w: (
            w["rollback.yml"].pop("permissions"),
            jobs(w, "rollback.yml")["rollback-dev"].pop("permissions"),
        ),
    ),
    "no limit of time": ("D03", lambda w: jobs(w)["gate"].pop("timeout-minutes")),
    "the token stays in the check-out": (
        "D03",
        lambda w: step(jobs(w)["deploy-dev"], "actions/checkout")["with"].clear(),
    ),
    "a deployment takes from a cache": (
        "D03",
        lambda w: step(jobs(w)["deploy-prod"], "astral-sh/")["with"].update({"enable-cache": True}),
    ),
    "logic in the file": (
        "D03",
        lambda w: step(jobs(w)["deploy-dev"], "make smoke").update(
            run="make smoke ENV=dev || true"
        ),
    ),
    "a title in a command": (
        "D03",
        lambda w: step(jobs(w, "ci.yml")["lint"], "make lint").update(
            run="make lint TITLE=${{ github.event.pull_request.title }}"
        ),
    ),
    "no smoke test": ("D04", lambda w: drop(jobs(w)["deploy-staging"], "make smoke")),
    "the smoke test of another environment": (
        "D04",
        lambda w: step(jobs(w)["deploy-prod"], "make smoke").update(run="make smoke ENV=dev"),
    ),
    "no roll-back": ("D04", lambda w: w.pop("rollback.yml")),
    "a roll-back for any choice": (
        "D04",
        lambda w: jobs(w, "rollback.yml")["rollback-prod"].pop("if"),
    ),
    "a roll-back of another environment": (
        "D04",
        lambda w: step(jobs(w, "rollback.yml")["rollback-dev"], "make rollback").update(
            run="make rollback ENV=prod"
        ),
    ),
    "a roll-back beside a deployment": (
        "D04",
        lambda w: jobs(w, "rollback.yml")["rollback-prod"].pop("concurrency"),
    ),
    "a deployment broken off": (
        "D04",
        lambda w: jobs(w)["deploy-prod"]["concurrency"].update({"cancel-in-progress": True}),
    ),
    "one environment waits for another": (
        "D04",
        lambda w: [
            job["concurrency"].update(group="environment-dev")
            for flow in ("deploy.yml", "rollback.yml")
            for job in jobs(w, flow).values()
            if "concurrency" in job
        ],
    ),
    "a second build": (
        "D06",
        lambda w: jobs(w)["deploy-prod"]["steps"].insert(4, {"run": "make build"}),
    ),
    "the artifact is not verified": ("D06", lambda w: drop(jobs(w)["deploy-prod"], "make unpack")),
    "verified after it was deployed": (
        "D06",
        lambda w: jobs(w)["deploy-prod"]["steps"].append(jobs(w)["deploy-prod"]["steps"].pop(4)),
    ),
    "verified against nothing": (
        "D06",
        lambda w: step(jobs(w)["deploy-prod"], "make unpack").pop("env"),
    ),
    "another artifact": (
        "D06",
        lambda w: step(jobs(w)["deploy-prod"], "actions/download")["with"].update(name="other"),
    ),
    "the build says no digest": ("D06", lambda w: drop(jobs(w, "ci.yml")["build"], "make pack")),
}


@pytest.fixture(scope="module")
def default_workflows(rendered: Render) -> tuple[Rendered, Workflows, dict[str, Any]]:
    project = rendered({})
    return project, github.documents(project.path), json.loads(project.text("renovate.json"))


@pytest.mark.parametrize(("practice", "mutate"), MUTATIONS.values(), ids=MUTATIONS)
def test_caught(
    default_workflows: tuple[Rendered, Workflows, dict[str, Any]],
    practice: str,
    mutate: Callable[[Workflows], object],
) -> None:
    project, workflows, updates = default_workflows
    broken = copy.deepcopy(workflows)
    mutate(broken)
    found = checks.findings(github.pipeline(broken, updates), asked(project.path))
    assert [finding for finding in found if finding.startswith(practice)]


UPDATES: dict[str, Callable[[dict[str, Any]], object]] = {
    "no updates of the template": lambda u: rules(u, "copier").update(enabled=False),
    "no updates of packages": lambda u: u.update(
        packageRules=[rule for rule in u["packageRules"] if rule["matchManagers"] != ["pep621"]]
    ),
    "the template is trusted": lambda u: u.update(ignoreScripts=False),
    "actions by tag": lambda u: rules(u, "github-actions").pop("pinDigests"),
    "the template waits for ever": lambda u: rules(u, "copier").pop("minimumReleaseAge"),
    "a manager is not enabled": lambda u: u.update(enabledManagers=["github-actions"]),
    "no schedule": lambda u: u.pop("schedule"),
}


@pytest.mark.parametrize("mutate", UPDATES.values(), ids=UPDATES)
def test_caught_in_updates(
    default_workflows: tuple[Rendered, Workflows, dict[str, Any]],
    mutate: Callable[[dict[str, Any]], object],
) -> None:
    project, workflows, updates = default_workflows
    broken = copy.deepcopy(updates)
    mutate(broken)
    found = checks.findings(github.pipeline(workflows, broken), asked(project.path))
    assert [finding for finding in found if finding.startswith("D05")]


def test_roll_back_without_an_alias_is_caught(
    default_workflows: tuple[Rendered, Workflows, dict[str, Any]], rendered: Render
) -> None:
    _, workflows, updates = default_workflows
    wanted = asked(rendered({"alias_strategy": "none"}).path)
    found = checks.findings(github.pipeline(workflows, updates), wanted)
    assert "D04 a roll-back job without an alias" in found


@pytest.mark.parametrize(
    "broken",
    [
        {"ci.yml": lambda d: d["on"].pop("pull_request")},
        {"deploy.yml": lambda d: d["on"].update(schedule=[])},
        {"deploy.yml": lambda d: d["jobs"]["gate"].update({"continue-on-error": True})},
        {"deploy.yml": lambda d: d["jobs"]["gate"].update({"if": "always()"})},
        {"deploy.yml": lambda d: d["jobs"]["ci"].update(secrets="inherit")},
    ],
    ids=["start", "schedule", "continue-on-error", "if", "secrets"],
)
def test_what_the_reader_does_not_know_is_refused(
    default_workflows: tuple[Rendered, Workflows, dict[str, Any]],
    broken: dict[str, Callable[[dict[str, Any]], object]],
) -> None:
    _, workflows, updates = default_workflows
    changed = copy.deepcopy(workflows)
    for file, mutate in broken.items():
        mutate(changed[file])
    with pytest.raises(github.UnreadError):
        github.pipeline(changed, updates)
