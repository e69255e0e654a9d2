"""D01-D06 on the model, so on every pipeline product alike. A finding begins with its practice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from tests.pipeline.model import Borrowed, Command, Job, Pipeline, Wanted

CHECKS = ("lint", "test", "validate", "scan")
"""Targets of the Makefile that have to succeed before anything is deployed."""

LOGIC = re.compile(r"&&|\|\||[;|`]|\$\(|\bif\b|\bfor\b")
"""What a command of a pipeline file has none of: the Makefile decides."""

RIGHTS: Mapping[str, Mapping[str, str]] = {
    "gate": {"contents": "read", "actions": "read"},
    "release": {"contents": "read", "id-token": "write"},
    "promote": {"contents": "read", "id-token": "write"},
    "rollback": {"contents": "read", "id-token": "write"},
}
"""The most that a job running this target may do with the pipeline's own token."""


def findings(pipeline: Pipeline, wanted: Wanted) -> list[str]:
    """What the pipeline lacks, one line each."""
    return [finding for check in ALL for finding in check(pipeline, wanted)]


def stages(pipeline: Pipeline, wanted: Wanted) -> Iterator[str]:
    """Every check and one build, for a pull request and before a deployment of the branch."""
    for flow in (pipeline.change, pipeline.delivery):
        for target in (*CHECKS, "build"):
            if len(flow.running(target)) != 1:
                yield f"D01 {flow.started_by}: {len(flow.running(target))} jobs run make {target}"
    for target in ("release", "promote", "rollback"):
        if pipeline.change.running(target):
            yield f"D01 a pull request runs make {target}"
    branches = pipeline.delivery.branches
    if branches != (wanted.branch,):
        yield f"D01 deploys {', '.join(branches) or 'any branch'}, not {wanted.branch}"
    if not pipeline.delivery.running("gate"):
        yield "D01 nothing looks whether the protection rules are in force"


def order(pipeline: Pipeline, wanted: Wanted) -> Iterator[str]:
    """Each environment in order, after the checks, the build and the gate, under its own rules."""
    delivery = pipeline.delivery
    deployments = {
        job.environment: name
        for target in ("release", "promote")
        for name, job in delivery.running(target).items()
    }
    if sorted(deployments) != sorted(wanted.environments):
        yield f"D01 deploys {', '.join(deployments)}, not {', '.join(wanted.environments)}"
        return
    needed = {name for target in (*CHECKS, "build", "gate") for name in delivery.running(target)}
    for environment in wanted.environments:
        name = deployments[environment]
        if missing := needed - delivery.before(name):
            yield f"D01 {name} does not wait for {', '.join(sorted(missing))}"
        if wanted.stack:
            expected = "make promote" if environment == wanted.production else "make release"
        else:
            expected = f"make release ENV={environment}"
        if expected not in delivery.jobs[name].commands:
            yield f"D01 {name} is guarded as {environment} and deploys something else"
        needed.add(name)


def sign_in(pipeline: Pipeline, wanted: Wanted) -> Iterator[str]:
    """No stored keys; each environment's job signs in to that environment's role."""
    if "secrets." in pipeline.text or re.search(r"secrets\[|AKIA[0-9A-Z]{16}", pipeline.text):
        yield "D02 reads a stored secret"
    regions = dict(zip(wanted.environments, wanted.regions, strict=True))
    for flow in pipeline.flows():
        for name, job in flow.jobs.items():
            acts = {"release", "promote", "rollback", "smoke"} & set(job.targets)
            if acts and len(job.sign_ins) != 1:
                yield f"D02 {name} acts on AWS and signs in {len(job.sign_ins)} times"
            if not acts and (job.sign_ins or "id-token" in job.permissions):
                yield f"D02 {name} does nothing on AWS and can sign in"
            for sign_in in job.sign_ins:
                role = f":role/pipeline/{wanted.slug}-{job.environment}-deploy"
                if not sign_in.role.endswith(role):
                    yield f"D02 {name} signs in as {sign_in.role}, not as the role of its own"
                if sign_in.region != regions.get(job.environment):
                    yield f"D02 {name} signs in to {sign_in.region}"
                if sign_in.stored_keys:
                    yield f"D02 {name} is given {', '.join(sign_in.stored_keys)}"


def _jobs(pipeline: Pipeline) -> Iterator[Job]:
    for flow in pipeline.flows():
        yield from flow.jobs.values()


