"""The cache and the network that it needs: S02."""

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
from tests.conformance.model import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conformance.model import Cache, Infrastructure

PORTS = {"elasticache": 6379, "dax": 9111}
"""ElastiCache User Guide, "Serverless: security groups"; DAX Developer Guide, "Encryption in
transit"."""

LONGEST_USE_MS = 60_000
"""How old a copy may be: what the rendered code says of both kinds."""

KEYS = {"one": "~order:*", "many": "~day:*"}
"""What a function reads -> the keys under which common/cached.py keeps it."""

COMMANDS = {"-@all", "+get", "+set", "+ping"}
"""All that common/cache.py asks of Valkey."""

PRODUCTION_NODES = 3
"""DAX Developer Guide, "DAX cluster components": at least three, in different zones."""

ZONES = 2
"""ElastiCache and DAX are in as many subnets at least, for one zone to fail."""

SERVICES = {
    "queue": "sqs",
    "topic": "sns",
    "event": "events",
    "workflow": "states",
    "stream": "kinesis-streams",
    "bucket": "s3",
}
"""Source of a target -> the service of AWS that takes what is sent to it."""

GATEWAYS = {"dynamodb", "s3"}
"""VPC User Guide, "Gateway endpoints": these cost nothing and have no security group."""

LOOKS_AT_INTERFACES = frozenset({"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"})
"""Service Authorization Reference, "Amazon EC2": these take no resource."""

MAKES_INTERFACES = frozenset(
    {
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    }
)
"""Lambda Developer Guide, "Required IAM permissions" for a VPC."""


def _cached(service: Service) -> list[Mapping[str, Any]]:
    return [f for f in functions(service) if f["cached"]]


@check("S02")
def cache_is_the_answered_one(model: Infrastructure, service: Service) -> list[str]:
    """The cache that was asked for is there, and none and no network where none was: in two zones,
    encrypted, of a bounded size or with enough nodes, and with copies that are not too old."""
    answered = service["cache"]
    if not answered:
        made = [*model.caches, *model.networks, *model.security_groups, *model.endpoints]
        return [f"{name}, which nobody asked for" for name in made]
    kind = {"elasticache": "valkey 8", "dax": "dax"}[answered["kind"]]
    found = wrong("caches", [c.kind for c in model.caches.values()], [kind])
    for cache in model.caches.values():
        if len(cache.subnets) < ZONES:
            found.append(f"cache: in {len(cache.subnets)} zones")
        found += wrong("cache: TLS", cache.tls, expected=True)
        found += _is_bounded(cache, place(service, model.environment))
        of_ours = service["customer_managed_key"] and cache.kind != "dax"
        found += wrong("cache: key", cache.encryption, "key:service" if of_ours else "aws-owned")
    return found


def _is_bounded(cache: Cache, environment: Mapping[str, Any]) -> Iterator[str]:
    if cache.kind != "dax":
        yield from (
            f"cache: any number of {u}" for u in {"GB", "ECPU/s"} - dict(cache.limits).keys()
        )
        return
    least = PRODUCTION_NODES if environment["production"] else 1
    yield from wrong("cache: nodes", cache.nodes, least)
    for name in ("record-ttl-millis", "query-ttl-millis"):
        yield from wrong(f"cache: {name}", dict(cache.parameters).get(name), str(LONGEST_USE_MS))


@check("S02", with_answer("cache"))
def cache_is_for_its_users(model: Infrastructure, service: Service) -> list[str]:
    """Only functions that use the cache are where it is and reach it, at its one port; to Valkey
    they are a user who signs in by IAM and may do what the code does, on the keys that it has."""
    port = PORTS[service["cache"]["kind"]]
    found = []
    inside = {name for name, function in model.functions.items() if function.security_groups}
    found += wrong(
        "functions in the VPC", sorted(inside), sorted(f["name"] for f in _cached(service))
    )
    for cache in model.caches.values():
        for admitting in cache.security_groups or ("no security group",):
            found += _admits_functions_only(model, admitting, port)
        for name in inside:
            reach = model.functions[name].subnets
            found += wrong(f"{name}: subnets", reach, cache.subnets)
        if cache.kind != "dax":
            found += _user(cache, service)
    ports = sorted({("tcp", (443, 443)), ("tcp", (port, port))})
    group = model.security_groups.get("functions")
    out = sorted((flow.protocol, flow.ports) for flow in group.egress) if group else []
    return found + wrong("functions may call", out, ports)


