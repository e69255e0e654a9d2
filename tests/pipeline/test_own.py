"""This repository's own workflow and updates, by the rules it has for what it renders."""

from __future__ import annotations

import json
import re

from tests.pipeline import github
from tests.pipeline.actionlint import actionlint
from tests.pipeline.validate import schema_findings, zizmor
from tests.support.render import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
PINS = ROOT / "includes" / "cicd" / "github" / "actions.jinja"


def test_no_finding() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    updates = json.loads((ROOT / "renovate.json").read_text(encoding="utf-8"))
    found = schema_findings("vendor.github-workflows", "ci.yml", github.load(text))
    found += schema_findings("vendor.renovate", "renovate.json", updates)
    assert found + actionlint({"ci.yml": text}) + zizmor(ROOT / ".github") == []


def test_same_actions_as_rendered() -> None:
    pin = r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+"
    rendered = re.findall(pin, PINS.read_text(encoding="utf-8"))
    own = re.findall(pin, WORKFLOW.read_text(encoding="utf-8"))
    assert own
    assert set(own) <= set(rendered)


def test_updates_find_every_pin() -> None:
    """Renovate's own patterns match each action and the version of uv where they are written."""
    text = PINS.read_text(encoding="utf-8")
    updates = json.loads((ROOT / "renovate.json").read_text(encoding="utf-8"))
    found = [
        match
        for manager in updates["customManagers"]
        for pattern in manager["matchStrings"]
        for match in re.findall(pattern.replace("(?<", "(?P<"), text)
    ]
    assert len(found) == len(re.findall(r"@[0-9a-f]{40}", text)) + 1