def pinned(pipeline: Pipeline, _: Wanted) -> Iterator[str]:
    """Other people's steps by the digest of a commit."""
    for job in _jobs(pipeline):
        for step in job.steps:
            if isinstance(step, Borrowed) and not re.fullmatch(r"[0-9a-f]{40}", step.ref):
                yield f"D03 {job.name}: {step.name}@{step.ref} is not pinned to a commit"


def least(pipeline: Pipeline, _: Wanted) -> Iterator[str]:
    """No right, time, token or cache more than a job needs."""
    for job in _jobs(pipeline):
        most = {"contents": "read"}
        for target in job.targets:
            most |= RIGHTS.get(target, {})
        for right, how in job.permissions.items():
            if most.get(right) != how:
                yield f"D03 {job.name} may {how} {right}"
        if not job.minutes:
            yield f"D03 {job.name} has no limit of time"
        if job.stores_credentials:
            yield f"D03 {job.name} leaves a token in its check-out"
        if job.cached and (job.sign_ins or job.publishes):
            yield f"D03 {job.name} takes from a cache that other jobs fill"


def commands(pipeline: Pipeline, _: Wanted) -> Iterator[str]:
    """A command is a target of the Makefile: no logic, and no text that others write."""
    for job in _jobs(pipeline):
        for command in job.commands:
            if LOGIC.search(command):
                yield f"D03 {job.name}: logic in {command!r}"
            if not command.startswith("make "):
                yield f"D03 {job.name}: {command!r} is no target of the Makefile"
            if "${{" in command:
                yield f"D03 {job.name}: {command!r} takes in text that others write"


def smoke(pipeline: Pipeline, wanted: Wanted) -> Iterator[str]:
    """A smoke test of the same environment after each deployment, promotion and roll-back."""
    place = "STAGE" if wanted.stack else "ENV"
    for flow in pipeline.flows():
        for target in ("release", "promote", "rollback"):
            for name, job in flow.running(target).items():
                after = job.targets[job.targets.index(target) + 1 :]
                if (
                    "smoke" not in after
                    or f"make smoke {place}={job.environment}" not in job.commands
                ):
                    yield f"D04 {name}: no smoke test after make {target}"


def rollback(pipeline: Pipeline, wanted: Wanted) -> Iterator[str]:
    """With an alias: a job for each environment, started by hand for the one that is chosen."""
    flow = pipeline.rollback
    if bool(flow) != wanted.alias:
        yield f"D04 a roll-back job {'without an alias' if flow else 'is missing'}"
    if not flow:
        return
    if wanted.stack:
        jobs = flow.running("rollback")
        places = [job.environment for job in jobs.values()]
        if flow.choices or flow.started_by != "by-hand" or places != [wanted.production]:
            yield f"D04 the roll-back has jobs for {', '.join(places)}, not for production alone"
        return
    if flow.choices != wanted.environments or flow.started_by != "by-hand":
        yield f"D04 the roll-back offers {', '.join(flow.choices)}"
    jobs = flow.running("rollback")
    places = [job.environment for job in jobs.values()]
    if places != list(wanted.environments):
        yield f"D04 the roll-back has jobs for {', '.join(places)}"
    for name, job in jobs.items():
        if f"make rollback ENV={job.environment}" not in job.commands:
            yield f"D04 {name} is guarded as {job.environment} and rolls back something else"
        if job.chosen != job.environment:
            yield f"D04 {name} runs when {job.chosen or 'anything'} is chosen"


def exclusive(pipeline: Pipeline, wanted: Wanted) -> Iterator[str]:
    """Never two jobs that act on one environment at once, and none broken off half-way."""
    jobs = list(pipeline.delivery.running("release").values())
    jobs += pipeline.delivery.running("promote").values()
    if pipeline.rollback:
        jobs += pipeline.rollback.running("rollback").values()
    for environment in wanted.environments:
        groups = {job.exclusive for job in jobs if job.environment == environment}
        if len(groups) != 1 or groups == {""}:
            yield f"D04 two jobs can act on {environment} at once"
    stacks = 1 if wanted.stack else len(wanted.environments)
    if len({job.exclusive for job in jobs}) != stacks:
        yield "D04 one environment waits for another"
    if any(job.interruptible for job in jobs):
        yield "D04 a newer run can break a deployment off half-way"


