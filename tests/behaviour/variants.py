"""The projects whose own checks and tests are run.

Together they have each thing a function can do with the table, with and without sending on, for
each source; each of them alone, where what the functions share holds only what that one needs; and
both values of each option that reaches the code.
"""

from __future__ import annotations

from typing import Any

from tests.support.answers import (
    FUNCTION_LISTS,
    Function,
    alarm,
    bucket,
    event,
    http,
    queue,
    schedule,
    stream,
    table,
    topic,
    workflow,
)

Answers = dict[str, Any]

PLAIN: Answers = {"idempotency": False, "observability": "cloudwatch"}
"""The options whose code is absent in this and present by default."""

SINK = queue("sink")

EVERYTHING: list[Function] = [
    http("pass-bare", "GET /pass", sends_to=["sink", "follow"]),
    http("pass-one", "GET /pass/{order_id}/on", sends_to=["sink"]),
    http("pass-body", "POST /pass", sends_to=["sink"]),
    http("check-body", "PUT /pass/{order_id}"),
    http("create", "POST /create", table="write", sends_to=["sink", "complete"]),
    http("create-known", "POST /create/{order_id}", table="write"),
    http("save", "PUT /save", table="write", sends_to=["sink"]),
    http("save-known", "PUT /save/{order_id}", table="write"),
    http("cancel", "DELETE /cancel/{order_id}", table="write", sends_to=["sink"]),
    http("cancel-asked", "DELETE /cancel", table="write"),
    http("get-order", "GET /get/{order_id}", table="read", sends_to=["sink"]),
    http("list-orders", "GET /list", table="read", sends_to=["sink"]),
    http("search", "POST /list", table="read"),
    http("ensure", "POST /ensure", table="read-write", sends_to=["sink"]),
    http("change", "PATCH /change/{order_id}", table="read-write", sends_to=["sink"]),
    http("change-named", "PATCH /change", table="read-write"),
    http("close", "DELETE /close/{order_id}", table="read-write", sends_to=["sink"]),
    http("finish", "GET /finish", table="read-write"),
    queue("forward", sends_to=["sink"]),
    queue("keep", table="write", sends_to=["sink"]),
    queue("look", table="read", sends_to=["sink"]),
    queue("complete", table="read-write", sends_to=["sink"]),
    queue("follow", fifo=True, table="read-write", sends_to=["sink"]),
    schedule("knock", sends_to=["sink"]),
    schedule("refill", table="write", sends_to=["sink"]),
    schedule("refill-daily", table="read-write", sends_to=["sink"]),
    schedule("report", table="read", sends_to=["sink"]),
    workflow("begin", sends_to=["sink"]),
    workflow("enter", table="write", sends_to=["sink"]),
    workflow("inspect", table="read", sends_to=["sink"]),
    workflow("settle", table="read-write", sends_to=["sink"]),
    http("start", "POST /start", table="write", sends_to=["begin"]),
    SINK,
]
"""Each thing that a function of each source can do."""

IN_ORDER: list[Function] = [
    http("create", "POST /create", table="write", sends_to=["tail"]),
    stream("stream-pass", sends_to=["tail"]),
    stream("stream-keep", table="write", sends_to=["sink", "tail"]),
    stream("stream-look", table="read", sends_to=["sink"]),
    stream("stream-complete", table="read-write", sends_to=["tail"]),
    table("publish", sends_to=["sink", "tail"]),
    table("publish-known", table="read", changes=["REMOVE"], sends_to=["tail"]),
    stream("tail"),
    SINK,
]
"""What a function can do whose records come in order: one stack has no room for it beside the
rest."""

TOLD: list[Function] = [
    http("bring", "POST /bring", sends_to=["take", "announce"]),
    topic("announce", sends_to=["sink", "hear"]),
    topic("announce-new", table="write", sends_to=["sink"]),
    topic("look-told", table="read", sends_to=["sink"]),
    topic("complete-told", table="read-write", sends_to=["sink"]),
    event("hear", sends_to=["sink", "tell"]),
    event("hear-new", table="write", sends_to=["sink"]),
    event("look-heard", table="read", sends_to=["sink"]),
    event("complete-heard", table="read-write", sends_to=["sink"]),
    topic("tell", filter={"id": [{"exists": True}]}),
    bucket("take", prefix="in/", suffix=".json", sends_to=["sink"]),
    bucket("import-order", suffix=".json", table="write", sends_to=["sink"]),
    bucket("compare", table="read", sends_to=["take"]),
    bucket("settle", prefix="settle/", table="read-write", sends_to=["import-order"]),
    alarm("react", sends_to=["sink", "take"]),
    alarm("weigh", table="read", sends_to=["sink"]),
    SINK,
]
"""What a function can do that is told of something: by others or by the service's alarms."""

