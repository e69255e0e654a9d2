"""Run a GitHub workflow's own commands here, job by job, each in a clean check-out.

What GitHub would do around the commands is done in its place: a check-out is a clone, an artifact
is a file that is handed on, a sign-in asks the emulator for the role with a token such as GitHub
gives that job, and the API is a server of ours. A job gets what GitHub would give it and nothing
more: no file that another job left, no token or credentials that its permissions don't allow.

    python -m tests.pipeline.run_jobs PROJECT deploy.yml

runs a committed project's workflow against an emulator that AWS_ENDPOINT_URL names.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from tests.pipeline.github import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

Document = dict[str, Any]

ISSUER = "https://token.actions.githubusercontent.com"
NOT_INHERITED = ("AWS_", "GITHUB_", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "UV_PROJECT_", "MAKE")
"""Beginnings of variables of this process that a job doesn't get."""


class UnsupportedError(ValueError):
    """The workflow has something that is not done here."""


@dataclass(frozen=True)
class Cloud:
    """An emulator that enforces IAM. `subject`: how GitHub's tokens name the repository."""

    url: str
    account: str
    subject: str

    def token(self, environment: str, audience: str = "sts.amazonaws.com") -> str:
        """A token such as GitHub gives a job of an environment; nothing checks the signature."""
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "sub": f"{self.subject}:environment:{environment}",
        }
        parts = ({"alg": "none"}, claims)
        encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
        return ".".join([*(part.rstrip(b"=").decode() for part in encoded), "c2lnbmVk"])

    def sign_in(self, role: str, region: str, token: str) -> dict[str, str]:
        """The variables of a session with a role; raises botocore's ClientError when refused."""
        sts = boto3.client(
            "sts",
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id="",
            aws_secret_access_key="",
        )
        answer = sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="run", WebIdentityToken=token
        )
        keys = answer["Credentials"]
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }


@dataclass(frozen=True)
class Result:
    """How a job ended: success, failure or skipped; what it printed; what it says to others."""

    status: str
    log: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0


@dataclass
class Runner:
    """Runs workflows of the committed project at `repository` in folders below `workspace`.

    `variables`: the repository's, as `vars` gives them. `path`: what is on the jobs' PATH.
    """

    repository: Path
    workspace: Path
    cloud: Cloud
    api: str
    variables: Mapping[str, str]
    path: str
    report: Callable[[str], None] = print

    @property
    def artifacts(self) -> Path:
        """Where artifacts are kept between jobs."""
        return self.workspace / "artifacts"

    def run(
        self,
        file: str,
        *,
        inputs: Mapping[str, str] | None = None,
        only: Collection[str] | None = None,
        before: Mapping[str, Result] | None = None,
    ) -> dict[str, Result]:
        """Run a workflow's jobs in the order of their needs; the results by the jobs' names.

        `only`: the jobs to run. The others count as having succeeded, with the results `before`.
        """
        names = _names(file, documents(self.repository))
        known = {
            name: (before or {}).get(name, Result("success"))
            for name in names
            if only is not None and name not in only
        }
        return self._workflow(file, "", inputs or {}, known)

    def _workflow(
        self, file: str, prefix: str, inputs: Mapping[str, str], known: Mapping[str, Result]
    ) -> dict[str, Result]:
        workflow = documents(self.repository)[file]
        results: dict[str, Result] = {}
        called: dict[str, Result] = {}
        waiting = dict(workflow["jobs"])
        while waiting:
            name = next(name for name in waiting if not set(_needs(waiting[name])) & set(waiting))
            job = waiting.pop(name)
            needs = {need: called[need] for need in _needs(job)}
            contexts: dict[str, Any] = {
                "inputs": inputs,
                "vars": self.variables,
                "needs": {need: {"outputs": result.outputs} for need, result in needs.items()},
            }
            condition = "if" not in job or evaluate(job["if"], contexts) is True
            if any(result.status != "success" for result in needs.values()) or not condition:
                called[name] = results[prefix + name] = Result("skipped")
            elif "uses" in job:
                inner = self._workflow(Path(job["uses"]).name, f"{name}/", {}, known)
                results |= inner
                called[name] = self._called(Path(job["uses"]).name, name, inner)
            else:
                done = known.get(prefix + name)
                if done is None:
                    done = self._job(job, contexts)
                    self.report(f"{prefix + name}: {done.status} ({done.seconds:.1f} s)")
                called[name] = results[prefix + name] = done
        return results

    def _called(self, file: str, name: str, inner: Mapping[str, Result]) -> Result:
        """What a called workflow comes to for the jobs that need it."""
        failed = any(result.status == "failure" for result in inner.values())
        jobs = {
            job.removeprefix(f"{name}/"): {"outputs": result.outputs}
            for job, result in inner.items()
        }
        written = documents(self.repository)[file]["on"]["workflow_call"].get("outputs", {})
        outputs = {
            key: str(substitute(output["value"], {"jobs": jobs})) for key, output in written.items()
        }
        return Result("failure" if failed else "success", outputs=outputs)

    def _job(self, job: Document, contexts: dict[str, Any]) -> Result:
        begin = time.monotonic()
        folder = self.workspace / "job"  # always the same, as on GitHub's runners
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        rights = job["permissions"]
        running = _Job(self, job, folder / "checkout", contexts | {"steps": {}}, rights)
        status = "success"
        for step in job["steps"]:
            try:
                running.step(step)
            except _StepFailedError:
                status = "failure"
                break
        outputs = {
            key: str(substitute(value, running.contexts))
            for key, value in job.get("outputs", {}).items()
            if status == "success"
        }
        return Result(status, "".join(running.log), outputs, time.monotonic() - begin)


