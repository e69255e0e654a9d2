"""Validation of a rendered SAM project in process, fast enough for every combination.

cfn-lint does not run SAM's translator, so on template.yaml itself it misses most mistakes
(runtimes, dangling references in Globals, schedules, batch sizes). The template is translated
first, for each environment, and the plain CloudFormation is linted.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

from samtranslator.model.exceptions import InvalidDocumentException

from tests.conformance.intrinsics import UnreadError
from tests.conformance.sam import parse, translate
from tests.support.cloudformation import lint, over_limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LINE_LENGTH = 160

NOT_OURS = (
    # The translator puts a parameter's value into a layer's name and leaves the Fn::Sub around it.
    re.compile(r"W1020 Resources/\w+Layer[0-9a-f]{10}/Properties/LayerName/Fn::Sub: "),
)
"""Findings on what the translator makes of a template in which the same thing is right."""


def findings(project_dir: Path) -> list[str]:
    """What is wrong with the template and samconfig.toml of a rendered project, one line each.

    Deterministic; equal templates are linted once in a process.
    """
    text = (project_dir / "template.yaml").read_text(encoding="utf-8")
    config = (project_dir / "samconfig.toml").read_text(encoding="utf-8")
    if found := style(text):
        return found
    settings = tomllib.loads(config)
    try:
        environments = parse(text)["Parameters"]["Environment"]["AllowedValues"]
    except UnreadError as error:
        return [f"template.yaml: {error}"]
    found = [f"samconfig.toml: {finding}" for finding in _settings(settings, environments)]
    if found:
        return found
    # The environments' templates differ in few values, and the lint reads all that a mapping holds:
    # that of the last one is enough, in each Region.
    regions = {settings[name]["global"]["parameters"]["region"] for name in environments}
    translated: dict[str, list[str]] = {}
    for region in sorted(regions):
        try:
            template = translate(text, _parameters(settings, environments[-1]), region)
        except InvalidDocumentException as error:
            return [cause.message for cause in error.causes]
        translated.setdefault(json.dumps(template), []).append(region)
    for body, same in translated.items():
        template = json.loads(body)
        found += [*over_limits(template), *_lint(text, template, same)]
    return list(dict.fromkeys(found))


def plain(project_dir: Path, environment: str) -> dict[str, Any]:
    """The project's template in plain CloudFormation for one environment."""
    text = (project_dir / "template.yaml").read_text(encoding="utf-8")
    settings = tomllib.loads((project_dir / "samconfig.toml").read_text(encoding="utf-8"))
    region = settings[environment]["global"]["parameters"]["region"]
    return translate(text, _parameters(settings, environment), region)


def _parameters(settings: Mapping[str, Any], environment: str) -> dict[str, str]:
    written = settings[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in shlex.split(written))


def _lint(text: str, template: dict[str, Any], regions: list[str]) -> list[str]:
    """cfn-lint's findings without those on what only the translator wrote or used up."""
    body = json.dumps({key: part for key, part in template.items() if key != "Parameters"})
    template["Parameters"] = {
        name: parameter
        for name, parameter in template["Parameters"].items()
        # The translator has put the value in: the parameter is used by the template, not by this.
        if f'"{name}"' in body or f"${{{name}}}" in body or f"!Ref {name}" not in text
    }
    return [
        finding
        for finding in lint(template, *regions)
        if not any(pattern.match(finding) for pattern in NOT_OURS)
    ]


def style(text: str) -> list[str]:
    """What a reader stumbles over: tabs, spaces at ends, odd indents, long lines, no blank line."""
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        where = f"template.yaml:{number}: "
        if "\t" in line:
            found.append(where + "a tab")
        if line != line.rstrip():
            found.append(where + "spaces at the end of the line")
        if (len(line) - len(line.lstrip(" "))) % 2:
            found.append(where + "not indented by a multiple of two")
        longest = max(map(len, line.split()), default=0)
        if len(line) > LINE_LENGTH and longest < LINE_LENGTH - 40:  # not an ARN of long names
            found.append(where + f"{len(line)} characters, more than {LINE_LENGTH}")
    found += _stray_comments(text)
    if "\n\n\n" in text:
        found.append("template.yaml: two blank lines in a row")
    if not text.endswith("\n") or text.endswith("\n\n"):
        found.append("template.yaml: does not end in exactly one newline")
    resources = text.partition("\nResources:\n")[2].partition("\nOutputs:\n")[0]
    crowded = re.findall(r"^ {3,}\S.*\n  ([A-Za-z0-9]+):$", resources, flags=re.MULTILINE)
    return found + [f"template.yaml: no blank line before {name}" for name in crowded]


def _stray_comments(text: str) -> list[str]:
    """Comments that are not indented like what they speak of: the next line that is none."""
    found: list[str] = []
    waiting: list[tuple[int, int]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        indent = len(line) - len(line.lstrip(" "))
        if line.lstrip().startswith("#"):
            waiting.append((number, indent))
        elif line:
            found += [
                f"template.yaml:{comment}: a comment not indented like line {number}"
                for comment, wanted in waiting
                if wanted != indent
            ]
            waiting = []
    return found


def _settings(settings: Mapping[str, Any], environments: list[str]) -> list[str]:
    """An environment of the template without its settings, or the other way round."""
    configured = {name for name in settings if name not in {"version", "default"}}
    return [
        f"{name}: {'no settings' if name in environments else 'not an environment of the template'}"
        for name in sorted(configured ^ set(environments))
    ]