BY_TWO_ALIASES: list[Function] = [
    http("bring", "POST /bring", sends_to=["announce", "hear"], secret=True),
    *(function for function in TOLD if function["source"] in {"topic", "event"}),
    queue("sink", reserved_concurrency=5),
]
"""What a function can do that is told of something, where two aliases on one stack share it."""

IN_ORDER_BY_TWO_ALIASES: list[Function] = [
    *(function for function in IN_ORDER if function["source"] in {"table", "stream"}),
    http("start", "POST /start", table="write", sends_to=["begin", "follow"]),
    workflow("begin", sends_to=["sink"]),
    workflow("settle", table="read-write"),
    queue("follow", fifo=True, reserved_concurrency=5),
    queue("sink", reserved_concurrency=5),
]
"""The same of functions whose events come in order, and of workflows."""

ALONE: dict[str, Function] = {
    "http passes": http("health", "GET /health"),
    "http creates": http("create-order", "POST /orders", table="write"),
    "http saves": http("save-order", "PUT /orders/{order_id}", table="write"),
    "http cancels": http("cancel-order", "DELETE /orders/{order_id}", table="write"),
    "http gets": http("get-order", "GET /orders/{order_id}", table="read"),
    "http lists": http("list-orders", "GET /orders", table="read"),
    "http ensures": http("ensure-order", "POST /orders", table="read-write"),
    "http changes": http("change-order", "PATCH /orders/{order_id}", table="read-write"),
    "queue passes": SINK,
    "queue creates": queue("keep-order", table="write"),
    "queue gets": queue("check-order", table="read"),
    "queue changes": queue("fulfil-order", table="read-write"),
    "fifo queue changes": queue("follow-order", fifo=True, table="read-write"),
    "stream passes": stream("count-views"),
    "stream creates": stream("keep-order", table="write"),
    "stream gets": stream("check-order", table="read"),
    "stream changes": stream("fulfil-order", table="read-write"),
    "table passes": table("publish-changes"),
    "table gets": table("audit-changes", table="read", changes=["MODIFY", "REMOVE"]),
    "topic passes": topic("announce"),
    "topic creates": topic("keep-order", table="write"),
    "topic gets": topic("notify-customer", table="read"),
    "topic changes": topic("fulfil-order", table="read-write"),
    "event passes": event("hear"),
    "event creates": event("keep-order", table="write"),
    "event gets": event("check-order", table="read"),
    "event changes": event("record-payment", table="read-write"),
    "bucket passes": bucket("take"),
    "bucket creates": bucket("import-orders", suffix=".json", table="write"),
    "bucket gets": bucket("compare", table="read"),
    "bucket changes": bucket("settle", prefix="in/", table="read-write"),
    "alarm passes": alarm("react"),
    "alarm lists": alarm("weigh", table="read"),
    "schedule passes": schedule("tick"),
    "schedule creates": schedule("refill", table="write"),
    "schedule lists": schedule("report-orders", table="read"),
    "schedule ensures": schedule("refill-daily", table="read-write"),
    "workflow passes": workflow("begin"),
    "workflow creates": workflow("enter-order", table="write"),
    "workflow gets": workflow("inspect-order", table="read"),
    "workflow changes": workflow("settle-order", table="read-write"),
}
"""Functions that are the only one of their service."""

