"""How a check is written and registered, and what checks share.

A check is a function of (infrastructure, service) that lists what is wrong, empty when the practice
holds. The service is what was answered (the value of hooks/service.jinja) and gives the expected
values; the infrastructure is what was rendered and gives the facts. A check compares the two and
never looks for what it expects in what was rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.conformance.model import Infrastructure

Service = Mapping[str, Any]
Run = Callable[[Infrastructure, Service], list[str]]
Applies = Callable[[Service], bool]

NOTIFICATIONS = "topic:notifications"

ASYNCHRONOUS = ("topic", "event", "schedule", "bucket", "alarm")
"""Sources that invoke a function without waiting for its result."""


@dataclass(frozen=True)
class Check:
    """One rule of a practice; `applies` says for which answers the practice has a meaning.

    Of a stack with stages each stage is judged by itself, the stack by the checks that are `whole`.
    """

    practice: str
    name: str
    applies: Applies
    run: Run
    whole: bool = False


CHECKS: list[Check] = []


def always(_service: Service) -> bool:
    """Applies to every service."""
    return True


def with_source(*sources: str) -> Applies:
    """Applies where some function has one of these sources."""
    return lambda service: bool(set(sources) & set(service["sources"]))


def with_answer(name: str) -> Applies:
    """Applies where this part of the service was asked for (not empty, not null)."""
    return lambda service: bool(service[name])


def check(practice: str, applies: Applies = always, *, whole: bool = False) -> Callable[[Run], Run]:
    """Register a check under the ID of the practice that it holds."""

    def register(run: Run) -> Run:
        CHECKS.append(Check(practice, getattr(run, "__name__", ""), applies, run, whole))
        return run

    return register


def functions(service: Service, *sources: str) -> list[Mapping[str, Any]]:
    """The answered functions, of these sources only when some are given."""
    return [f for f in service["functions"] if not sources or f["source"] in sources]


def workflows(service: Service) -> list[Mapping[str, Any]]:
    """The answered workflows, each with its steps."""
    found: list[Mapping[str, Any]] = service["workflows"]
    return found


def sizes(service: Service, function: str, environment: str) -> Mapping[str, Any]:
    """The answered numbers of a function in an environment."""
    (answered,) = (f for f in service["functions"] if f["name"] == function)
    numbers: Mapping[str, Any] = answered["per_environment"][environment]
    return numbers


def place(service: Service, environment: str) -> Mapping[str, Any]:
    """The answered environment."""
    (answered,) = (e for e in service["environments"] if e["name"] == environment)
    found: Mapping[str, Any] = answered
    return found


def entry(service: Service, function: str) -> str:
    """What callers of a function have to name: its alias, itself where there are no aliases."""
    return f"function:{function}:{service['alias']}" if service["alias"] else f"function:{function}"


def named(reference: str) -> str:
    """Name of the function that a reference to it or to its alias is about."""
    return reference.partition(":")[2].partition(":")[0]


def dead_letters(function: str) -> str:
    """Reference of a function's dead-letter queue."""
    return f"queue:{function}-dlq"


TABLE_CHANGES = "table/stream/latest"


def source_of(answered: Mapping[str, Any]) -> str:
    """Reference of what an event source mapping of a function reads."""
    return (
        TABLE_CHANGES
        if answered["source"] == "table"
        else f"{answered['source']}:{answered['name']}"
    )


def about(model: Infrastructure, dimensions: Iterable[tuple[str, str]]) -> set[str]:
    """Names of the functions that a metric with these dimensions is about: their own, or those of
    their queue, dead letters, topic or rule, or of a workflow whose steps they are."""
    names = {named(reference).removesuffix("-dlq") for _, reference in dimensions}
    steps = {
        named(step)
        for name in names & model.state_machines.keys()
        for step in model.state_machines[name].steps
    }
    return names & model.functions.keys() | steps


def on_its_bus(
    model: Infrastructure, dimension: tuple[str, str], dimensions: Iterable[tuple[str, str]]
) -> bool:
    """Whether a metric of a rule is of the bus that the rule is on: without a bus, a rule's name
    means one of the account's own bus. True for any other metric."""
    if dimension[0] != "RuleName":
        return True
    rule = model.rules.get(dimension[1].removeprefix("rule:"))
    return rule is None or rule.bus == dict(dimensions).get("EventBusName", "default")


def failures(answered: Mapping[str, Any]) -> str:
    """Reference of what Lambda tells of an event that a function failed on: its DLQ, or by answer
    the topic of the same name."""
    name = answered["name"]
    return f"topic:{name}-dlq" if answered["dead_letter_topic"] else dead_letters(name)


def wrong(what: str, found: object, expected: object) -> list[str]:
    """The finding for a value that isn't the expected one, none when it is."""
    return [] if found == expected else [f"{what} is {found!r}, expected {expected!r}"]
