"""What holds data: F19."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.checks.failures import WITH_DEAD_LETTERS
from tests.conformance.checks.registry import (
    Service,
    check,
    functions,
    place,
    with_answer,
    with_source,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conformance.model import Infrastructure, Statement


def _denies_plain_http(policy: tuple[Statement, ...], resource: str, service: str) -> bool:
    """Whether a resource policy refuses every request without TLS, whoever makes it."""
    return any(
        statement.effect == "Deny"
        and statement.principals in {("*",), ("AWS:*",)}
        and f"{service}:*" in statement.actions
        and statement.resource in {resource, "*"}
        and [(c.operator, c.key, c.values) for c in statement.conditions]
        == [("Bool", "aws:SecureTransport", ("false",))]
        for statement in policy
    )


@check("F19", with_source(*WITH_DEAD_LETTERS, "workflow"))
def queues_are_private(model: Infrastructure, _service: Service) -> list[str]:
    """Queues are encrypted at rest and take requests over TLS only (SQS Developer Guide, "Security
    best practices")."""
    found = []
    for name, queue in model.queues.items():
        if queue.encryption == "none":
            found.append(f"queue {name} is not encrypted")
        if not _denies_plain_http(queue.policy, f"queue:{name}", "sqs"):
            found.append(f"queue {name} takes requests without TLS")
    return found


@check("F19", with_source("stream"))
def streams_are_private(model: Infrastructure, service: Service) -> list[str]:
    """Streams are encrypted at rest (Kinesis takes requests over TLS only by itself), keep their
    records as long as answered and grow on demand (Kinesis Developer Guide, "Data protection")."""
    found = []
    for answered in functions(service, "stream"):
        name = answered["name"]
        stream = model.streams.get(name)
        if stream is None:
            found.append(f"{name}: no stream")
            continue
        if stream.encryption == "none":
            found.append(f"stream {name} is not encrypted")
        if stream.shards is not None:
            found.append(f"stream {name} has {stream.shards} shards and no more")
        hours = answered["shards"]["retention_hours"]
        found += wrong(f"stream {name}: retention", stream.retention_hours, hours)
    return found


@check("F19")
def topics_are_private(model: Infrastructure, _service: Service) -> list[str]:
    """Topics are encrypted at rest, by a key that rotates, and take requests over TLS only (SNS
    Developer Guide, "Security best practices"; KMS Developer Guide, "Rotating keys")."""
    found = [
        f"topic {n} is not encrypted" for n, t in model.topics.items() if t.encryption == "none"
    ]
    found += [f"key {name} never rotates" for name, key in model.keys.items() if not key.rotation]
    return found + [
        f"topic {name} takes requests without TLS"
        for name, topic in model.topics.items()
        if not any(
            statement.effect == "Deny"
            and statement.principals in {("*",), ("AWS:*",)}
            and statement.actions in {("sns:Publish",), ("SNS:Publish",), ("sns:*",)}
            and statement.resource == f"topic:{name}"
            and [(c.operator, c.key, c.values) for c in statement.conditions]
            == [("Bool", "aws:SecureTransport", ("false",))]
            for statement in topic.policy
        )
    ]


@check("F19", with_source("bucket"))
def buckets_are_private(model: Infrastructure, service: Service) -> list[str]:
    """Buckets are encrypted at rest, closed to the public whatever is put into them, and take
    requests over TLS only (S3 User Guide, "Security best practices")."""
    found = wrong(
        "buckets", sorted(model.buckets), sorted(f["name"] for f in functions(service, "bucket"))
    )
    for name, bucket in model.buckets.items():
        if bucket.encryption == "none":
            found.append(f"bucket {name} is not encrypted")
        if not bucket.public_access_blocked:
            found.append(f"bucket {name} may be opened to the public")
        found += wrong(f"bucket {name}: ownership", bucket.object_ownership, "BucketOwnerEnforced")
        reached = [f"bucket:{name}", f"bucket:{name}/*"]
        if not all(_denies_plain_http(bucket.policy, resource, "s3") for resource in reached):
            found.append(f"bucket {name} takes requests without TLS")
    return found


@check("F19", with_source("bucket"))
def buckets_empty_themselves(model: Infrastructure, service: Service) -> list[str]:
    """A bucket outlives its stack, which could not be deleted with it, and keeps nothing for ever;
    yet what it holds, and what was put over it, longer than a dead letter waits for somebody
    (docs/decisions, "A bucket outlives its stack")."""
    found = []
    for answered in functions(service, "bucket"):
        name = answered["name"]
        bucket = model.buckets.get(name)
        if bucket is None:
            found.append(f"{name}: no bucket")
            continue
        found += wrong(f"bucket {name}: kept on delete", bucket.kept_on_delete, expected=True)
        found += wrong(f"bucket {name}: kept on replace", bucket.kept_on_replace, expected=True)
        found += wrong(f"bucket {name}: versions", bucket.versioned, expected=True)
        days = answered["bucket"]["kept_days"]
        found += wrong(f"bucket {name}: expiry", bucket.expires_days, days)
        found += wrong(f"bucket {name}: expiry of versions", bucket.versions_expire_days, days)
        if (bucket.expires_days or 0) * 86_400 <= answered["dead_letters_retention_seconds"]:
            found.append(f"bucket {name}: objects go before the dead letters that tell of them")
    return found


def _publishes(service: Service) -> bool:
    return "topic" in service["targets"] or any(f["dead_letter_topic"] for f in functions(service))


@check("F19", _publishes)
def roles_may_encrypt(model: Infrastructure, _service: Service) -> list[str]:
    """A role that publishes to an encrypted topic may use its key: the one that AWS manages allows
    that to whoever in the account may publish, another takes kms:Decrypt and kms:GenerateDataKey
    (SNS Developer Guide, "Configuring AWS KMS permissions")."""
    found = []
    for name, role in model.roles.items():
        allowed = {(a, s.resource) for s in role.statements for a in s.actions}
        for topic_name in sorted(t for a, t in allowed if a == "sns:Publish"):
            topic = model.topics.get(topic_name.removeprefix("topic:"))
            key = topic.encryption if topic else "none"
            if key in {"none", "alias/aws/sns"}:  # "none" is reported besides
                continue
            actions = {a for a, resource in allowed if resource == key}
            if not {"kms:Decrypt", "kms:GenerateDataKey"} <= actions:
                found.append(f"role {name} may not use the key of {topic_name}")
    return found


@check("F19", with_answer("customer_managed_key"))
def one_key_for_all(model: Infrastructure, service: Service) -> list[str]:
    """All that the service keeps is encrypted with its own key, which has a name, rotates, and goes
    no sooner than the table (KMS Developer Guide, "Deleting keys")."""
    kept: Mapping[str, Mapping[str, Any]] = {
        "queue": model.queues,
        "stream": model.streams,
        "table": model.tables,
        "topic": model.topics,
        "log group": model.log_groups,
        "function": model.functions,
        "secret": model.secrets,
        "bucket": model.buckets,
    }
    found = [
        f"{kind} {name}: encrypted with {resource.encryption}"
        for kind, resources in kept.items()
        for name, resource in resources.items()
        if resource.encryption != "key:service"
    ]
    key = model.keys.get("service")
    if key is None:
        return [*found, "no key"]
    found += wrong("key: alias", key.alias, f"alias/{model.stack}")
    found += wrong("key: rotation", key.rotation, expected=True)
    if service["table"] or service["secret"] or model.buckets:
        found += wrong("key: kept on delete", key.kept_on_delete, expected=True)
    return found


@check("F19", with_answer("customer_managed_key"))
def key_opens_for_few(model: Infrastructure, _service: Service) -> list[str]:
    """CloudWatch Logs may use the key for this stack's log groups only (CloudWatch Logs User Guide,
    "Encrypt log data"), and no policy lets everybody use it."""
    found = []
    for name, key in model.keys.items():
        for statement in key.policy:
            if {"*", "AWS:*"} & set(statement.principals):
                found.append(f"key {name}: for everybody")
            logs = [p for p in statement.principals if p.startswith("Service:logs.")]
            values = [
                value
                for c in statement.conditions
                if c.key == "kms:EncryptionContext:aws:logs:arn"
                for value in c.values
            ]
            if logs and not (
                values and all("<stack>" in value or model.stack in value for value in values)
            ):
                found.append(f"key {name}: for every log group of the account")
        if not any(p.startswith("Service:logs.") for s in key.policy for p in s.principals):
            found.append(f"key {name}: CloudWatch Logs may not use it")
    return found


@check("F19", with_answer("table"))
def tables_survive(model: Infrastructure, service: Service) -> list[str]:
    """The service's table is kept when its stack goes, and in production any second of the last
    five weeks can be restored (DynamoDB Developer Guide, "Point-in-time recovery"). Idempotency
    records are worth nothing a day later, so their table may go."""
    table = model.tables.get("table")
    if table is None:
        return ["no table"]
    found = wrong("table: kept on delete", table.kept_on_delete, expected=True)
    found += wrong("table: kept on replace", table.kept_on_replace, expected=True)
    if place(service, model.environment)["production"] and not table.point_in_time_recovery:
        found.append("table: no point-in-time recovery in production")
    return found


@check("F19", with_answer("table"))
def tables_are_shaped(model: Infrastructure, service: Service) -> list[str]:
    """The table has the keys that the code reads and writes by, is paid by request and tells of its
    changes if these start a function."""
    table, shape = model.tables.get("table"), service["table"]
    if table is None:
        return ["no table"]
    found = wrong("table: key", table.keys, ((shape["key"], "HASH S"),))
    found += wrong("table: billing", table.billing_mode, "PAY_PER_REQUEST")
    if any(f["reads"] == "many" for f in functions(service)):
        keys = ((shape["index_key"], "HASH S"), (shape["index_sort_key"], "RANGE S"))
        indexes = {name: index.keys for name, index in table.indexes.items()}
        found += wrong("table: indexes", indexes, {shape["index"]: keys})
    changes = "NEW_AND_OLD_IMAGES" if functions(service, "table") else None
    found += wrong("table: stream", table.stream, changes)
    return found


@check("F19", with_answer("idempotency"))
def idempotency_records_expire(model: Infrastructure, _service: Service) -> list[str]:
    """Idempotency records have the key and the expiry attribute that Powertools expects."""
    table = model.tables.get("table:idempotency") or model.tables.get("idempotency")
    if table is None:
        return ["no idempotency table"]
    found = wrong("idempotency table: key", table.keys, (("id", "HASH S"),))
    return found + wrong("idempotency table: expiry", table.time_to_live, "expiration")
