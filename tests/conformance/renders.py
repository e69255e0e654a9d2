"""The projects that practices are proved on: together every source and every option's values that
reach the infrastructure. The matrix proves the same over the full product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

RENDERS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "dev-prod": {"alias_strategy": "dev-prod"},
    "dev-prod that hears": {
        "alias_strategy": "dev-prod",
        "dead_letters": "sns",
        "functions": [
            {"name": "take", "source": "http", "route": "POST /", "sends_to": ["tell", "hear"]},
            {"name": "tell", "source": "topic", "table": "read"},
            {"name": "hear", "source": "event", "table": "write"},
        ],
    },
    "dev-prod in order": {
        "alias_strategy": "dev-prod",
        "functions": [
            {
                "name": "write",
                "source": "http",
                "route": "POST /",
                "table": "write",
                "sends_to": ["count", "begin"],
            },
            {"name": "follow", "source": "table", "sends_to": ["count"]},
            {"name": "count", "source": "stream"},
            {"name": "begin", "source": "workflow"},
            {"name": "end", "source": "workflow", "table": "read"},
        ],
    },
    "dev-prod that is told": {
        "alias_strategy": "dev-prod",
        "functions": [
            {"name": "hand-in", "source": "http", "route": "POST /", "sends_to": ["take"]},
            {"name": "take", "source": "bucket", "prefix": "in/", "table": "write"},
            {"name": "react", "source": "alarm", "table": "read"},
        ],
    },
    "dev-prod that waits": {"alias_strategy": "dev-prod", "startup": "provisioned"},
    "dev-prod from snapshots": {"alias_strategy": "dev-prod", "startup": "snapstart"},
    "dev-prod with tokens and a secret": {
        "alias_strategy": "dev-prod",
        "api_auth": "jwt",
        "cors_origins": "https://shop.example.com",
        "secrets": "secretsmanager",
    },
    "otel": {
        "observability": "otel",
        "functions": [
            {"name": "create-order", "source": "http", "route": "POST /orders"},
            {"name": "charge-order", "source": "workflow", "workflow": "main"},
        ],
    },
    "plain": {
        "layers": "none",
        "alias_strategy": "none",
        "observability": "cloudwatch",
        "idempotency": False,
        "api_auth": "none",
        "cicd": "none",
    },
    "split": {
        "layers": "split",
        "traffic_shift": "linear",
        "architecture": "x86_64",
        "python_version": "3.12",
        "alarm_email": "on-call@example.com",
    },
    "http": {
        "functions": [
            {"name": "list-items", "source": "http", "route": "GET /items", "table": "read"},
            {"name": "get-item", "source": "http", "route": "GET /items/{id}", "table": "read"},
            {
                "name": "put-item",
                "source": "http",
                "route": "PUT /items/{id}",
                "table": "read-write",
            },
            {"name": "drop-part", "source": "http", "route": "DELETE /items/{id}/parts/{part}"},
        ],
        "traffic_shift": "all-at-once",
    },
    "queues": {
        "functions": [
            {"name": "take", "source": "queue", "sends_to": ["work"], "batch_size": 1},
            {
                "name": "work",
                "source": "queue",
                "sends_to": ["store"],
                "batch_size": 100,
                "batch_window": 20,
            },
            {"name": "store", "source": "queue", "table": "read-write", "timeout": 120},
            {"name": "watch", "source": "queue", "table": "read", "memory": 1024},
        ],
        "environments": [
            {"name": "test", "region": "eu-central-1", "log_retention_days": 3},
            {
                "name": "live",
                "account": "210987654321",
                "functions": {"store": {"memory": 2048, "timeout": 60, "reserved_concurrency": 50}},
            },
        ],
    },
    "fifo": {
        "functions": [
            {"name": "take", "source": "http", "route": "POST /things", "sends_to": ["order"]},
            {"name": "order", "source": "queue", "fifo": True, "sends_to": ["other"]},
            {"name": "other", "source": "queue"},
        ],
    },
    "key": {"customer_managed_key": True, "api_auth": "none"},
    "key of a workflow": {
        "customer_managed_key": True,
        "secrets": "secretsmanager",
        "functions": [{"name": "a", "source": "workflow", "workflow": "b", "secret": True}],
    },
    "tokens": {
        "permissions_boundary": "arn:aws:iam::123456789012:policy/teams/boundary",
        "api_auth": "jwt",
        "jwt_issuer": "https://login.example.com/tenant/",
        "jwt_audience": "orders, https://api.example.com",
        "cors_origins": "https://shop.example.com, http://localhost:5173",
    },
    "open": {
        "api_auth": "none",
        "cors_origins": "*",
        "functions": [{"name": "read", "source": "http", "route": "GET /things"}],
    },
    "schedule": {
        "functions": [
            {
                "name": "nightly",
                "source": "schedule",
                "schedule": "cron(0 3 * * ? *)",
                "timezone": "Europe/Berlin",
                "sends_to": ["clean-up"],
            },
            {"name": "clean-up", "source": "queue", "table": "write"},
        ],
        "alias_strategy": "none",
    },
    "secret": {
        "secrets": "secretsmanager",
        "functions": [
            {"name": "take", "source": "http", "route": "POST /", "secret": True},
            {"name": "work", "source": "queue", "secret": True},
            {"name": "tick", "source": "schedule", "schedule": "rate(1 day)"},
        ],
    },
    "cache": {
        "cache": "elasticache",
        "secrets": "secretsmanager",
        "functions": [
            {"name": "take", "source": "http", "route": "POST /", "table": "write"},
            {
                "name": "look",
                "source": "http",
                "route": "GET /{id}",
                "table": "read",
                "cache": True,
                "secret": True,
            },
            {
                "name": "report",
                "source": "schedule",
                "schedule": "rate(1 day)",
                "table": "read",
                "cache": True,
                "sends_to": ["work"],
            },
            {"name": "work", "source": "queue"},
        ],
    },
    "accelerator": {
        "cache": "dax",
        "customer_managed_key": True,
        "functions": [
            {"name": "look", "source": "queue", "table": "read", "cache": True},
            {"name": "list", "source": "http", "route": "GET /", "table": "read", "cache": True},
        ],
    },
    "cache in a VPC that was there": {
        "cache": "elasticache",
        "observability": "otel",
        "functions": [{"name": "look", "source": "topic", "table": "read", "cache": True}],
        "environments": [
            {
                "name": "test",
                "vpc": "vpc-0a1b2c3d",
                "subnets": ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
            },
            {
                "name": "live",
                "account": "210987654321",
                "vpc": "vpc-0a1b2c3d4e5f67890",
                "subnets": ["subnet-0a1b2c3d4e5f67890", "subnet-1a2b3c4d5e6f78901"],
            },
        ],
    },
    "workflows": {
        "functions": [
            {
                "name": "take-order",
                "source": "http",
                "route": "POST /orders",
                "table": "write",
                "sends_to": ["charge-order"],
            },
            {"name": "charge-order", "source": "workflow", "table": "read"},
            {"name": "ship-order", "source": "workflow", "table": "read-write", "timeout": 120},
            {
                "name": "tell-all",
                "source": "workflow",
                "sends_to": ["count-order", "file-order"],
                "memory": 128,
            },
            {"name": "count-order", "source": "workflow", "workflow": "counting"},
            {"name": "file-order", "source": "queue"},
        ],
        "environments": [
            {"name": "test", "functions": {"charge-order": {"timeout": 60}}},
            {"name": "live"},
        ],
    },
    "one workflow": {
        "functions": [{"name": "a", "source": "workflow", "workflow": "b"}],
        "alias_strategy": "none",
        "observability": "cloudwatch",
        "cicd": "none",
    },
    "snapstart": {"startup": "snapstart", "traffic_shift": "linear", "python_version": "3.12"},
    "provisioned": {
        "startup": "provisioned",
        "functions": [
            {
                "name": "create-order",
                "source": "http",
                "route": "POST /orders",
                "sends_to": ["fulfil-order"],
                "provisioned_concurrency": 3,
            },
            {"name": "read-order", "source": "http", "route": "GET /orders/{id}", "table": "read"},
            {"name": "fulfil-order", "source": "queue", "table": "write"},
        ],
        "environments": [
            {"name": "dev", "functions": {"create-order": {"provisioned_concurrency": 0}}},
            {
                "name": "prod",
                "functions": {
                    "create-order": {"reserved_concurrency": 5, "provisioned_concurrency": 5},
                    "fulfil-order": {"provisioned_concurrency": 1},
                },
            },
        ],
    },
    "streams": {
        "functions": [
            {
                "name": "write",
                "source": "http",
                "route": "POST /writings",
                "table": "write",
                "sends_to": ["count"],
            },
            {
                "name": "follow",
                "source": "table",
                "changes": ["INSERT", "MODIFY"],
                "batch_size": 50,
                "sends_to": ["note"],
            },
            {"name": "audit", "source": "table", "table": "read", "batch_size": 10},
            {
                "name": "count",
                "source": "stream",
                "parallelization": 2,
                "batch_window": 20,
                "sends_to": ["note"],
            },
            {"name": "note", "source": "stream", "timeout": 600},
        ],
    },
    "changes": {
        "functions": [{"name": "follow", "source": "table"}],
        "alias_strategy": "none",
        "environments": [{"name": "test"}, {"name": "live"}],
    },
    "told": {
        "functions": [
            {
                "name": "take",
                "source": "http",
                "route": "POST /things",
                "sends_to": ["tell", "hear", "learn"],
            },
            {
                "name": "tell",
                "source": "topic",
                "filter": {"status": ["paid", {"prefix": "re"}], "total": [{"numeric": [">", 0]}]},
                "table": "read",
                "sends_to": ["work"],
            },
            {"name": "hear", "source": "event", "sends_to": ["learn"]},
            {
                "name": "learn",
                "source": "event",
                "pattern": {
                    "source": ["shop"],
                    "detail-type": ["OrderPaid", {"prefix": "Refund"}],
                    "detail": {"total": [{"numeric": [">", 0]}]},
                },
                "table": "read-write",
            },
            {"name": "work", "source": "queue", "table": "write"},
            {"name": "tick", "source": "schedule", "schedule": "rate(1 hour)"},
        ],
        "dead_letters": "sns",
    },
    "told and encrypted": {
        "functions": [
            {"name": "take", "source": "http", "route": "POST /", "sends_to": ["tell"]},
            {"name": "tell", "source": "topic", "sends_to": ["hear"]},
            {"name": "hear", "source": "event"},
        ],
        "dead_letters": "sns",
        "customer_managed_key": True,
    },
    "kept": {
        "functions": [
            {"name": "tell", "source": "topic", "sends_to": ["hear"]},
            {"name": "hear", "source": "event", "table": "write"},
        ],
        "alias_strategy": "none",
        "idempotency": False,
    },
    "files": {
        "functions": [
            {"name": "hand-in", "source": "http", "route": "POST /orders", "sends_to": ["take"]},
            {
                "name": "take",
                "source": "bucket",
                "prefix": "in/",
                "suffix": ".json",
                "table": "write",
                "sends_to": ["keep"],
            },
            {"name": "keep", "source": "bucket", "suffix": ".json", "table": "read"},
            {"name": "bare", "source": "bucket", "prefix": "bare/"},
            {"name": "all", "source": "bucket"},
        ],
    },
    "alarms": {
        "customer_managed_key": True,
        "functions": [
            {"name": "hello", "source": "http", "route": "GET /"},
            {"name": "work", "source": "queue"},
            {"name": "tick", "source": "schedule", "schedule": "rate(1 hour)"},
            {"name": "react", "source": "alarm", "sends_to": ["page", "first"]},
            {"name": "weigh", "source": "alarm", "table": "read"},
            {"name": "page", "source": "queue", "sends_to": ["note"]},
            {"name": "note", "source": "bucket"},
            {"name": "first", "source": "workflow"},
            {"name": "second", "source": "workflow"},
            {"name": "other", "source": "workflow", "workflow": "others"},
        ],
    },
    "one": {
        "functions": [{"name": "a", "source": "queue"}],
        "environments": [{"name": "prod"}],
    },
}
