"""Sizes and limits: F02, F12, F15, F22."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.conformance.checks.registry import (
    Service,
    check,
    functions,
    named,
    place,
    sizes,
    source_of,
    with_answer,
    with_source,
    workflows,
    wrong,
)

if TYPE_CHECKING:
    from tests.conformance.model import Infrastructure

HTTP_API_TIMEOUT_MS = 30_000
"""API Gateway Developer Guide, "Quotas for HTTP APIs": maximum integration timeout."""

SHARDS = 4
"""What an on-demand stream begins with (Kinesis Developer Guide, "Choosing the data stream capacity
mode"), and the partitions of an on-demand table, each of which is a shard of its stream."""

CHANGES = {"INSERT", "MODIFY", "REMOVE"}

UNRESERVED_MINIMUM = 100
"""Lambda Developer Guide, "Configuring reserved concurrency": what has to stay unreserved."""


@check("F02")
def memory_and_timeout(model: Infrastructure, service: Service) -> list[str]:
    """Memory and timeout are set as answered for this environment, not left to AWS's defaults."""
    found = []
    for answered in functions(service):
        name = answered["name"]
        function, expected = model.functions[name], sizes(service, name, model.environment)
        found += wrong(f"{name}: memory", function.memory, expected["memory"])
        found += wrong(f"{name}: timeout", function.timeout, expected["timeout"])
    return found


@check("F02", with_source("http"))
def api_waits_for_the_function(model: Infrastructure, service: Service) -> list[str]:
    """A function behind the API ends before the API stops waiting for it."""
    found = []
    for answered in functions(service, "http"):
        name, key = answered["name"], answered["http"]["key"]
        route = model.apis["api"].routes.get(key) if "api" in model.apis else None
        timeout = model.functions[name].timeout
        if route is None or timeout is None:
            found.append(f"{name}: route {key} or the function's timeout is missing")
        elif not timeout * 1000 < HTTP_API_TIMEOUT_MS or timeout * 1000 > route.timeout_ms:
            found.append(f"{name}: {timeout} s, but the API waits {route.timeout_ms} ms")
    return found


@check("F02", with_source("workflow"))
def workflows_wait_for_their_steps(model: Infrastructure, service: Service) -> list[str]:
    """Each task waits longer than its function may take, so that the function says itself that it
    took too long; and an execution may take as long as all of its tasks with all their attempts
    (Step Functions Developer Guide, "Best practices": timeouts). Standard workflows only: those
    alone run an execution once and know its name again."""
    found = []
    for answered in workflows(service):
        name = answered["name"]
        machine = model.state_machines.get(name)
        if machine is None:
            found.append(f"workflow {name}: no state machine")
            continue
        found += wrong(f"workflow {name}: type", machine.kind, "STANDARD")
        longest = 0
        for step in answered["steps"]:
            state, timeout = machine.states.get(step["name"]), model.functions[step["name"]].timeout
            if state is None or state.timeout is None or timeout is None:
                found.append(f"workflow {name}: {step['name']} has no state or timeout")
                continue
            if state.timeout <= timeout:
                found.append(f"workflow {name}: waits {state.timeout} s for {step['name']}")
            longest += state.timeout * (1 + sum(r.attempts for r in state.retries))
            longest += sum((r.longest or 0) * r.attempts for r in state.retries)
        if machine.timeout is None or machine.timeout < longest:
            found.append(f"workflow {name}: may take {machine.timeout} s, its steps {longest} s")
    return found


@check("F12")
def reserved_concurrency(model: Infrastructure, service: Service) -> list[str]:
    """Every function has a ceiling of its own against run-away loops (Lambda Developer Guide,
    "Configuring reserved concurrency")."""
    found = []
    for answered in functions(service):
        name = answered["name"]
        expected = sizes(service, name, model.environment)["reserved_concurrency"]
        actual = model.functions[name].reserved_concurrency
        found += wrong(f"{name}: reserved concurrency", actual, expected)
    return found


@check("F12")
def quota(model: Infrastructure, service: Service) -> list[str]:
    """What the environments of one account and region reserve leaves AWS's minimum of 100 free."""
    here = place(service, model.environment)
    reserved = sum(f.reserved_concurrency or 0 for f in model.functions.values())
    others = [
        sizes(service, f["name"], other["name"])["reserved_concurrency"]
        for other in service["environments"]
        if other["name"] != here["name"]
        and (other["account"], other["region"]) == (here["account"], here["region"])
        for f in functions(service)
    ]
    total, limit = reserved + sum(others), service["concurrency_quota"] - UNRESERVED_MINIMUM
    return (
        [f"{total} reserved in this account and region, {limit} allowed"] if total > limit else []
    )


@check("F15", with_answer("api"))
def api_throttling(model: Infrastructure, service: Service) -> list[str]:
    """The API takes so many requests a second and so many at once, and no route takes more
    (API Gateway Developer Guide, "Throttle requests to your HTTP APIs")."""
    found = []
    for name, api in model.apis.items():
        expected = (service["api"]["rate_limit"], service["api"]["burst_limit"])
        found += wrong(f"{name}: rate and burst", (api.throttle.rate, api.throttle.burst), expected)
        for route, throttle in api.route_throttles.items():
            if (throttle.rate or 0) > expected[0] or (throttle.burst or 0) > expected[1]:
                found.append(f"{name}: {route} is throttled later than the rest")
    return found or ([] if model.apis else ["no API"])


@check("F15", with_source("queue"))
def queue_concurrency(model: Infrastructure, service: Service) -> list[str]:
    """The sources of a function never run more of it than its reserved concurrency: otherwise
    messages are throttled into the DLQ (Lambda Developer Guide, "Maximum concurrency")."""
    found = []
    for answered in functions(service, "queue"):
        name = answered["name"]
        limits = [
            mapping.maximum_concurrency
            for mapping in model.event_source_mappings.values()
            if named(mapping.target) == name
        ]
        expected = sizes(service, name, model.environment)["maximum_concurrency"]
        found += wrong(f"{name}: maximum concurrency of its sources", limits, [expected])
        reserved = model.functions[name].reserved_concurrency or 0
        if sum(limit or reserved + 1 for limit in limits) > reserved:
            found.append(f"{name}: maximum concurrency exceeds {reserved} reserved")
    return found


@check("F15", with_source("queue"))
def queue_batches(model: Infrastructure, service: Service) -> list[str]:
    """Batches are as large and as late as answered; no message is filtered away."""
    found = []
    for answered in functions(service, "queue"):
        name = answered["name"]
        batches = [
            (mapping.batch_size, mapping.batch_window, mapping.filters, mapping.enabled)
            for mapping in model.event_source_mappings.values()
            if mapping.source == f"queue:{name}"
        ]
        expected = [(answered["queue"]["batch_size"], answered["queue"]["batch_window"], (), True)]
        found += wrong(f"{name}: batch size, window, filters and state", batches, expected)
    return found


@check("F15", with_source("stream", "table"))
def shard_concurrency(model: Infrastructure, service: Service) -> list[str]:
    """A function can work on all shards that its stream begins with at once, each with as many
    batches as answered: with less, batches are throttled and fall behind (Lambda Developer Guide,
    "Process Amazon Kinesis Data Streams records", polling and batching)."""
    found = []
    for answered in functions(service, "stream", "table"):
        name = answered["name"]
        reserved = model.functions[name].reserved_concurrency or 0
        for mapping in model.event_source_mappings.values():
            if named(mapping.target) != name:
                continue
            each = mapping.shards.parallelization if mapping.shards else 0
            expected = answered["shards"]["parallelization"]
            found += wrong(f"{name}: batches of a shard at once", each, expected)
            if reserved < SHARDS * each:
                found.append(f"{name}: {reserved} reserved for {SHARDS} shards x {each} batches")
    return found


@check("F15", with_source("stream", "table"))
def shard_batches(model: Infrastructure, service: Service) -> list[str]:
    """Batches are as large and as late as answered; of a table's changes, the answered ones come,
    and of a stream all records."""
    found = []
    for answered in functions(service, "stream", "table"):
        name, batches = answered["name"], answered["shards"]
        filters: tuple[str, ...] = ()
        if answered["source"] == "table" and set(answered["changes"]) != CHANGES:
            pattern = json.dumps({"eventName": answered["changes"]})
            filters = (json.dumps({"Pattern": pattern}, sort_keys=True),)
        read = [
            (m.source, m.batch_size, m.batch_window, m.filters, m.enabled)
            for m in model.event_source_mappings.values()
            if named(m.target) == name
        ]
        size, window = batches["batch_size"], batches["batch_window"]
        expected = [(source_of(answered), size, window, filters, True)]
        found += wrong(f"{name}: source, batch size, window, filters and state", read, expected)
    return found


@check("F22")
def architecture(model: Infrastructure, service: Service) -> list[str]:
    """Functions and layers run on the answered architecture; that arm64 is the default answer is
    proved on a render without answers."""
    expected = service["architecture"]
    found = []
    for name, function in model.functions.items():
        found += wrong(f"{name}: architecture", function.architecture, expected)
    for name, layer in model.layers.items():
        found += wrong(f"layer {name}: architectures", layer.architectures, (expected,))
    return found
