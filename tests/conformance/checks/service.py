"""The service around its functions: F21, S05, S06."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.checks.registry import (
    NOTIFICATIONS,
    Service,
    check,
    functions,
    place,
    with_answer,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conformance.model import Infrastructure, Pairs


def _tagged(model: Infrastructure) -> Iterator[tuple[str, Pairs]]:
    """Every resource of a type that takes tags, with its tags."""
    kinds: Mapping[str, Mapping[str, Any]] = {
        "function": model.functions,
        "role": model.roles,
        "log group": model.log_groups,
        "queue": model.queues,
        "stream": model.streams,
        "table": model.tables,
        "topic": model.topics,
        "API": model.apis,
        "alarm": model.alarms,
        "deployment": model.deployments,
        "key": model.keys,
        "secret": model.secrets,
        "schedule group": model.schedule_groups,
        "cache": model.caches,
        "network": model.networks,
        "subnet": model.subnets,
        "security group": model.security_groups,
        "endpoint": model.endpoints,
        "workflow": model.state_machines,
        "bucket": model.buckets,
        "event bus": model.event_buses,
        "rule": model.rules,
    }
    for kind, resources in kinds.items():
        for name, resource in resources.items():
            yield f"{kind} {name}", resource.tags
    for name, api in model.apis.items():
        yield f"stage of {name}", api.stage_tags


@check("F21")
def tags(model: Infrastructure, service: Service) -> list[str]:
    """Every resource that takes tags says which service, environment, owner and repository it
    belongs to (Tagging AWS Resources, "Best practices")."""
    expected = {
        "service": service["slug"],
        "environment": model.environment,
        "owner": service["owner"],
        "repository": service["repository"],
    }
    found = []
    for what, actual in _tagged(model):
        present = dict(actual)
        for key, value in expected.items():
            found += wrong(f"{what}: tag {key}", present.get(key), value)
    return found


@check("S05")
def environments_are_apart(model: Infrastructure, service: Service) -> list[str]:
    """Each environment is a stack of its own in its own region, every name carries both the
    service and the environment, and nothing refers to a resource outside of the stack."""
    answered = place(service, model.environment)
    stack = f"{service['slug']}-{model.environment}"
    found = wrong("region", model.region, answered["region"])
    found += wrong("stack name", model.stack, stack)
    names = [f.physical_name for f in model.functions.values()]
    names += [q.physical_name for q in model.queues.values()]
    names += [s.physical_name for s in model.streams.values()]
    names += [a.physical_name for a in model.alarms.values()]
    names += [s.physical_name for s in model.schedules.values()]
    names += [s.physical_name for s in model.secrets.values()]
    names += [m.physical_name for m in model.state_machines.values()]
    names += [b.physical_name for b in model.event_buses.values()]
    names += [r.physical_name for r in model.rules.values()]
    names += [c.physical_name for c in model.caches.values()]
    names += [g.physical_name.rpartition("/")[2] for g in model.log_groups.values()]
    found += [f"{name} doesn't start with {stack}" for name in names if not name.startswith(stack)]
    for name, function in model.functions.items():
        found += [
            f"{name}: {variable} is {value}, no resource of this stack"
            for variable, value in function.variables
            if value.startswith(("arn:", "https://sqs."))
        ]
    return found


@check("S05")
def functions_are_those_answered(model: Infrastructure, service: Service) -> list[str]:
    """The stack has the answered functions, under their answered names."""
    expected = {f["name"]: f"{model.stack}-{f['name']}" for f in functions(service)}
    actual = {name: function.physical_name for name, function in model.functions.items()}
    return wrong("functions", actual, expected)


@check("S06", with_answer("monthly_budget"))
def budget(model: Infrastructure, service: Service) -> list[str]:
    """A monthly cost budget of the answered amount, over this service's environment, warns before
    the amount is spent (AWS Budgets, "Creating a cost budget")."""
    possible = next(e["budget"] for e in service["environments"] if e["name"] == model.environment)
    if len(model.budgets) != int(possible):
        return [f"{len(model.budgets)} budgets in {model.region}"]
    if not possible:
        return []
    (found_budget,) = model.budgets.values()
    found = wrong("budget: amount", found_budget.amount, float(service["monthly_budget"]))
    found += wrong(
        "budget: kind",
        (found_budget.unit, found_budget.time_unit, found_budget.budget_type),
        ("USD", "MONTHLY", "COST"),
    )
    early = [
        n
        for n in found_budget.notifications
        if n.kind == "FORECASTED" or (n.threshold_type == "PERCENTAGE" and n.threshold < 100)
    ]
    if not early:
        found.append("budget: warns only when the money is gone")
    subscribers = {s for n in found_budget.notifications for s in n.subscribers}
    if not subscribers & {NOTIFICATIONS, service["alarm_email"] or NOTIFICATIONS}:
        found.append("budget: nobody is told")
    return found


@check("S06", with_answer("monthly_budget"))
def budget_counts_this_environment(model: Infrastructure, service: Service) -> list[str]:
    """The budget counts what is tagged with this service and this environment, not the account.
    FilterExpression says that both have to match (Budgets API Reference, "Expression"); CostFilters
    with two tags doesn't say."""
    expected = (("Tags.environment", model.environment), ("Tags.service", service["slug"]))
    return [
        line
        for budget in model.budgets.values()
        for line in wrong("budget: filters that all have to match", budget.filters, expected)
    ]
