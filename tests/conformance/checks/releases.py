"""Versions, aliases, deployments and layers: F09, F10, F11, F16."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.conformance.checks.registry import (
    Service,
    check,
    entry,
    functions,
    named,
    place,
    sizes,
    source_of,
    with_answer,
    workflows,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.model import Infrastructure


def _callers(model: Infrastructure) -> list[tuple[str, str]]:
    """(who calls, which function or alias)."""
    callers = [
        (f"route {key}", route.target)
        for api in model.apis.values()
        for key, route in api.routes.items()
    ]
    callers += [(f"mapping {key}", m.target) for key, m in model.event_source_mappings.items()]
    callers += [(f"schedule {name}", s.target) for name, s in model.schedules.items()]
    callers += [
        (f"workflow {name}", state.target)
        for name, machine in model.state_machines.items()
        for state in machine.states.values()
        if ":lambda:" in state.resource
    ]
    callers += [(f"rule {name}", rule.target) for name, rule in model.rules.items()]
    callers += [
        (f"topic {name}", subscription.endpoint)
        for name, topic in model.topics.items()
        for subscription in topic.subscriptions
        if subscription.protocol == "lambda"
    ]
    callers += [
        (f"alarm {name}", action)
        for name, alarm in model.alarms.items()
        for action in (*alarm.alarm_actions, *alarm.ok_actions)
        if action.startswith("function:")
    ]
    callers += [(f"permission for {p.principal}", p.target) for p in model.permissions]
    callers += [
        (f"event invoke configuration {key}", f"function:{key}")
        for key in model.event_invoke_configs
    ]
    callers += [
        (f"role {name}", s.resource)
        for name, role in model.roles.items()
        for s in role.statements
        if "lambda:InvokeFunction" in s.actions
    ]
    return callers


@check("F09")
def callers_target_the_alias(model: Infrastructure, service: Service) -> list[str]:
    """Whatever calls a function calls its alias, never $LATEST; without aliases, the function
    (Lambda Developer Guide, "Using Lambda aliases in event sources and permissions policies")."""
    allowed = {entry(service, f["name"]) for f in functions(service)}
    return [
        f"{caller} targets {target}" for caller, target in _callers(model) if target not in allowed
    ]


READ = ("queue", "stream", "table")
"""The sources that Lambda reads from, by an event source mapping."""

RULED = {"event": "rule", "bucket": "rule"}


def _started(model: Infrastructure) -> Iterator[tuple[tuple[str, str], str]]:
    """What starts a function: its kind and its name (a route's key), and what it calls."""
    for api in model.apis.values():
        yield from ((("http", key), route.target) for key, route in api.routes.items())
    for mapping in model.event_source_mappings.values():
        yield (mapping.source, named(mapping.target)), mapping.target
    for name, topic in model.topics.items():
        for subscription in topic.subscriptions:
            if subscription.protocol == "lambda":
                yield ("topic", name), subscription.endpoint
    yield from ((("rule", name), rule.target) for name, rule in model.rules.items())
    yield from ((("schedule", name), schedule.target) for name, schedule in model.schedules.items())
    for permission in model.permissions:
        if permission.principal == "lambda.alarms.cloudwatch.amazonaws.com":
            yield ("alarm", named(permission.target)), permission.target


@check("F09")
def every_function_has_its_caller(model: Infrastructure, service: Service) -> list[str]:
    """Each function is reached by its own source: a route, or a queue, topic, rule or schedule of
    its name, the stack's alarms, or its place among the steps of its workflow."""
    found = []
    started = dict(_started(model))
    for answered in functions(service):
        name, source = answered["name"], answered["source"]
        if source == "workflow":
            continue  # all of a workflow's steps at once, below
        kind = source_of(answered) if source in READ else RULED.get(source, source)
        actual = started.pop((kind, answered["http"]["key"] if source == "http" else name), None)
        if actual is None or named(actual) != name:
            target = entry(service, name)
            found.append(f"{name}: its {source} source calls {actual}, not {target}")
    machines = {name: machine.steps for name, machine in model.state_machines.items()}
    for answered in workflows(service):
        steps = tuple(entry(service, step["name"]) for step in answered["steps"])
        found += wrong(f"steps of {answered['name']}", machines.pop(answered["name"], ()), steps)
    left = [*machines, *(" ".join(source) for source in started)]
    return found + [f"{source} is nobody's source" for source in left]


@check("F09", with_answer("alias"))
def versions_are_published(model: Infrastructure, _service: Service) -> list[str]:
    """Every alias names a published, so immutable, version (Lambda Developer Guide, "Lambda
    function versions")."""
    return [
        f"alias {name} names version {alias.version}"
        for name, alias in model.aliases.items()
        if alias.version != "published"
    ]


@check("F10")
def aliases(model: Infrastructure, service: Service) -> list[str]:
    """One alias of the answered name per function, none where none was asked for."""
    expected = {f"{f['name']}:{service['alias']}" for f in functions(service) if service["alias"]}
    return wrong("aliases", sorted(model.aliases), sorted(expected))


SNAPSHOT_STORAGE_MB = 512
WITHOUT_SNAPSTART = {f"python3.{minor}" for minor in range(12)}
"""Lambda Developer Guide, "Lambda SnapStart": supported features and limitations."""

ROLLBACK_EVENTS = {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"}


@check("F10")
def traffic_shift(model: Infrastructure, service: Service) -> list[str]:
    """Each alias moves as answered for this environment and is rolled back by CodeDeploy when a
    deployment fails or its alarm rings (CodeDeploy User Guide, "Deployment configurations on an
    AWS Lambda compute platform" and "Automatic rollbacks"). All at once may go without CodeDeploy:
    it is over before an alarm could ring."""
    answered = place(service, model.environment)
    gradual = answered["shift"] in {"canary", "linear"}
    expected = sorted(model.aliases) if gradual or model.deployments else []
    found = wrong("deployments", sorted(model.deployments), expected)
    for name, deployment in model.deployments.items():
        configuration = f"CodeDeployDefault.Lambda{answered['deployment_config']}"
        found += wrong(f"{name}: deployment configuration", deployment.configuration, configuration)
        missing = ROLLBACK_EVENTS - set(deployment.rollback_events)
        found += [f"{name}: no roll-back on {event}" for event in sorted(missing)]
        found += wrong(f"{name}: deployment role", deployment.role, "role:deployment")
    return found


@check("F10", with_answer("alias"))
def rollback_alarms(model: Infrastructure, service: Service) -> list[str]:
    """The alarm that rolls a deployment back counts the errors of the alias that is shifted, not of
    all invocations of the function (Lambda Developer Guide, "Metrics by alias: Resource")."""
    found = []
    for answered in functions(service):
        name = f"{answered['name']}:{service['alias']}"
        deployment = model.deployments.get(name)
        if deployment is None:
            continue
        watched = [
            metric
            for reference in deployment.alarms
            if (alarm := model.alarms.get(reference.removeprefix("alarm:")))
            for metric in alarm.metrics
        ]
        if not any(
            m.name == "Errors" and ("Resource", f"function:{name}") in m.dimensions for m in watched
        ):
            found.append(f"{name}: no alarm on the alias's errors rolls it back")
    return found


@check("F11", with_answer("alias"))
def versions_outlive_their_successor(model: Infrastructure, _service: Service) -> list[str]:
    """A version stays when a later one is published, so that a roll-back has something to go back
    to (CloudFormation User Guide, DeletionPolicy)."""
    return [
        f"{name}: its version is deleted by the next deployment"
        for name, alias in model.aliases.items()
        if alias.version == "published" and not alias.retained
    ]


@check("F13")
def snap_start(model: Infrastructure, service: Service) -> list[str]:
    """Every function starts from a snapshot of its published version where that was answered, none
    elsewhere, and none that Lambda would refuse: beside provisioned concurrency, with more than
    512 MB of storage, on a Python before 3.12 (Lambda Developer Guide, "Improving startup
    performance with Lambda SnapStart")."""
    expected = "PublishedVersions" if service["startup"] == "snapstart" else "None"
    provisioned = {
        named(alias.function)
        for alias in model.aliases.values()
        if alias.provisioned_concurrency is not None
    }
    found = []
    for name, function in model.functions.items():
        found += wrong(f"{name}: SnapStart", function.snap_start, expected)
        if function.snap_start == "None":
            continue
        if name in provisioned:
            found.append(f"{name}: SnapStart beside provisioned concurrency")
        if function.ephemeral_storage > SNAPSHOT_STORAGE_MB:
            found.append(f"{name}: SnapStart with {function.ephemeral_storage} MB of storage")
        if function.runtime in WITHOUT_SNAPSTART:
            found.append(f"{name}: SnapStart on {function.runtime}")
        if not any(
            named(alias.function) == name and alias.version == "published"
            for alias in model.aliases.values()
        ):
            found.append(f"{name}: SnapStart, but no caller calls a published version")
    return found


@check("F13")
def provisioned_concurrency(model: Infrastructure, service: Service) -> list[str]:
    """The alias of each function holds as many environments ready as answered for this place, and
    no more than the function has reserved (Lambda Developer Guide, "Configuring provisioned
    concurrency")."""
    expected = {
        f"{f['name']}:{service['stages'][-1]['alias']}": number
        for f in functions(service)
        if (number := sizes(service, f["name"], model.environment)["provisioned_concurrency"])
    }
    actual = {
        name: alias.provisioned_concurrency
        for name, alias in model.aliases.items()
        if alias.provisioned_concurrency is not None
    }
    found = wrong("provisioned concurrency", actual, expected)
    for name, number in actual.items():
        reserved = model.functions[name.partition(":")[0]].reserved_concurrency
        if reserved is not None and number > reserved:
            found.append(f"{name}: {number} provisioned, {reserved} reserved")
    return found


@check("F16")
def layers(model: Infrastructure, service: Service) -> list[str]:
    """The answered layers exist and every function uses a version of each (Lambda Developer Guide,
    "Working with Lambda layers"); without layers there are none."""
    expected = [layer["name"] for layer in service["layers"]]
    found = wrong("layers", sorted(model.layers), sorted(expected))
    for name, function in model.functions.items():
        references = {f"layer:{layer}" for layer in expected}
        found += wrong(f"{name}: layers", set(function.layers), references)
    return found


@check("F16", with_answer("layers"))
def layers_fit(model: Infrastructure, service: Service) -> list[str]:
    """A layer is offered for exactly the runtime it was built for (for its architecture: F22)."""
    found = []
    for name, layer in model.layers.items():
        found += wrong(f"layer {name}: runtimes", layer.runtimes, (service["python"]["runtime"],))
    return found


@check("F16")
def runtime(model: Infrastructure, service: Service) -> list[str]:
    """Functions run the answered Python, and the handler that the repository holds."""
    found = []
    for answered in functions(service):
        name, function = answered["name"], model.functions[answered["name"]]
        found += wrong(f"{name}: runtime", function.runtime, service["python"]["runtime"])
        handler = f"functions.{answered['name'].replace('-', '_')}.handler.handler"
        found += wrong(f"{name}: handler", function.handler, handler)
    return found
