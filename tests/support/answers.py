"""Sets of answers that suites share: the choices' values, function lists, values for the rest.

Every question is here or has choices of its own in copier.yml; `tests/lint` holds that.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tests.support.render import Answers, choices, questions

if TYPE_CHECKING:
    from collections.abc import Iterable

Function = dict[str, Any]
LONGEST = "settle-every-overdue-invoice-of-a-tenant"
"""A function's name of the longest length allowed: 40 characters."""


def http(name: str, route: str, **keys: object) -> Function:
    """A function on `route`, such as "POST /orders"."""
    return {"name": name, "source": "http", "route": route, **keys}


def queue(name: str, **keys: object) -> Function:
    """A function that consumes a queue."""
    return {"name": name, "source": "queue", **keys}


def schedule(name: str, expression: str = "rate(1 day)", **keys: object) -> Function:
    """A function that EventBridge Scheduler starts."""
    return {"name": name, "source": "schedule", "schedule": expression, **keys}


def workflow(name: str, of: str = "main", **keys: object) -> Function:
    """The next step of a workflow."""
    return {"name": name, "source": "workflow", "workflow": of, **keys}


def table(name: str, **keys: object) -> Function:
    """A function that the changes of the service's table start."""
    return {"name": name, "source": "table", **keys}


def stream(name: str, **keys: object) -> Function:
    """A function that reads a stream."""
    return {"name": name, "source": "stream", **keys}


def topic(name: str, **keys: object) -> Function:
    """A function that is subscribed to a topic of its own."""
    return {"name": name, "source": "topic", **keys}


def event(name: str, **keys: object) -> Function:
    """A function that listens to the service's event bus."""
    return {"name": name, "source": "event", **keys}


def bucket(name: str, **keys: object) -> Function:
    """A function that objects put into its bucket start."""
    return {"name": name, "source": "bucket", **keys}


def alarm(name: str, **keys: object) -> Function:
    """A function that the service's alarms start."""
    return {"name": name, "source": "alarm", **keys}


def many(count: int) -> list[Function]:
    """`count` functions of every source, each third of which sends to the queue before it."""
    functions: list[Function] = []
    for number in range(count):
        match number % 3:
            case 0:
                functions.append(queue(f"work-{number}", table="read-write"))
            case 1:
                target = [f"work-{number - 1}"]
                route = f"POST /things-{number}"
                functions.append(http(f"take-{number}", route, table="write", sends_to=target))
            case _:
                functions.append(schedule(f"sum-up-{number}", "rate(2 hours)", table="read"))
    return functions


