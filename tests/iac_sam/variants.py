"""Answers that together give every part of the template, each way it can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.answers import NETWORK

if TYPE_CHECKING:
    from tests.support.render import Answers


def _many(count: int, **common: Any) -> list[dict[str, Any]]:
    """`count` functions of every source in turn, each HTTP function handing on to a queue."""
    functions: list[dict[str, Any]] = []
    for number in range(count):
        kind = ("http", "queue", "schedule")[number % 3]
        own: dict[str, Any] = {"name": f"part{number}", "source": kind, **common}
        if kind == "http":
            own |= {"route": f"POST /parts/{number}", "table": "write"}
            own |= {"sends_to": [f"part{number + 1}"]} if number + 1 < count else {}
        else:
            own |= {"table": "read"}
        functions.append(own | ({"schedule": "rate(1 day)"} if kind == "schedule" else {}))
    return functions


ODD_NAMES = [
    # Each is what another function's or the service's logical ids are made of.
    {"name": "api", "source": "http", "route": "GET /api"},
    {"name": "settings", "source": "http", "route": "GET /settings/{id}", "table": "read"},
    {"name": "schedules", "source": "schedule", "schedule": "cron(0 6 * * ? *)"},
    {"name": "notification-topic", "source": "queue", "sends_to": ["report-orders"]},
    {"name": "report-orders", "source": "queue"},
    {"name": "report-orders-function", "source": "queue"},
    {"name": "report-orders-queue", "source": "queue"},
    {"name": "report-orders-dead-letters", "source": "queue"},
    {"name": "main-role", "source": "workflow", "sends_to": ["machine"]},
    {"name": "workflow", "source": "workflow"},
    {"name": "machine", "source": "workflow", "workflow": "report-orders-again"},
    {"name": "report-orders-release", "source": "http", "route": "GET /release"},
    {"name": "event", "source": "event"},
    {"name": "notification", "source": "topic"},
    {"name": "notification-sns", "source": "topic"},
    {"name": "report-orders-sns-topic", "source": "topic"},
]

VARIANTS: dict[str, Answers] = {
    "default": {},
    "one-http": {"functions": [{"name": "get-order", "source": "http", "route": "GET /orders"}]},
    "one-queue": {"functions": [{"name": "a", "source": "queue"}], "idempotency": False},
    "one-schedule": {"functions": [{"name": "a", "source": "schedule", "schedule": "rate(1 day)"}]},
    "one-workflow": {"functions": [{"name": "a", "source": "workflow"}], "idempotency": False},
    "one-table": {"functions": [{"name": "a", "source": "table"}], "idempotency": False},
    "one-stream": {"functions": [{"name": "a", "source": "stream"}], "idempotency": False},
    "streams": {
        "functions": [
            {"name": "a", "source": "stream", "parallelization": 10, "batch_window": 300},
            {"name": "a-stream", "source": "stream", "sends_to": ["a"], "batch_size": 10000},
            {"name": "table", "source": "table", "changes": ["REMOVE"], "sends_to": ["a-stream"]},
            {"name": "records", "source": "table", "table": "read", "batch_window": 1},
            {"name": "changes", "source": "http", "route": "GET /", "table": "write"},
        ]
    },
    "one-topic": {"functions": [{"name": "a", "source": "topic", "filter": {"b": [1]}}]},
    "one-event": {"functions": [{"name": "a", "source": "event"}], "alias_strategy": "none"},
    "told": {"sources": ["queue", "topic", "event", "schedule"], "dead_letters": "sns"},
    "told-alone": {"sources": ["event"], "dead_letters": "sns"},
    "batch-window": {
        "functions": [{"name": "a", "source": "queue", "batch_size": 100, "batch_window": 20}]
    },
    "fifo": {
        "functions": [
            {"name": "a", "source": "queue", "fifo": True, "sends_to": ["b"]},
            {"name": "b", "source": "queue"},
        ]
    },
    "ten": {"functions": _many(10)},
    "odd-names": {"functions": ODD_NAMES},
    "odd-text": {
        "project_name": 'Bestell "Dienst" $(id) {{ x }} #1: é 😀 \'',
        "description": "It's 100% {{resolve:ssm:x}}: - # é 😀 & <b> \\n",
        "owner": "Équipe plateforme: a/b=c+d@e",
        "alarm_email": "a+b@example.com",
    },
    "no-pipeline": {"cicd": "none"},
    "no-layers": {"layers": "none"},
    "split-layers": {"layers": "split"},
    "no-alias": {"alias_strategy": "none"},
    "no-idempotency": {"idempotency": False},
    "cloudwatch": {"observability": "cloudwatch"},
    "otel": {"observability": "otel"},
    "open-api": {"api_auth": "none", "cors_origins": "*"},
    "key": {"customer_managed_key": True},
    "key alone": {
        "customer_managed_key": True,
        "functions": [{"name": "a", "source": "schedule", "schedule": "rate(1 day)"}],
        "observability": "cloudwatch",
        "idempotency": False,
        "cicd": "none",
    },
    "tokens": {
        "api_auth": "jwt",
        "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
        "jwt_audience": "a, https://api.example.com",
        "cors_origins": "https://shop.example.com",
    },
    "cache": {"cache": "elasticache", "secrets": "secretsmanager"},
    "cluster": {"cache": "dax", "customer_managed_key": True},
    "cache in a VPC that was there": {
        "cache": "elasticache",
        "environments": [{"name": "dev", **NETWORK}, {"name": "prod", **NETWORK}],
    },
    "linear": {"traffic_shift": "linear"},
    "all-at-once": {"traffic_shift": "all-at-once"},
    "one-environment": {"environments": [{"name": "prod"}]},
    "accounts": {
        "environments": [
            {"name": "dev", "account": "111111111111", "region": "eu-central-1"},
            {
                "name": "prod",
                "account": "222222222222",
                "region": "us-east-1",
                "log_retention_days": 365,
                "functions": {"create-order": {"memory": 1024, "reserved_concurrency": 100}},
            },
        ]
    },
    "intel": {"python_version": "3.12", "architecture": "x86_64"},
}

THIRTY: Answers = {"functions": _many(30, reserved_concurrency=3)}