def updates(pipeline: Pipeline, _: Wanted) -> Iterator[str]:
    """Renovate looks after the template (trusting no code), the packages and the actions."""
    settings = pipeline.updates
    rules = cast("list[dict[str, Any]]", settings.get("packageRules", []))
    by_manager = {manager: rule for rule in rules for manager in rule.get("matchManagers", [])}
    for manager in ("copier", "pep621", "github-actions"):
        rule = by_manager.get(manager)
        if rule is None or rule.get("enabled") is False:
            yield f"D05 no updates by {manager}"
    enabled = cast("list[str]", settings.get("enabledManagers", ["copier", "pep621"]))
    if not {"copier", "pep621"} <= set(enabled) or settings.get("enabled") is False:
        yield "D05 a manager is switched off"
    if settings.get("ignoreScripts") is not True:
        yield "D05 the template's code would be trusted"
    if by_manager.get("github-actions", {}).get("pinDigests") is not True:
        yield "D05 actions do not stay pinned to a commit"
    # Git tags have no release date: waiting for an age would mean waiting for ever.
    if settings.get("minimumReleaseAge") and "minimumReleaseAge" not in by_manager.get(
        "copier", {}
    ):
        yield "D05 updates of the template wait for an age that Git tags do not have"
    if not settings.get("schedule"):
        yield "D05 updates have no schedule"


def artifact(pipeline: Pipeline, _: Wanted) -> Iterator[str]:
    """One artifact of one build, the same one for every environment, by its digest."""
    delivery = pipeline.delivery
    publishing = {name: job for name, job in delivery.jobs.items() if job.publishes}
    builders = set(delivery.running("build"))
    if set(publishing) != builders or any(len(job.publishes) != 1 for job in publishing.values()):
        yield f"D06 {', '.join(publishing) or 'nobody'} publishes what {', '.join(builders)} builds"
        return
    published = {artifact for job in publishing.values() for artifact in job.publishes}
    for name in builders:
        targets = delivery.jobs[name].targets
        if "pack" not in targets or targets.index("pack") < targets.index("build"):
            yield f"D06 {name} does not say the digest of what it built"
    for name, job in delivery.running("release").items():
        if set(job.fetches) != published:
            yield f"D06 {name} fetches {', '.join(job.fetches) or 'nothing'}"
        if job.digest not in builders:
            yield f"D06 {name} is not told the digest by the build"
        targets = job.targets
        if "unpack" not in targets or targets.index("unpack") > targets.index("release"):
            yield f"D06 {name} does not verify the artifact before it deploys"
        if {"build", "deploy", "pack"} & set(targets):
            yield f"D06 {name} builds again"
        given = [
            step.environment.get("DIGEST", "")
            for step in job.steps
            if isinstance(step, Command) and step.run.startswith("make unpack")
        ]
        if not all(given):
            yield f"D06 {name} verifies against no digest"


def promotion(pipeline: Pipeline, wanted: Wanted) -> Iterator[str]:
    """In one stack production gets the very release that was tested before it, by its number."""
    delivery = pipeline.delivery
    promoting = delivery.running("promote")
    if bool(promoting) != bool(wanted.stack):
        yield f"D06 {len(promoting)} jobs promote"
    for name, job in promoting.items():
        tested = [
            before for before in delivery.before(name) if "tested" in delivery.jobs[before].targets
        ]
        for before in tested:
            targets = delivery.jobs[before].targets
            if "smoke" not in targets or targets.index("smoke") > targets.index("tested"):
                yield f"D06 {before} says what is tested before it is"
        given = [
            step.environment.get("RELEASE", "")
            for step in job.steps
            if isinstance(step, Command) and step.run.startswith("make promote")
        ]
        expected = [f"${{{{ needs.{before}.outputs.release }}}}" for before in tested]
        if len(tested) != 1 or given != expected:
            yield f"D06 {name} promotes something else than what was tested"
        if {"build", "release", "unpack"} & set(job.targets):
            yield f"D06 {name} deploys"


Check = Callable[[Pipeline, Wanted], Iterator[str]]
ALL: tuple[Check, ...] = (
    stages,
    order,
    sign_in,
    pinned,
    least,
    commands,
    smoke,
    rollback,
    exclusive,
    updates,
    artifact,
    promotion,
)
"""D01: stages, order. D02: sign_in. D03: pinned to commands. D04: smoke to exclusive. D05: updates.
D06: artifact, promotion."""