FUNCTION_LISTS: dict[str, list[Function]] = {
    "one http": [http("hello", "GET /")],
    "one http that writes": [http("create-order", "POST /orders", table="write")],
    "one queue": [queue("fulfil-order", table="write")],
    "one queue without table": [queue("forward")],
    "one schedule": [schedule("tick", "cron(0 8 ? * MON-FRI *)", timezone="Europe/Berlin")],
    "one topic": [topic("notify-customer", table="write")],
    "one topic without table": [topic("count", filter={"status": ["paid", {"prefix": "re"}]})],
    "one event": [event("record-payment", table="write")],
    "one event without table": [event("count", pattern={"source": [{"prefix": "shop."}]})],
    "told in turn": [
        http("tell", "POST /things", sends_to=["first", "second", "third"]),
        topic("first", table="read", sends_to=["second"], filter={"id": [{"exists": True}]}),
        event("second", table="read", sends_to=["last"]),
        event(
            "third",
            table="read-write",
            pattern={
                "source": ["shop", "aws.tag"],
                "detail-type": [{"prefix": "Order"}, 'Order "paid"'],
                "detail": {"total": [{"numeric": [">", 0]}], "from": {"country": ["CH"]}},
            },
        ),
        topic("last", table="read-write"),
        schedule("remind", sends_to=["last", "second"]),
    ],
    "every method": [
        http("list-orders", "GET /orders", table="read"),
        http("read-order", "GET /orders/{order_id}", table="read"),
        http("create-order", "POST /orders", table="write"),
        http("replace-order", "PUT /orders/{order_id}", table="write"),
        http("change-order", "PATCH /orders/{order_id}", table="read-write"),
        http("delete-order", "DELETE /orders/{order_id}", table="read-write"),
        http("read-line", "GET /orders/{order_id}/lines/{line_id}"),
    ],
    "a chain of queues": [
        schedule("collect", "rate(5 minutes)", sends_to=["first", "second"]),
        queue("first", sends_to=["second"], batch_size=1),
        queue("second", sends_to=["third"], table="read", batch_size=100, batch_window=5),
        queue("third", table="read-write", timeout=900, memory=10240, reserved_concurrency=3),
    ],
    "queues in order": [
        http("change-order", "PATCH /orders/{order_id}", table="read-write", sends_to=["ship"]),
        queue("ship", fifo=True, table="read-write", sends_to=["bill", "tell"]),
        queue("bill", fifo=True, batch_size=1),
        queue("tell"),
    ],
    "one queue in order": [queue("fulfil-order", fifo=True, table="write")],
    "one workflow": [workflow("only-step", table="write")],
    "workflows": [
        http("take-order", "POST /orders", table="write", sends_to=["charge", "collect"]),
        workflow("charge", "fulfilment", table="read", timeout=900),
        {"name": "first", "source": "workflow"},
        workflow("ship", "fulfilment", table="read-write", sends_to=["first"]),
        workflow("second", sends_to=["collect"]),
        queue("collect", table="read"),
    ],
    "one table": [table("publish-changes")],
    "one stream": [stream("count-views", parallelization=10, batch_size=10000, batch_window=300)],
    "changes sent on": [
        http("create-order", "POST /orders", table="write", sends_to=["count"]),
        table("publish", changes=["INSERT"], sends_to=["count", "notify"], batch_window=1),
        table("audit", changes=["REMOVE", "MODIFY"], table="read", timeout=900),
        stream("count", table="read", parallelization=2, sends_to=["notify"]),
        queue("notify"),
    ],
    "streams": [
        schedule("collect", "rate(5 minutes)", sends_to=["first"]),
        stream("first", sends_to=["second", "third"], reserved_concurrency=4),
        stream("second", table="read-write", timeout=1),
        stream("third", table="write", batch_size=1, sends_to=["fourth"]),
        queue("fourth"),
    ],
    "odd names": [
        http("json", "GET /json", table="read"),
        http("test", "POST /test", sends_to=["service", "event", "topic"], timeout=1, memory=128),
        queue("service", table="write"),
        topic("topic", table="read"),
        topic("notification"),
        event("event"),
        queue("x1-2b-c3"),
        schedule("a", "rate(1 minute)"),
        schedule("handler", "rate(1 hour)", table="read-write", timeout=900),
        workflow("begin", "fail", table="write", sends_to=["service"]),
    ],
    "longest names": [
        http(
            LONGEST,
            "POST /settle",
            table="read-write",
            sends_to=[f"{LONGEST[:-1]}{end}" for end in "qnv"],
        ),
        queue(f"{LONGEST[:-1]}q", table="read"),
        topic(f"{LONGEST[:-1]}n", table="read"),
        event(f"{LONGEST[:-1]}v", table="read"),
        schedule(f"{LONGEST[:-1]}s", table="read"),
        workflow(f"{LONGEST[:-1]}w", f"{LONGEST[:-1]}m", table="read-write"),
        bucket(f"{LONGEST[:-1]}b", table="read-write", sends_to=[f"{LONGEST[:-1]}q"]),
        alarm(f"{LONGEST[:-1]}a", table="read", sends_to=[f"{LONGEST[:-1]}b"]),
    ],
    "every source": [
        http(
            "take-order",
            "POST /orders",
            table="write",
            sends_to=["pack", "announce", "hear", "store", "charge", "views"],
        ),
        queue("pack", fifo=True, table="read-write"),
        topic("announce", table="read"),
        event("hear", table="write"),
        schedule("sum-up", table="read"),
        bucket("store", table="write"),
        alarm("ring"),
        workflow("charge", table="read"),
        table("follow"),
        stream("views"),
    ],
    "a secret for each source": [
        http("take-order", "POST /orders", table="write", sends_to=["pack-order"], secret=True),
        queue("pack-order", table="read-write", secret=True),
        schedule("count-orders", table="read", secret=True),
        bucket("import-orders", table="write", secret=True),
        alarm("weigh-alarm", table="read", secret=True),
        topic("tell-buyer", table="read", secret=True),
        event("note-payment", table="write", secret=True),
        workflow("charge-card", table="read", secret=True),
        table("follow-orders", secret=True),
        stream("count-views", secret=True),
        http("read-order", "GET /orders/{order_id}", table="read", secret=False),
    ],
    "a cache for each source": [
        http("read-order", "GET /orders/{order_id}", table="read", cache=True),
        http("list-orders", "GET /orders", table="read", cache=True, sends_to=["check-order"]),
        queue("check-order", table="read", cache=True),
        schedule("count-orders", table="read", cache=True),
        bucket("compare-orders", table="read", cache=True),
        alarm("weigh-alarm", table="read", cache=True),
        topic("tell-buyer", table="read", cache=True),
        event("note-payment", table="read", cache=True),
        workflow("charge-card", table="read", cache=True),
        table("follow-orders", table="read", cache=True),
        stream("count-views", table="read", cache=True),
        http("take-order", "POST /orders", table="write", cache=False),
    ],
    "buckets": [
        bucket("import-orders", table="write", suffix=".json", sends_to=["look"]),
        bucket("look", prefix="in/", suffix=".json", table="read"),
        bucket("fulfil", prefix="done/", table="read-write", timeout=900, sends_to=["bare"]),
        bucket("bare"),
        http("hand-in", "POST /hand-in", sends_to=["import-orders", "fulfil"]),
    ],
    "one bucket": [bucket("take")],
    "alarms": [
        alarm("react", sends_to=["page", "note"]),
        alarm("report", table="read"),
        alarm("bare"),
        alarm("last", table="read", sends_to=["note"]),
        queue("page", sends_to=["ring"]),
        queue("ring", table="write"),
        bucket("note", prefix="alarms/", suffix=".json"),
        http("hello", "GET /"),
        schedule("tick", timezone="Europe/Berlin", memory=512, reserved_concurrency=3),
    ],
    "one alarm": [alarm("react")],
    "ten": many(10),
    "thirty": many(30),
}

