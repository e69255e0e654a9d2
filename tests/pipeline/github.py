"""GitHub's workflows, read into the model; nothing that it doesn't know passes in silence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import yaml

from tests.pipeline.model import Borrowed, Command, Flow, Job, Pipeline, SignIn, Step

if TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, Any]

_DIGEST = re.compile(r"^\$\{\{ needs\.([\w-]+)\.outputs\.digest \}\}$")
_CHOSEN = re.compile(r"^inputs\.environment == '(\w+)'$")
_CALL = "./.github/workflows/"


class UnreadError(ValueError):
    """A workflow has something that the reader doesn't know, so that no check could judge it."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans, as GitHub reads them: `on` is a word."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load(text: str) -> Document:
    """A workflow as data."""
    return cast("Document", yaml.load(text, _Loader))


def documents(project: Path) -> dict[str, Document]:
    """The project's workflows by file name."""
    folder = project / ".github" / "workflows"
    return {path.name: load(path.read_text(encoding="utf-8")) for path in sorted(folder.iterdir())}


def read(project: Path) -> Pipeline:
    """The pipeline of a rendered project; raises UnreadError."""
    updates = json.loads((project / "renovate.json").read_text(encoding="utf-8"))
    return pipeline(documents(project), updates)


def pipeline(workflows: Mapping[str, Document], updates: Mapping[str, object]) -> Pipeline:
    """The pipeline of these workflows; raises UnreadError."""
    unknown = set(workflows) - {"ci.yml", "deploy.yml", "rollback.yml"}
    if unknown:
        raise UnreadError(f"unknown workflows {', '.join(sorted(unknown))}")
    rollback = None
    if "rollback.yml" in workflows:
        asked = workflows["rollback.yml"]["on"]["workflow_dispatch"] or {}
        choices = asked["inputs"]["environment"]["options"] if asked else ()
        rollback = _flow("by-hand", "rollback.yml", workflows, choices=tuple(choices))
    started = workflows["deploy.yml"]["on"]
    if set(started) != {"push"}:
        raise UnreadError(f"deploy.yml is started by {', '.join(started)}")
    branches = tuple(started["push"].get("branches", ()))
    if "pull_request" not in workflows["ci.yml"]["on"]:
        raise UnreadError("ci.yml is not started by a pull request")
    return Pipeline(
        change=_flow("pull-request", "ci.yml", workflows),
        delivery=_flow("push", "deploy.yml", workflows, branches=branches),
        rollback=rollback,
        text="\n".join(json.dumps(document, ensure_ascii=False) for document in workflows.values()),
        updates=updates,
    )


def _flow(
    started_by: str,
    file: str,
    workflows: Mapping[str, Document],
    *,
    branches: tuple[str, ...] = (),
    choices: tuple[str, ...] = (),
) -> Flow:
    jobs: dict[str, Job] = {}
    called: dict[str, frozenset[str]] = {}
    for name, job in workflows[file]["jobs"].items():
        if "uses" in job:
            own = _called(name, job, workflows)
            called[name] = frozenset(own)
            jobs |= own
        else:
            jobs[name] = _job(name, job, workflows[file])
    return Flow(
        started_by=started_by,
        jobs={name: _rewired(job, called) for name, job in jobs.items()},
        branches=branches,
        choices=choices,
    )


def _called(caller: str, call: Document, workflows: Mapping[str, Document]) -> dict[str, Job]:
    """The jobs of a workflow of ours that another one calls, as if they stood in it."""
    if not call["uses"].startswith(_CALL) or set(call) - {"name", "uses", "permissions"}:
        raise UnreadError(f"{caller} calls {call['uses']}")
    document = workflows[call["uses"].removeprefix(_CALL)]
    found = {}
    for name, written in document["jobs"].items():
        job = _job(name, written, document)
        # A called workflow has no right that its caller doesn't give.
        given = _permissions(call["permissions"])
        rights = {right: how for right, how in job.permissions.items() if given.get(right) == how}
        needs = frozenset(f"{caller}/{need}" for need in job.needs)
        new = {"name": f"{caller}/{name}", "needs": needs, "permissions": rights}
        found[f"{caller}/{name}"] = Job(**{**_fields(job), **new})
    return found