QUICK: dict[str, Answers] = {
    "default": {},
    "plain": PLAIN,
    "everything": {"functions": EVERYTHING, "concurrency_quota": 100000},
    "tokens": {"api_auth": "jwt", "functions": FUNCTION_LISTS["every method"]},
    "http alone": {"functions": [ALONE["http gets"]]},
    "http alone, plain": {"functions": [ALONE["http passes"]], **PLAIN},
    "queue alone": {"functions": [ALONE["queue creates"]]},
    "queue alone, plain": {"functions": [ALONE["queue passes"]], **PLAIN},
    "fifo queues": {"functions": FUNCTION_LISTS["queues in order"], "cicd": "none"},
    "workflow alone": {"functions": [ALONE["workflow changes"]]},
    "workflow alone, plain": {"functions": [ALONE["workflow passes"]], **PLAIN},
    "in order": {"functions": IN_ORDER},
    "stream alone": {"functions": [ALONE["stream gets"]]},
    "stream alone, plain": {"functions": [ALONE["stream passes"]], **PLAIN},
    "table alone": {"functions": [ALONE["table gets"]]},
    "table alone, plain": {"functions": [ALONE["table passes"]], **PLAIN},
    "topic alone": {"functions": [ALONE["topic creates"]], "dead_letters": "sns"},
    "topic alone, plain": {"functions": [ALONE["topic passes"]], **PLAIN},
    "event alone": {"functions": [ALONE["event gets"]]},
    "event alone, plain": {"functions": [ALONE["event passes"]], "dead_letters": "sns", **PLAIN},
    "schedule alone": {"functions": [ALONE["schedule passes"]]},
    "snapshots": {"startup": "snapstart"},
    "a snapshot without clients": {
        "functions": [ALONE["schedule passes"]],
        "startup": "snapstart",
        **PLAIN,
    },
    "OpenTelemetry": {"observability": "otel", "python_version": "3.14"},
    "OpenTelemetry without clients": {
        "functions": [ALONE["schedule passes"]],
        **PLAIN,
        "observability": "otel",
    },
    "OpenTelemetry of two aliases": {"observability": "otel", "alias_strategy": "dev-prod"},
    "told": {"functions": TOLD},
    "told by two aliases": {
        "alias_strategy": "dev-prod",
        "secrets": "secretsmanager",
        "startup": "snapstart",
        "functions": BY_TWO_ALIASES,
    },
    "in order by two aliases": {
        "alias_strategy": "dev-prod",
        "functions": IN_ORDER_BY_TWO_ALIASES,
        "concurrency_quota": 100000,
    },
    "topic alone of two aliases": {
        "alias_strategy": "dev-prod",
        "functions": [ALONE["topic passes"]],
        **PLAIN,
    },
    "bucket and alarm of two aliases": {
        "alias_strategy": "dev-prod",
        "functions": [
            {"name": "react", "source": "alarm", "table": "read", "sends_to": ["keep"]},
            {"name": "keep", "source": "bucket", "suffix": ".json", "table": "read-write"},
        ],
    },
    "bucket alone of two aliases, plain": {
        "alias_strategy": "dev-prod",
        "functions": [ALONE["bucket passes"]],
        **PLAIN,
    },
    "alarm alone of two aliases, plain": {
        "alias_strategy": "dev-prod",
        "functions": [ALONE["alarm passes"]],
        **PLAIN,
    },
    "bucket alone": {"functions": [ALONE["bucket creates"]]},
    "bucket alone, plain": {"functions": [ALONE["bucket passes"]], **PLAIN},
    "alarm alone": {"functions": [ALONE["alarm lists"]]},
    "alarm alone, plain": {"functions": [ALONE["alarm passes"]], **PLAIN},
    "longest names": {"functions": FUNCTION_LISTS["longest names"], "project_slug": "o"},
    "odd names": {"functions": FUNCTION_LISTS["odd names"]},
    "a secret for each source": {
        "functions": FUNCTION_LISTS["a secret for each source"],
        "secrets": "secretsmanager",
        "dead_letters": "sns",
    },
    "cache": {"cache": "elasticache", "functions": FUNCTION_LISTS["a cache for each source"]},
    "cache alone": {
        "cache": "elasticache",
        "functions": [{**ALONE["http gets"], "cache": True}],
        "startup": "snapstart",
        **PLAIN,
    },
    "cache of a report": {
        "cache": "elasticache",
        "functions": [{**ALONE["schedule lists"], "cache": True}],
    },
    "accelerator": {"cache": "dax", "functions": FUNCTION_LISTS["a cache for each source"]},
    "accelerator alone": {"cache": "dax", "functions": [{**ALONE["queue gets"], "cache": True}]},
    "Python 3.12": {"python_version": "3.12"},
    "Python 3.14": {"python_version": "3.14"},
}

DEEP: dict[str, Answers] = {
    **{name: {"functions": [function]} for name, function in ALONE.items()},
    **{f"{name}, plain": {"functions": [function], **PLAIN} for name, function in ALONE.items()},
    "in order, plain": {"functions": IN_ORDER, **PLAIN},
    "told, plain": {"functions": TOLD, **PLAIN},
    "everything, plain": {"functions": EVERYTHING, "concurrency_quota": 100000, **PLAIN},
    "everything, with a secret": {
        "functions": [{**function, "secret": True} for function in EVERYTHING],
        "secrets": "secretsmanager",
        "concurrency_quota": 100000,
    },
    "ten": {"functions": FUNCTION_LISTS["ten"], "concurrency_quota": 100000},
    "short timeouts": {
        "environments": [
            {"name": "dev", "functions": {"create-order": {"timeout": 1}}},
            {"name": "prod", "functions": {"fulfil-order": {"timeout": 1}}},
        ]
    },
}