CROSSED = (
    "one http that writes",
    "every method",
    "queues in order",
    "told in turn",
    "workflows",
    "changes sent on",
    "a secret for each source",
    "a cache for each source",
    "alarms",
    "longest names",
)
"""The lists that suites cross with the other answers: each source and each key of a function in one
of them. All lists would cost thrice as much, and each is checked by itself as well."""

KEEP_THEIR_OWN = {"http", "queue", "workflow"}
"""Sources whose failures Lambda puts nowhere: to these the answer `dead_letters` means nothing."""

NETWORK = {"vpc": "vpc-0a1b2c3d4e5f67890", "subnets": ["subnet-0a1b2c3d", "subnet-1a2b3c4d"]}
"""What an environment says of a VPC that was there; only beside a cache."""

ENVIRONMENT_LISTS: list[list[dict[str, Any]]] = [
    [{"name": "prod"}],
    [
        {"name": "dev", "account": "012345678901", "log_retention_days": 1},
        {"name": "live", "account": "210987654321", "log_retention_days": 3653},
    ],
    [{"name": "dev"}, {"name": "staging"}, {"name": "prod"}],
    [
        {"name": "a"},
        {"name": "b", "region": "us-east-1", "traffic_shift": "linear"},
        {"name": "c", "region": "eu-north-1"},
        {"name": "d"},
    ],
    [{"name": "dev", **NETWORK}, {"name": "prod", **NETWORK}],
]
"""One, two in accounts of their own, the default, four (a `traffic_shift` there needs an alias),
and two in a VPC that was there (which needs a cache)."""

PROJECT_NAMES = [
    "Order service",
    'O\'Brien & "Sons" <12 orders>',
    "$(id) `id` $HOME %HOME% \\n",
    "{{ 7 * 7 }} {% raw %} {# no #}",
    "yes: [no] #1 *a !b | > - ? @",
    "Größe · 注文 · заказ 🛒",
]
"""Names of any language, and what shells, Jinja, YAML and HTML would read something into."""

SAMPLES: dict[str, list[Any]] = {
    "project_name": [
        PROJECT_NAMES[0],
        'O\'Hara & "Sons": $(id) `id` {{ 7 * 7 }} {% raw %} #1',
        PROJECT_NAMES[5],
    ],
    "project_slug": ["order-service", "o"],
    "description": ['Takes orders: "now" & #1, it\'s {{ so }} $(easy).', "Ä"],
    "owner": ["platform-team", "Team + 1: a/b=c@d.e_f"],
    "repository_url": [
        "https://github.com/example/order-service",
        "https://git.example.com:8443/group/sub/order.service",
    ],
    "default_branch": ["main", "release/1.x"],
    "aws_region": ["eu-west-1", "us-gov-west-1"],
    "functions": [None, *(FUNCTION_LISTS[name] for name in CROSSED)],
    "alarm_email": ["", "on-call+orders@example.com"],
    "environments": ENVIRONMENT_LISTS,
    "concurrency_quota": [1000, 100000],
    "monthly_budget": [50, 1],
    "trace_sampling_percent": [10, 100, 1],
    "permissions_boundary": ["", "arn:aws:iam::123456789012:policy/teams/developer-boundary"],
    "jwt_issuer": [
        "https://identity.example.com",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
        "https://login.example.com:8443/tenant/v2.0/",
    ],
    "jwt_audience": ["order-service", "https://api.example.com/orders, 3f2504e0, a:b"],
    "cors_origins": ["", "https://shop.example.com, http://localhost:5173"],
}
"""Values of the questions without choices. None: not answered, so the default."""


def _for_two(function: Function) -> Function:
    """The function with a concurrency that two aliases can share, without a cache."""
    least = 5 if function["source"] == "queue" else 2
    own = function.get("reserved_concurrency", least)
    plain = {key: value for key, value in function.items() if key != "cache"}
    return plain | ({"reserved_concurrency": least} if own < least else {})