class _StepFailedError(Exception):
    """A step of a job failed; the job's log says how."""


@dataclass
class _Job:
    """A job while it runs: its check-out, its variables, what it printed."""

    runner: Runner
    written: Document
    checkout: Path
    contexts: dict[str, Any]
    rights: Mapping[str, str]
    log: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        token = "+".join(sorted(f"{right}:{how}" for right, how in self.rights.items()))
        self.contexts["github"] = {"token": token, "run_id": "1"}
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)
        }
        self.environment = inherited | {
            "PATH": self.runner.path,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "example/order-service",
            "GITHUB_API_URL": self.runner.api,
        }
        for name, value in self.written.get("env", {}).items():
            self.environment[name] = str(substitute(value, self.contexts))

    def step(self, step: Document) -> None:
        """Do one step; raises _StepFailedError, or UnsupportedError."""
        if unknown := set(step) - {"name", "id", "uses", "with", "run", "env"}:
            raise UnsupportedError(f"a step with {', '.join(sorted(unknown))}")
        if "run" in step:
            self._command(step)
            return
        options = {
            name: substitute(value, self.contexts) if isinstance(value, str) else value
            for name, value in step.get("with", {}).items()
        }
        action = str(step["uses"]).partition("@")[0]
        actions: dict[str, Callable[[Document], None]] = {
            "actions/checkout": self._clone,
            "actions/download-artifact": self._download,
            "actions/upload-artifact": self._upload,
            "astral-sh/setup-uv": self._uv,
            "aws-actions/configure-aws-credentials": self._sign_in,
        }
        if action not in actions:
            raise UnsupportedError(f"the action {action}")
        actions[action](options)

    def _command(self, step: Document) -> None:
        output = self.checkout.parent / "output"
        output.write_text("", encoding="utf-8")
        own = {name: str(substitute(v, self.contexts)) for name, v in step.get("env", {}).items()}
        if "${{" in step["run"]:
            raise UnsupportedError("an expression in a command")
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.checkout,
            env=self.environment | {"GITHUB_OUTPUT": str(output)} | own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=self.written["timeout-minutes"] * 60,
        )
        self.log.append(f"$ {step['run']}\n{done.stdout}")
        if done.returncode:
            raise _StepFailedError
        lines = output.read_text(encoding="utf-8").splitlines()
        said = dict(line.split("=", 1) for line in lines if line)
        if "id" in step:
            self.contexts["steps"][step["id"]] = {"outputs": said}

    def _clone(self, _: Document) -> None:
        source = f"file://{self.runner.repository}"
        subprocess.run(
            ["git", "clone", "--quiet", "--depth=1", source, str(self.checkout)], check=True
        )
        # Installed packages are kept between jobs, as by a cache: same locks, same packages.
        for name in (".venv", "tools/.venv"):
            kept = self.runner.workspace / "environments" / name.replace("/", "-")
            kept.mkdir(parents=True, exist_ok=True)
            (self.checkout / name).symlink_to(kept)

    def _uv(self, _: Document) -> None:
        """uv is on the path already."""

    def _upload(self, options: Document) -> None:
        kept = self.runner.artifacts / options["name"]
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        shutil.copy2(self.checkout / options["path"], kept)

    def _download(self, options: Document) -> None:
        target = self.checkout / options["path"]
        shutil.copytree(self.runner.artifacts / options["name"], target, dirs_exist_ok=True)

    def _sign_in(self, options: Document) -> None:
        if self.rights.get("id-token") != "write":
            self.log.append("GitHub gives this job no token to sign in with\n")
            raise _StepFailedError
        cloud = self.runner.cloud
        token = cloud.token(self.written["environment"])
        self.environment |= cloud.sign_in(options["role-to-assume"], options["aws-region"], token)


