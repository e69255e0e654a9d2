"""DEV and PROD in one stack: F10, F11. Each stage by itself is what all other checks look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.checks.registry import Service, check, functions, with_answer, wrong
from tests.conformance.intrinsics import PUBLISHED
from tests.conformance.stages import PROMOTED, stages, texts, watches

if TYPE_CHECKING:
    from tests.conformance.model import Infrastructure

OF_A_STAGE = (
    "queues",
    "tables",
    "apis",
    "event_source_mappings",
    "schedules",
    "schedule_groups",
    "secrets",
    "event_buses",
    "rules",
    "topics",
    "streams",
    "buckets",
    "state_machines",
)
"""What no two aliases share."""

SHARED = {"notifications"}
"""The topic that alarms tell, each by its alias's name."""


@check("F10", with_answer("staged"), whole=True)
def stages_share_nothing(model: Infrastructure, service: Service) -> list[str]:
    """Each alias has its own tables, queues, dead letters, APIs, schedules and mappings, and both
    have the same ones: what is there for one is there for the other."""
    found = []
    dev, prod = stages(model, service)
    for part in OF_A_STAGE:
        names = [name for name in getattr(model, part) if name not in SHARED]
        found += [
            f"{part}: {name} belongs to no alias"
            for name in names
            if not dev.names(name) and not prod.names(name)
        ]
        sides = [
            {
                side.strip(name).replace(f":{side.name.upper()}", "")
                for name in names
                if side.names(name)
            }
            for side in (dev, prod)
        ]
        sides = [{name for name in side if name not in {"dev", "prod"}} for side in sides]
        found += [f"{part}: {name} is there for one alias only" for name in sides[0] ^ sides[1]]
    return found


@check("F10", with_answer("staged"), whole=True)
def nothing_crosses(model: Infrastructure, service: Service) -> list[str]:
    """Nothing of DEV leads to PROD or back: no mapping, no schedule, no route, no permission, no
    dead letter. A function's role and its variables name both, since they belong to both."""
    found = []
    dev, prod = stages(model, service)
    sides = ((dev, prod), (prod, dev))
    parts = (*OF_A_STAGE, "aliases", "deployments", "event_invoke_configs")
    items = [(part, name, value) for part in parts for name, value in getattr(model, part).items()]
    items += [("permissions", permission.target, permission) for permission in model.permissions]
    items += [
        ("roles", name, role) for name, role in model.roles.items() if name not in model.functions
    ]
    for part, name, value in items:
        named = [name, *texts(value)]
        if any(map(dev.names, named)) and any(map(prod.names, named)):
            found.append(f"{part}: {name} names both DEV and PROD")
    for name, alarm in model.alarms.items():
        if any(watches(alarm, one) and any(map(other.names, texts(alarm))) for one, other in sides):
            found.append(f"alarms: {name} is of one alias and starts the other's")
    return found


@check("F11", with_answer("staged"), whole=True)
def a_deployment_moves_dev_alone(model: Infrastructure, service: Service) -> list[str]:
    """DEV names the version that a deployment publishes, PROD the one that a promotion gives."""
    found = []
    for answered in functions(service):
        for alias, version in (("DEV", PUBLISHED), ("PROD", PROMOTED)):
            name = f"{answered['name']}:{alias}"
            actual = model.aliases[name].version if name in model.aliases else None
            found += wrong(f"alias {name}: version", actual, version)
    return found
