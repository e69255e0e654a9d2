"""A pipeline in no product's words: jobs, what each waits for, hands on, and may do.

Each product has a reader (`github.py`) that fills this in from the rendered files, so that one set
of checks serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True)
class Borrowed:
    """A ready-made step of somebody else's: `name` of it and the `ref` that says which version."""

    name: str
    ref: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """A shell command with the environment variables that the step sets; values as written."""

    run: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """Where a job signs in to AWS: the role's ARN, the Region, and stored keys if it uses any."""

    role: str
    region: str
    stored_keys: tuple[str, ...] = ()


Step = Borrowed | Command | SignIn


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. `needs`: the jobs that must have succeeded; `environment`: whose rules guard it;
    `chosen`: the choice of the person who starts the flow that it runs for, "" for any.

    `permissions`: the rights of the pipeline's own token, name -> read or write. `exclusive`: jobs
    with the same name here never run at once; `interruptible`: a newer run ends this one.
    `publishes` and `fetches`: artifacts by name. `digest`: the job whose word on the artifact's
    SHA-256 this one is given. `stores_credentials`: the check-out leaves a token in .git.
    """

    name: str
    steps: tuple[Step, ...]
    needs: frozenset[str] = frozenset()
    environment: str = ""
    chosen: str = ""
    permissions: Mapping[str, str] = field(default_factory=dict)
    exclusive: str = ""
    interruptible: bool = False
    minutes: int | None = None
    publishes: tuple[str, ...] = ()
    fetches: tuple[str, ...] = ()
    digest: str = ""
    stores_credentials: bool = False
    cached: bool = False

    @property
    def commands(self) -> tuple[str, ...]:
        """The shell commands, in order."""
        return tuple(step.run for step in self.steps if isinstance(step, Command))

    @property
    def targets(self) -> tuple[str, ...]:
        """The Makefile's targets that it runs, in order: "release" of `make release ENV=dev`."""
        return tuple(command.split()[1] for command in self.commands if command.startswith("make "))

    @property
    def sign_ins(self) -> tuple[SignIn, ...]:
        """Where it signs in."""
        return tuple(step for step in self.steps if isinstance(step, SignIn))


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Jobs that one event starts. `started_by`: push, pull-request or by-hand; `branches` of it."""

    started_by: str
    jobs: Mapping[str, Job]
    branches: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    def before(self, name: str) -> frozenset[str]:
        """Every job that has succeeded when the job called `name` starts."""
        done: set[str] = set()
        left = list(self.jobs[name].needs)
        while left:
            job = left.pop()
            if job not in done:
                done.add(job)
                left += self.jobs[job].needs
        return frozenset(done)

    def running(self, target: str) -> dict[str, Job]:
        """The jobs that run a target of the Makefile, by name."""
        return {name: job for name, job in self.jobs.items() if target in job.targets}


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A project's pipeline: what a pull request, a push and a person start.

    `text` of all files, for what must stand nowhere; `settings` of the updates (renovate.json).
    """

    change: Flow
    delivery: Flow
    rollback: Flow | None
    text: str
    updates: Mapping[str, object]

    def flows(self) -> Iterator[Flow]:
        """The flows there are."""
        yield self.change
        yield self.delivery
        if self.rollback:
            yield self.rollback


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the answers ask of the pipeline: environments in order, the last is production.

    `stack`: the environment of the one stack that all of them share, if they do. Then the first of
    them is deployed, and the last gets by promotion what was tested there.
    """

    slug: str
    environments: tuple[str, ...]
    regions: tuple[str, ...]
    branch: str
    alias: bool
    stack: str = ""
    boundary: str = ""
    """Path and name of the policy that was answered to bound the service's roles."""

    @property
    def production(self) -> str:
        """The environment that needs an approval."""
        return self.environments[-1]