def _admits_functions_only(model: Infrastructure, group: str, port: int) -> list[str]:
    found = model.security_groups.get(group.removeprefix("security-group:"))
    admitted = found.ingress if found else ()
    expected = (Flow(protocol="tcp", ports=(port, port), peer="security-group:functions"),)
    return wrong(f"{group}: admits", admitted, expected)


def _user(cache: Cache, service: Service) -> Iterator[str]:
    keys = {KEYS[f["reads"]] for f in _cached(service)}
    expected = {"on", "resetchannels", *keys, *COMMANDS}
    yield from wrong("cache: users", [u.authentication for u in cache.users], ["iam"])
    for user in cache.users:
        yield from wrong("cache: its user may", sorted(user.access.split()), sorted(expected))
        # The token is for a user, and the code takes the cache's name for it.
        yield from wrong("cache: its user", user.name, cache.physical_name)


def _called(answered: Mapping[str, Any], service: Service) -> set[str]:
    """The services of AWS that a function's own code calls, from what was answered. Lambda itself
    fetches its events, keeps what it failed on, writes its log and sends X-Ray's traces."""
    called = {"dynamodb"}
    called |= {"secretsmanager"} if answered["secret"] else set()
    called |= {"s3"} if answered["source"] == "bucket" else set()
    called |= {"xray"} if service["tracing"] == "otel" else set()
    return called | {SERVICES[target["source"]] for target in answered["sends_to"]}


@check("S02", with_answer("cache"))
def network_leads_to_what_is_called(model: Infrastructure, service: Service) -> list[str]:
    """The stack's own network has no way to the internet, and an endpoint for each service that a
    function in it calls, from each of its subnets; where an existing VPC was answered, the stack
    makes none (VPC User Guide, "Access AWS services through PrivateLink")."""
    answered = place(service, model.environment)
    if answered["vpc"]:
        found = [f"{name}, though there is a VPC" for name in (*model.networks, *model.endpoints)]
        for name, its in model.security_groups.items():
            found += wrong(f"security group {name}: VPC", its.network, answered["vpc"])
        for cache in model.caches.values():
            found += wrong("cache: subnets", cache.subnets, tuple(sorted(answered["subnets"])))
        return found
    called = {name for f in _cached(service) for name in _called(f, service)}
    found = wrong("endpoints", sorted(model.endpoints), sorted(called))
    for name, network in model.networks.items():
        found += wrong(f"{name}: names are resolved", network.dns, expected=True)
    found += [f"subnet {name} is public" for name, subnet in model.subnets.items() if subnet.public]
    every = tuple(sorted(f"subnet:{name}" for name in model.subnets))
    for name, endpoint in model.endpoints.items():
        what = f"endpoint {name}"
        found += wrong(f"{what}: subnets", endpoint.subnets, every)
        if name in GATEWAYS:
            found += wrong(f"{what}: kind", endpoint.kind, "Gateway")
            continue
        found += wrong(f"{what}: kind", endpoint.kind, "Interface")
        found += wrong(f"{what}: private name", endpoint.private_dns, expected=True)
        for group in endpoint.security_groups or ("no security group",):
            found += _admits_functions_only(model, group, 443)
    return found


@check("S02", with_answer("cache"))
def code_makes_no_interfaces(model: Infrastructure, service: Service) -> list[str]:
    """What Lambda does as a function's role for its way into the VPC is denied to the function's
    own code (Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon
    VPC")."""
    found = []
    for answered in _cached(service):
        name = answered["name"]
        denied = {
            action
            for statement in model.role_of(name).statements
            for condition in statement.conditions
            for action in statement.actions
            if statement.effect == "Deny"
            and statement.resource == "*"
            and condition.key == "lambda:SourceFunctionArn"
            and condition.values == (f"function:{name}",)
        }
        found += [
            f"{name}: its code may {action}"
            for action in sorted((MAKES_INTERFACES | LOOKS_AT_INTERFACES) - denied)
        ]
    return found


@check("S02", with_answer("cache"))
def cache_that_fails_rings(model: Infrastructure, service: Service) -> list[str]:
    """An alarm rings when functions go round the cache, since nobody else notices: they count each
    failure, and answer from the table."""
    counted = {"service": service["slug"], "environment": model.environment}
    rings = [
        alarm
        for alarm in model.alarms.values()
        for metric in alarm.metrics
        if (metric.namespace, metric.name) == (service["namespace"], "CacheFailures")
        and dict(metric.dimensions) == counted
    ]
    if not rings:
        return ["no alarm on CacheFailures of this service and environment"]
    return [
        f"alarm {alarm.physical_name} tells nobody"
        for alarm in rings
        if NOTIFICATIONS not in alarm.alarm_actions
    ]