def _fields(job: Job) -> dict[str, Any]:
    return {name: getattr(job, name) for name in job.__dataclass_fields__}


def _rewired(job: Job, called: Mapping[str, frozenset[str]]) -> Job:
    """With the jobs of a called workflow in place of the call, and the one that says the digest."""
    needs = frozenset[str]().union(*(called.get(need, frozenset({need})) for need in job.needs))
    digest = f"{job.digest}/build" if job.digest in called else job.digest
    return Job(**{**_fields(job), "needs": needs, "digest": digest})


def _permissions(written: object) -> dict[str, str]:
    """Rights of the token; the words for all of them stand for writing everything."""
    if isinstance(written, Mapping):
        return {str(name): str(how) for name, how in written.items()}
    return {"everything": str(written)}


KNOWN_JOB = {
    "name",
    "if",
    "needs",
    "runs-on",
    "timeout-minutes",
    "environment",
    "concurrency",
    "permissions",
    "outputs",
    "env",
    "steps",
}


def _job(name: str, job: Document, workflow: Document) -> Job:
    if unknown := set(job) - KNOWN_JOB:
        raise UnreadError(f"{name} has {', '.join(sorted(unknown))}")
    # Without a word on it, a job has whatever rights the repository's settings give.
    rights = job.get("permissions", workflow.get("permissions", "write-all"))
    concurrency = job.get("concurrency", {})
    needs = job.get("needs", [])
    chosen = _CHOSEN.match(job.get("if", ""))
    if "if" in job and not chosen:
        raise UnreadError(f"{name} runs if {job['if']}")
    steps: list[Step] = []
    publishes, fetches, digest = [], [], ""
    stores_credentials = cached = False
    for written in job["steps"]:
        options = written.get("with", {})
        steps += _steps(name, written)
        match _action(written):
            case "actions/checkout":
                stores_credentials |= options.get("persist-credentials", True) is not False
            case "astral-sh/setup-uv":
                cached |= options.get("enable-cache", True) is not False
            case "actions/upload-artifact":
                publishes.append(options["name"])
            case "actions/download-artifact":
                fetches.append(options["name"])
        said = _DIGEST.match(str(written.get("env", {}).get("DIGEST", "")))
        digest = said[1] if said else digest
    return Job(
        name=name,
        steps=tuple(steps),
        needs=frozenset([needs] if isinstance(needs, str) else needs),
        environment=str(job.get("environment", "")),
        chosen=chosen[1] if chosen else "",
        permissions=_permissions(rights),
        exclusive=str(concurrency.get("group", "")),
        interruptible=concurrency.get("cancel-in-progress", False) is not False,
        minutes=job.get("timeout-minutes"),
        publishes=tuple(publishes),
        fetches=tuple(fetches),
        digest=digest,
        stores_credentials=stores_credentials,
        cached=cached,
    )


def _action(step: Document) -> str:
    return str(step.get("uses", "")).partition("@")[0]


def _steps(job: str, step: Document) -> list[Step]:
    """What a step is: somebody else's, which may also sign in, or a command of ours."""
    if "run" in step:
        environment = {name: str(value) for name, value in step.get("env", {}).items()}
        return [Command(run=step["run"], environment=environment)]
    if "uses" not in step:
        raise UnreadError(f"{job} has a step that does nothing")
    name, _, ref = str(step["uses"]).partition("@")
    found: list[Step] = [Borrowed(name=name, ref=ref)]
    if name == "aws-actions/configure-aws-credentials":
        options = step.get("with", {})
        keys = tuple(option for option in options if "key" in option or "token" in option)
        found.append(
            SignIn(
                role=str(options.get("role-to-assume", "")),
                region=str(options.get("aws-region", "")),
                stored_keys=keys,
            )
        )
    return found