@cache
def values(question: str) -> list[Any]:
    """Every value of `question` that suites combine: its choices, or else its samples."""
    asked = questions()[question]
    if question in SAMPLES:
        return SAMPLES[question]
    if asked.get("multiselect"):
        offered = choices(question)
        return [[one] for one in offered] + [offered]
    if asked.get("type") == "bool":
        return [True, False]
    return choices(question)


OF_A_TOKEN = ("jwt_issuer", "jwt_audience")
BESIDE = (("api_auth", "jwt", OF_A_TOKEN), ("observability", "otel", ("trace_sampling_percent",)))
OF_THE_API = ("api_auth", "cors_origins", *OF_A_TOKEN)
"""Questions that have a meaning only beside certain answers."""


def _without(answers: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        answers.pop(name, None)


def _share(answers: dict[str, Any]) -> None:
    """Take out what one stack with two aliases does not go with."""
    _without(answers, ("environments", "cache"))
    if "functions" in answers:
        answers["functions"] = [_for_two(function) for function in answers["functions"]]


def _in_no_network(answers: dict[str, Any]) -> None:
    """Take out the VPC of environments, which has no meaning without a cache."""
    if "environments" in answers:
        answers["environments"] = [
            {key: value for key, value in environment.items() if key not in NETWORK}
            for environment in answers["environments"]
        ]


def _without_shift(answers: dict[str, Any]) -> None:
    """Take out how traffic moves, which has no meaning without an alias."""
    _without(answers, ("traffic_shift", "startup"))
    if "environments" in answers:
        answers["environments"] = [
            {key: value for key, value in environment.items() if key != "traffic_shift"}
            for environment in answers["environments"]
        ]


def _without_the_meaningless(answers: dict[str, Any], sources: set[str]) -> None:
    """Take out what has a meaning only beside another answer, or with other sources."""
    if "http" not in sources:
        _without(answers, OF_THE_API)
    if sources <= KEEP_THEIR_OWN:
        answers.pop("dead_letters", None)
    if any(name in answers for name in OF_A_TOKEN):
        answers.setdefault("api_auth", "jwt")
    for question, answer, names in BESIDE:
        if answers.get(question) != answer:
            _without(answers, names)


CDK_SOURCES = {
    "http",
    "queue",
    "schedule",
    "topic",
    "event",
    "bucket",
    "table",
    "stream",
    "alarm",
}
CDK_TAKES: dict[str, tuple[Any, ...]] = {
    "cicd": ("none",),
    "alias_strategy": ("environment", "none"),
    "secrets": ("none",),
    "cache": ("none",),
    "dead_letters": ("sqs",),
}
"""What iac: cdk takes so far of questions that it does not take every answer of."""


def refused_by_cdk(answers: Answers) -> list[str]:
    """The questions whose answers, of those given, iac: cdk does not take yet."""
    functions: list[Function] = answers.get("functions") or []
    sources = {function["source"] for function in functions} or set(answers.get("sources", ()))
    refused = [
        name for name, taken in CDK_TAKES.items() if answers.get(name, taken[0]) not in taken
    ]
    if not sources <= CDK_SOURCES or any(
        function.get("fifo") or function.get("secret") or function.get("cache")
        for function in functions
    ):
        refused.append("functions" if functions else "sources")
    if any("vpc" in environment for environment in answers.get("environments") or ()):
        refused.append("environments")  # which is for a cache
    return refused


def completed(answers: Answers) -> dict[str, Any]:
    """`answers` without what is None or has no meaning beside the rest, made acceptable.

    A long list of functions or names needs room: a higher quota, a short slug.
    """
    result = {name: value for name, value in answers.items() if value is not None}
    if result.get("iac") == "cdk":
        _without(result, [name for name in refused_by_cdk(result) if name != "cicd"])
        result["cicd"] = "none"
    functions: list[Function] = result.get("functions", [])
    if "functions" in result:
        result.pop("sources", None)
        sources = {function["source"] for function in functions}
        if any(len(function["name"]) > 30 for function in functions):
            result["project_slug"] = "o"
        if len(functions) > 9:
            result["concurrency_quota"] = 100000
        secret = any(function.get("secret") for function in functions)
        result["secrets"] = "secretsmanager" if secret else "none"
        if not any(function.get("cache") for function in functions):
            result.pop("cache", None)
        elif result.get("cache", "none") == "none":
            result["cache"] = "elasticache"
    else:
        sources = set(result.get("sources", ["http", "schedule"]))
    _without_the_meaningless(result, sources)
    if result.get("alias_strategy") == "dev-prod":
        _share(result)
    if result.get("alias_strategy") == "none":
        _without_shift(result)
    if result.get("cache", "none") == "none":
        _in_no_network(result)
    return result