def _names(file: str, workflows: Mapping[str, Document]) -> list[str]:
    """The names of a workflow's jobs, those of the workflows that it calls too."""
    names = []
    for name, job in workflows[file]["jobs"].items():
        called = _names(Path(job["uses"]).name, workflows) if "uses" in job else []
        names += [f"{name}/{inner}" for inner in called] or [name]
    return names


def _needs(job: Document) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else list(needs)


_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


def substitute(text: object, contexts: Mapping[str, Any]) -> object:
    """`text` with the values of its `${{ }}` expressions."""
    return _EXPRESSION.sub(lambda found: str(evaluate(found[1], contexts)), str(text))


def evaluate(expression: str, contexts: Mapping[str, Any]) -> object:
    """The value of an expression: literals, names, `==` and `||`; UnsupportedError for others."""
    expression = expression.strip()
    if "||" in expression:
        values = (evaluate(part, contexts) for part in expression.split("||"))
        return next((value for value in values if value), "")
    if "==" in expression:
        left, right = (evaluate(part, contexts) for part in expression.split("=="))
        return left == right
    if literal := re.fullmatch(r"'([^']*)'", expression):
        return literal[1]
    if not re.fullmatch(r"[a-z]+(\.[\w-]+)+", expression):
        raise UnsupportedError(f"the expression {expression}")
    value: Any = contexts
    for part in expression.split("."):
        # As on GitHub: what is not there is empty.
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return value


def main() -> int:
    """Run a workflow of a committed project; status 1 if a job fails."""
    project, file = Path(sys.argv[1]).resolve(), sys.argv[2]
    account = os.environ.get("AWS_ACCOUNT_ID", "000000000000")
    cloud = Cloud(os.environ["AWS_ENDPOINT_URL"], account, "repo:example@1/order-service@2")
    runner = Runner(
        repository=project,
        workspace=project / ".local" / "pipeline",
        cloud=cloud,
        api=os.environ.get("GITHUB_API_URL", "https://api.github.com"),
        variables={"AWS_ACCOUNT_ID": account},
        path=os.environ["PATH"],
    )
    results = runner.run(file, inputs=dict(pair.split("=", 1) for pair in sys.argv[3:]))
    for name, result in results.items():
        if result.status == "failure":
            print(f"--- {name}\n{result.log}", file=sys.stderr)
    return int(any(result.status == "failure" for result in results.values()))


if __name__ == "__main__":
    sys.exit(main())
