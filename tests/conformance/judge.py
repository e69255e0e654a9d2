"""Judge a rendered project: every check that applies, in every environment.

The matrix calls `conformance` for each distinct infrastructure; equal content is judged once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.conformance import cdk, sam
from tests.conformance.checks import CHECKS
from tests.conformance.checks.service import functions_are_those_answered
from tests.conformance.stages import views

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.checks import Check, Service
    from tests.conformance.model import Infrastructure


@dataclass(frozen=True, order=True)
class Finding:
    """What is wrong with one practice in one environment."""

    practice: str
    environment: str
    message: str

    def __str__(self) -> str:
        return f"{self.practice} {self.environment}: {self.message}"


def run(check: Check, model: Infrastructure, service: Service) -> list[str]:
    """What a check finds in a stack, or in each of its stages."""
    if check.whole:
        return check.run(model, service)
    return [
        f"{stage}: {message}" if stage else message
        for stage, seen, answered in views(model, service)
        for message in check.run(seen, answered)
    ]


def judge(model: Infrastructure, service: Service) -> list[Finding]:
    """Findings of every check that applies, sorted. A stack with other functions than the answered
    ones is judged on that alone: nothing else could be compared."""
    missing = functions_are_those_answered(model, service)
    if missing:
        return [Finding("S05", model.environment, message) for message in missing]
    return sorted(
        Finding(check.practice, model.environment, message)
        for check in CHECKS
        if check.applies(service)
        for message in run(check, model, service)
    )


_JUDGED: dict[str, list[Finding]] = {}


def conformance(project: Path, service: Service) -> list[Finding]:
    """Findings of a rendered project over all its environments, [] when every practice holds.

    `service` is the project's service model. Raises UnreadError or ResolveError when the template
    holds something that no check could judge.
    """
    digest = hashlib.sha256(json.dumps(service, sort_keys=True).encode())
    reader = cdk if (project / "cdk.json").is_file() else sam
    for file in reader.files(project):
        digest.update(file.read_bytes())
    key = digest.hexdigest()
    if key not in _JUDGED:
        _JUDGED[key] = [
            finding
            for environment in service["environments"]
            for finding in judge(reader.read(project, service, environment["name"])[0], service)
        ]
    return _JUDGED[key]
