"""What every tool that ends in CloudFormation shares: cfn-lint in process, limits, one checkov."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
from collections import defaultdict
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from tests.support.tools import CACHE, PYTHON, find_python, need, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from cfnlint.rules import Rules

RESOURCES = 500
"""Resources that CloudFormation takes in one stack (CloudFormation quotas)."""
TEMPLATE_BYTES = 1_000_000
"""Bytes that CloudFormation takes of a template in a bucket (CloudFormation quotas)."""
DIRECT_BYTES = 51_200
"""Bytes that it takes of one given in the call (CloudFormation quotas)."""
CHECKOV = "3.3.30"


def of_type(template: Mapping[str, Any], kind: str) -> dict[str, Mapping[str, Any]]:
    """The resources of a type, for instance AWS::SQS::Queue, by logical id."""
    return {
        logical_id: resource
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def one(template: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The only resource of a type; AssertionError when there are none or more."""
    found = of_type(template, kind)
    assert len(found) == 1, f"{kind}: {sorted(found)}"
    return next(iter(found.values()))


_NAMES = re.compile(r"[A-Za-z0-9]+")
_SECTIONS = ("Parameters", "Conditions", "Resources")
"""The sections of a template whose entries others may name."""


def _named(template: Mapping[str, Any]) -> dict[str, Any]:
    """What a resource may name, by name: a table's rows are named apart from its keys."""
    named = {
        name: part for section in _SECTIONS for name, part in template.get(section, {}).items()
    }
    values: dict[str, list[Any]] = {}
    for name, table in template.get("Mappings", {}).items():
        named[name] = sorted(table)
        for key, row in table.items():
            for column, value in row.items():
                values.setdefault(column, []).append([name, key, value])
    return named | {
        column: [named[column], cells] if column in named else cells
        for column, cells in values.items()
    }


def _surroundings(template: Mapping[str, Any]) -> Callable[[str], str]:
    """What a digest of a resource is made by: all that cfn-lint looks at when it checks it.

    That is its name, itself, and what it names: parameters, values of tables, conditions and
    resources, of which rules compare properties; with what is named by those that are no resource.
    Of the resources that name it, their types. It is enough that a text could be a name.
    """
    bodies = {name: json.dumps(part, sort_keys=True) for name, part in _named(template).items()}
    names = {name: bodies.keys() & _NAMES.findall(body) for name, body in bodies.items()}
    users: defaultdict[str, set[str]] = defaultdict(set)
    for user, resource in template["Resources"].items():
        for name in names[user]:
            users[name].add(resource["Type"])

    def digest(resource: str) -> str:
        seen, left = {resource}, [*names[resource]]
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left += [] if name in template["Resources"] else names[name]
        parts = [f"{name} {bodies[name]}" for name in sorted(seen)]
        whole = json.dumps([resource, parts, sorted(users[resource])])
        return hashlib.sha256(whole.encode()).hexdigest()

    return digest


_COMPARED = "AWS::EC2::"
"""Types of which rules compare all resources that a template has, such as the subnets."""

_clean: set[tuple[str, tuple[str, ...]]] = set()
"""Resources that cfn-lint has found nothing in, in their surroundings, for some Regions."""


@cache
def _rules() -> Rules:
    """cfn-lint's rules, which it would read again for each template: a quarter of the time.

    Most of the rest is spent on the resources, one by one. A resource in which nothing was found is
    passed over when it comes again, in another template of the same process.
    """
    from cfnlint.config import ConfigMixIn  # noqa: PLC0415
    from cfnlint.runner import Runner  # noqa: PLC0415

    rules = Runner(ConfigMixIn([])).rules
    each = rules["E3001"].validators["patternProperties"]

    def unless_clean(
        validator: Any, patterns: Any, resources: dict[str, Any], schema: Any
    ) -> Iterator[Any]:
        if resources is not validator.cfn.template["Resources"]:  # what is inside of one
            yield from each(validator, patterns, resources, schema)
            return
        digest = _surroundings(validator.cfn.template)
        for name, resource in resources.items():
            key = (digest(name), tuple(validator.cfn.regions))
            if key in _clean and not resource["Type"].startswith(_COMPARED):
                continue
            found = list(each(validator, patterns, {name: resource}, schema))
            if all(error.rule and error.rule.id.startswith("I") for error in found):
                _clean.add(key)  # what is for information is not reported
            yield from found

    rules["E3001"].validators["patternProperties"] = unless_clean
    return rules


@lru_cache(maxsize=4096)
def _lint(text: str, regions: tuple[str, ...]) -> tuple[str, ...]:
    # Two seconds to import.
    from cfnlint.config import ConfigMixIn, ManualArgs  # noqa: PLC0415
    from cfnlint.decode import decode_str  # noqa: PLC0415
    from cfnlint.runner import run_template_by_data  # noqa: PLC0415

    template, unreadable = decode_str(text)
    config = ConfigMixIn(**ManualArgs(regions=[*regions]))
    found = []
    for match in unreadable or run_template_by_data(template, config, _rules()):
        # A template that cannot be read has a line and no path.
        path = "/".join(map(str, getattr(match, "path", None) or []))
        found.append(f"{match.rule.id} {path}: {match.message}")
    return tuple(sorted(found))


def lint(template: Mapping[str, Any], *regions: str) -> tuple[str, ...]:
    """cfn-lint's findings on plain CloudFormation as `RULE path: message`, sorted.

    Errors and warnings, cfn-lint's default. `regions` decide which types and values exist, and cost
    little more than one. Equal templates are linted once in a process, since that takes most of a
    second.
    """
    return _lint(json.dumps(template, indent=1, ensure_ascii=False), regions)


def over_limits(template: Mapping[str, Any]) -> list[str]:
    """Which of CloudFormation's limits the template is over."""
    findings = []
    resources = len(template["Resources"])
    if resources > RESOURCES:
        findings.append(f"{resources} resources, and a stack takes {RESOURCES}")
    size = len(json.dumps(template, separators=(",", ":")).encode())
    if size > TEMPLATE_BYTES:
        findings.append(f"{size} bytes, and a template takes {TEMPLATE_BYTES}")
    return findings


def checkov(folder: Path) -> list[str]:
    """What checkov finds in a project under the project's own `.checkov.yaml`: `CHECK resource`."""
    report = json.loads(
        run(
            [_checkov(), "--config-file", ".checkov.yaml", "--output", "json"],
            folder,
            check=False,
            env={"LOG_LEVEL": "ERROR"},
        ).stdout
    )
    reports = report if isinstance(report, list) else [report]
    assert all("results" in part for part in reports), f"checkov has read nothing: {report}"
    return sorted(
        f"{check['check_id']} {check['resource']}"
        for part in reports
        for check in part["results"]["failed_checks"]
    )


def _checkov() -> Path:
    return installed("checkov", f"checkov=={CHECKOV}") / "bin" / "checkov"


def installed(name: str, requirement: str) -> Path:
    """An environment in `.cache` with a tool that cannot live with our own packages; built once."""
    folder = CACHE / "venvs" / f"{name}-{requirement.rpartition('=')[2]}"
    done = folder / "done"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest's workers may want it at once
        if not done.exists():
            uv, python = need("uv"), find_python(PYTHON)
            run([uv, "venv", "--quiet", "--clear", "--python", python, folder], folder.parent)
            into = f"--python={folder / 'bin' / 'python'}"
            run([uv, "pip", "install", "--quiet", into, requirement], folder.parent)
            done.touch()
    return folder
