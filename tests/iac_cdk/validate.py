"""Validation of a rendered CDK project in process: its stacks, synthesized, by cfn-lint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.conformance import cdk
from tests.support.cloudformation import lint, over_limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


def findings(project: Path, service: Mapping[str, Any]) -> list[str]:
    """What is wrong with the stacks of a rendered project, one line each.

    The environments' stacks differ in few values: the last one's is linted, in each Region.
    """
    last = {where["region"]: where["name"] for where in service["environments"]}
    stacks = cdk.stacks(project)
    found = []
    for region, name in last.items():
        template = json.loads(json.dumps(stacks[name].template))
        found += [*over_limits(template), *stacks[name].warnings]
        # The library writes down dependencies that CloudFormation would see by itself.
        found += [line for line in lint(template, region) if not line.startswith("W3005 ")]
    return list(dict.fromkeys(found))
