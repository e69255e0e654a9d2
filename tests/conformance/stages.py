"""A stack with several aliases, each with what is its own, seen one alias at a time.

With `alias_strategy: dev-prod` DEV and PROD share one stack. `views` gives the infrastructure of
each as if it were a stack of its own: what belongs to the other alone is left out, and the stage is
taken out of names, so that every check of a stack holds for a stage as well. What crosses from one
stage to the other is left in with its full name, which no check expects. `of_stage` is what was
answered, likewise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.conformance.intrinsics import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.checks.registry import Service
    from tests.conformance.model import Alarm, Infrastructure

PROMOTED = "promoted"
"""The version of a parameter that a promotion sets, as the reader gives it."""

ALONE = {
    "apis": "api",
    "tables": "table",
    "schedule_groups": "schedule-group",
    "secrets": "secret",
    "event_buses": "event-bus",
}
"""What a resource is called whose whole name is its stage's."""


def parameters(service: Service) -> dict[str, str]:
    """The template's parameters that say what PROD has."""
    if not service["staged"]:
        return {}
    return {f"Prod{function['id']}Version": PROMOTED for function in service["functions"]}


@dataclass(frozen=True)
class Stage:
    """A stage of a stack: how names show that they are its own."""

    name: str
    stack: str

    def __post_init__(self) -> None:
        """A name, a reference or an alias."""
        assert re.fullmatch(r"[a-z]+", self.name)

    @property
    def _own(self) -> re.Pattern[str]:
        physical = rf"{self.stack}-{self.name}(?=-|$|\.)"
        alias = rf"(?<=:){self.name.upper()}(?=$|[ /])"
        return re.compile(rf"(?<![A-Za-z0-9_-]){self.name}(?=-|$|[/: ])|{alias}|{physical}")

    def names(self, text: str) -> bool:
        """Whether a text names something of this stage."""
        return bool(self._own.search(text))

    def strip(self, text: str) -> str:
        """The text without the stage; an alias keeps its name."""
        text = re.sub(rf"(?<![A-Za-z0-9_-]){self.name}-", "", text)
        text = re.sub(rf":{self.name}(?=$|[/: ])", "", text)
        return re.sub(rf"{self.stack}-{self.name}(?=-|$|\.)", self.stack, text)


def texts(value: Any) -> Iterator[str]:
    """Every text in a value of the model."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for item in fields(value):
            yield from texts(getattr(value, item.name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, tuple | frozenset):
        for inner in value:
            yield from texts(inner)


def stages(model: Infrastructure, service: Service) -> list[Stage]:
    """The stages of a stack."""
    return [Stage(stage["name"], model.stack) for stage in service["stages"]]


def _is_of(value: Any, stage: Stage, other: Stage) -> bool:
    """Whether a value belongs to `other` and has nothing to do with `stage`."""
    found = list(texts(value))
    return any(map(other.names, found)) and not any(map(stage.names, found))


def _seen(value: Any, stage: Stage, other: Stage) -> Any:
    """A value as `stage` sees it."""
    if isinstance(value, str):
        return stage.strip(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{f.name: _seen(getattr(value, f.name), stage, other) for f in fields(value)},
        )
    if isinstance(value, Mapping):
        return {
            _seen(key, stage, other): _seen(inner, stage, other)
            for key, inner in value.items()
            if not _is_of(key, stage, other)
        }
    if isinstance(value, tuple | frozenset):
        kept = [v for v in value if not (is_dataclass(v) and _is_of(v, stage, other))]
        return type(value)(_seen(inner, stage, other) for inner in kept)
    return value


NOBODY: dict[str, Any] = {
    "alarm_actions": (),
    "ok_actions": (),
    "insufficient_data_actions": (),
}


def watches(alarm: Alarm, stage: Stage) -> bool:
    """Whether an alarm is on something of a stage, whomever it tells."""
    return any(map(stage.names, texts(replace(alarm, **NOBODY))))


def _told(alarm: Alarm, other: Stage) -> Alarm:
    """An alarm on what both stages share, without what it starts in the other."""
    kept: dict[str, Any] = {
        name: tuple(action for action in getattr(alarm, name) if not other.names(action))
        for name in NOBODY
    }
    return replace(alarm, **kept)


def _of_prefix(pairs: tuple[tuple[str, str], ...], own: str, other: str) -> Any:
    return tuple(
        sorted(
            (name.removeprefix(own), value) for name, value in pairs if not name.startswith(other)
        )
    )


def _view(model: Infrastructure, stage: Stage, other: Stage) -> Infrastructure:
    parts: dict[str, Any] = {}
    for part in fields(model):
        value = getattr(model, part.name)
        if part.name in {"environment", "region", "account", "stack"}:
            parts[part.name] = value
            continue
        if part.name == "alarms":
            shared = {
                name: _told(alarm, other)
                for name, alarm in value.items()
                if not watches(alarm, stage) and not watches(alarm, other)
            }
            value = {**value, **shared}
        parts[part.name] = _seen(value, stage, other)
        if part.name in ALONE and stage.name in parts[part.name]:
            parts[part.name][ALONE[part.name]] = parts[part.name].pop(stage.name)
    parts["functions"] = {
        name: replace(
            function,
            variables=_of_prefix(
                function.variables, f"{stage.name.upper()}_", f"{other.name.upper()}_"
            ),
        )
        for name, function in parts["functions"].items()
    }
    parts["outputs"] = _of_prefix(
        parts["outputs"], stage.name.capitalize(), other.name.capitalize()
    )
    retained = {alias.function: alias.retained for alias in model.aliases.values()}
    parts["aliases"] = {
        name: replace(alias, version=PUBLISHED, retained=retained[alias.function])
        if alias.version == PROMOTED
        else alias
        for name, alias in parts["aliases"].items()
    }
    if model.deployments and not parts["deployments"]:  # the role is for the other's
        parts["roles"].pop("deployment", None)
    return type(model)(**parts)


def of_stage(service: Service, number: int) -> Service:
    """What was answered, for a stage alone: its alias, its numbers, its way to the next version."""
    stage = service["stages"][number]
    shifts = {} if stage["promoted"] else {"shift": "all-at-once", "deployment_config": "AllAtOnce"}
    # Two aliases of one version, as after each promotion, cannot both have environments that wait.
    waiting = {} if stage["promoted"] else {"provisioned_concurrency": 0}

    def numbers(sizes: Mapping[str, Any]) -> dict[str, Any]:
        own = {
            key: value[stage["name"]] if isinstance(value, Mapping) else value
            for key, value in sizes.items()
        }
        return own | waiting

    return {
        **service,
        "alias": stage["alias"],
        "environments": [
            {**environment, **shifts, "production": stage["promoted"]}
            for environment in service["environments"]
        ],
        "functions": [
            {
                **function,
                "provisioned": function["provisioned"] and stage["promoted"],
                "per_environment": {
                    name: numbers(sizes) for name, sizes in function["per_environment"].items()
                },
            }
            for function in service["functions"]
        ],
    }


def views(model: Infrastructure, service: Service) -> list[tuple[str, Infrastructure, Service]]:
    """(stage, infrastructure, service) of each stage; of a stack without stages just what it is."""
    if not service["staged"]:
        return [("", model, service)]
    first, second = stages(model, service)
    return [
        (stage.name, _view(model, stage, other), of_stage(service, number))
        for number, (stage, other) in enumerate([(first, second), (second, first)])
    ]
