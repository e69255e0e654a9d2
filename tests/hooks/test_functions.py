"""The check of `functions`: what is refused, with which words, and that nothing else is."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.hooks.conftest import Call

SOURCES = [
    "http",
    "queue",
    "topic",
    "event",
    "schedule",
    "bucket",
    "alarm",
    "workflow",
    "table",
    "stream",
]
HTTP = {"name": "make-order", "source": "http", "route": "POST /orders"}
QUEUE = {"name": "fulfil", "source": "queue"}
TOPIC = {"name": "tell", "source": "topic"}
EVENT = {"name": "hear", "source": "event"}
STEP = {"name": "charge", "source": "workflow", "workflow": "fulfilment"}
TABLE = {"name": "publish", "source": "table"}
STREAM = {"name": "count", "source": "stream"}
BUCKET = {"name": "take-in", "source": "bucket"}
ALARM = {"name": "react", "source": "alarm"}
SCHEDULE = {"name": "report", "source": "schedule", "schedule": "rate(1 day)"}

REFUSED: list[tuple[Any, str]] = [
    ([], "functions is empty"),
    ("create-order", "functions must be a list"),
    ({"name": "a"}, "functions must be a list"),
    (7, "functions must be a list"),
    (["create-order"], "function 1: must be a mapping"),
    ([{"source": "http"}], "needs both name and source"),
    ([{**HTTP, "name": "Make Order"}], 'function 1 "Make Order": name must be small letters'),
    ([{**HTTP, "name": "make order"}], 'function 1 "make order": name must be'),
    ([{**HTTP, "name": "MAKE"}], "name must be"),
    ([{**HTTP, "name": "../x"}], "name must be"),
    ([{**HTTP, "name": "make-order\n"}], "name must be"),
    ([{**HTTP, "name": "make_order"}], "name must be"),
    ([{**HTTP, "name": "make--order"}], "name must be"),
    ([{**HTTP, "name": "1st"}], "name must be"),
    ([{**HTTP, "name": "a" * 41}], "name must be"),
    ([{**HTTP, "name": 7}], "name must be"),
    ([{**HTTP, "name": "import"}], "is reserved"),
    ([{**HTTP, "name": "con"}], "is reserved"),
    ([{**HTTP, "name": "on"}], "is reserved"),
    ([{**HTTP, "name": "orders-dlq"}], "is reserved"),
    (
        [{**HTTP, "source": "carrier-pigeon"}],
        "must be one of http, queue, topic, event, schedule, bucket, alarm, workflow, table",
    ),
    ([{**HTTP, "colour": "red"}], 'unknown key "colour"'),
    ([{**QUEUE, "route": "GET /"}], 'unknown key "route"'),
    ([HTTP, HTTP], "reads like function"),
    (
        [{**QUEUE, "name": "a-1b"}, {**QUEUE, "name": "a1b"}],
        'function 2 "a1b": reads like function "a-1b"',
    ),
    ([HTTP, {**HTTP, "name": "other"}], 'route "POST /orders" is taken by function "make-order"'),
    (
        [{**HTTP, "route": "GET /a/{x}"}, {**HTTP, "name": "other", "route": "GET /a/{y}"}],
        "is taken by",
    ),
    ([{"name": "a", "source": "http"}], "needs a route"),
    ([{**HTTP, "route": "POST orders"}], "must be a method and a path"),
    ([{**HTTP, "route": "FETCH /orders"}], "must be a method and a path"),
    ([{**HTTP, "route": "GET //"}], "must be a method and a path"),
    ([{**HTTP, "route": "GET /orders/"}], "must be a method and a path"),
    ([{**HTTP, "route": "GET /a/{x}/{x}"}], "names one path parameter twice"),
    ([{**HTTP, "route": ["GET /"]}], "must be a method and a path"),
    ([{"name": "a", "source": "schedule"}], "needs a schedule"),
    ([{**SCHEDULE, "schedule": "rate(1 days)"}], 'schedule "rate(1 days)" must be'),
    ([{**SCHEDULE, "schedule": "rate(0 days)"}], "must be"),
    ([{**SCHEDULE, "schedule": "every day"}], "must be"),
    ([{**SCHEDULE, "schedule": "cron(0 8 * * * *)"}], '"?" in just one'),
    ([{**SCHEDULE, "schedule": "cron(0 8 ? * ? *)"}], '"?" in just one'),
    ([{**SCHEDULE, "timezone": "Mars; drop"}], "IANA name"),
    ([{**HTTP, "secret": "yes"}], 'secret "yes" must be true or false'),
    ([{**HTTP, "secret": True}], 'function "make-order": secret needs secrets: secretsmanager'),
    (
        [{**HTTP, "table": "read", "cache": True}],
        'function "make-order": cache needs cache: elasticache or dax',
    ),
    ([{**HTTP, "cache": "yes"}], 'function 1 "make-order": cache "yes" must be true or false'),
    (
        [{**HTTP, "table": "read-write", "cache": True}],
        "cache is for functions that only read (table: read)",
    ),
    ([{**HTTP, "cache": True}], "cache is for functions that only read (table: read)"),
    ([{**TOPIC, "name": "notifications"}], "the service's alarms have a topic of this name"),
    ([{**TOPIC, "filter": ["paid"]}], "filter must be a mapping"),
    ([{**TOPIC, "filter": {}}], "filter must be a mapping"),
    ([{**TOPIC, "filter": {"status": "paid"}}], "filter.status must be a list of values"),
    ([{**TOPIC, "filter": {"a": {"b": []}}}], "filter.a.b must be a list of values"),
    ([{**TOPIC, "filter": {1: ["paid"]}}], "the key 1 must be text"),
    ([{**TOPIC, "filter": {key: [1] for key in "abcdef"}}], "has 6 keys, and SNS takes 5"),
    ([{**TOPIC, "pattern": {"source": ["a"]}}], 'unknown key "pattern"'),
    ([{**EVENT, "pattern": "shop"}], "pattern must be a mapping"),
    ([{**EVENT, "pattern": {}}], "pattern must be a mapping"),
    ([{**EVENT, "pattern": {"type": ["OrderPaid"]}}], 'unknown key "type"'),
    ([{**EVENT, "pattern": {"source": "shop"}}], "pattern.source must be a list of values"),
    (
        [{**EVENT, "pattern": {"source": {"a": ["b"]}}}],
        "a list below each key but detail",
    ),
    ([{**EVENT, "pattern": {"detail": ["a"]}}], "pattern.detail must be a mapping"),
    ([{**EVENT, "pattern": {"detail": {"a": "b"}}}], "pattern.detail.a must be a list"),
    (
        [{**HTTP, "sends_to": ["hear"]}, {**EVENT, "pattern": {"source": ["shop"]}}],
        'cannot send to "hear": its pattern names no detail-type as plain text',
    ),
    (
        [{**HTTP, "sends_to": ["hear"]}, {**EVENT, "pattern": {"detail-type": [{"prefix": "O"}]}}],
        "names no detail-type as plain text",
    ),
    (
        [
            {**HTTP, "sends_to": ["hear"]},
            {**EVENT, "pattern": {"detail-type": ["O"], "source": ["aws.s3"]}},
        ],
        "names no source of yours as plain text",
    ),
    # What `b` is sent reaches `a` as well.
    (
        [
            {**EVENT, "name": "a", "pattern": {"detail-type": ["B"]}, "sends_to": ["b"]},
            {**EVENT, "name": "b"},
        ],
        "take one arrow out (an event reaches every function whose pattern takes it)",
    ),
    (
        [
            {**EVENT, "name": "a", "pattern": {"source": ["shop"]}, "sends_to": ["t"]},
            {**TOPIC, "name": "t", "sends_to": ["c"]},
            {**EVENT, "name": "c", "pattern": {"source": ["shop"], "detail-type": ["Paid"]}},
        ],
        "functions a, t: sends_to goes in a circle",
    ),
    ([{**HTTP, "memory": 127}], "memory (MB) must be a whole number from 128 to 10240"),
    ([{**HTTP, "memory": 10241}], "memory (MB)"),
    ([{**HTTP, "memory": "256"}], "memory (MB)"),
    ([{**HTTP, "memory": True}], "memory (MB)"),
    ([{**HTTP, "memory": 256.5}], "memory (MB)"),
    ([{**HTTP, "timeout": 30}], "from 1 to 29 (the HTTP API gives up after 30)"),
    ([{**QUEUE, "timeout": 901}], "timeout (seconds) must be a whole number from 1 to 900"),
    ([{**QUEUE, "timeout": 0}], "timeout (seconds)"),
    ([{**HTTP, "reserved_concurrency": 0}], "reserved_concurrency"),
    ([{**QUEUE, "reserved_concurrency": 2}], "from 3 to"),
    ([{**QUEUE, "batch_size": 0}], "batch_size must be"),
    ([{**QUEUE, "batch_size": 10001}], "batch_size must be"),
    ([{**QUEUE, "batch_size": 11}], "needs a batch_window"),
    ([{**QUEUE, "fifo": "yes"}], 'fifo must be true or false, not "yes"'),
    ([{**HTTP, "fifo": True}], 'unknown key "fifo"'),
    ([{**QUEUE, "fifo": True, "batch_size": 11}], "from 1 to 10 for a FIFO queue, not 11"),
    ([{**QUEUE, "fifo": True, "batch_window": 1}], "a FIFO queue has no batch_window"),
    ([{**QUEUE, "batch_window": 301}], "batch_window (seconds) must be"),
    ([{**TABLE, "batch_size": 0}], "batch_size must be"),
    ([{**TABLE, "batch_window": 301}], "batch_window (seconds) must be"),
    ([{**TABLE, "changes": []}], "must be a list out of INSERT, MODIFY, REMOVE, each once"),
    ([{**TABLE, "changes": "INSERT"}], "must be a list out of"),
    ([{**TABLE, "changes": ["insert"]}], "must be a list out of"),
    ([{**TABLE, "changes": ["INSERT", "INSERT"]}], "each once"),
    ([{**TABLE, "table": "write"}], "takes none or read"),
    ([{**TABLE, "table": "read-write"}], "AWS sees no such loop"),
    ([{**TABLE, "parallelization": 2}], 'unknown key "parallelization"'),
    ([{**TABLE, "reserved_concurrency": 3}], "from 4 to 100000 (a stream begins with 4 shards)"),
    (
        [TABLE, {**TABLE, "name": "audit"}, {**TABLE, "name": "index"}],
        "functions publish, audit, index: at most 2 can have source table",
    ),
    ([{**STREAM, "parallelization": 0}], "parallelization must be a whole number from 1 to 10"),
    ([{**STREAM, "parallelization": 11}], "parallelization must be"),
    ([{**STREAM, "parallelization": "2"}], "parallelization must be"),
    ([{**STREAM, "batch_size": 10001}], "batch_size must be"),
    (
        [{**STREAM, "parallelization": 3, "reserved_concurrency": 11}],
        "from 12 to 100000 (a stream begins with 4 shards, each with 3 batches at once)",
    ),
    (
        [{**HTTP, "sends_to": ["publish"]}, TABLE],
        "whose source is table; only to queue, topic, event, bucket, workflow, stream",
    ),
    (
        [{**TABLE, "sends_to": ["fulfil"]}, {**QUEUE, "table": "write"}],
        "functions publish, fulfil: what publish sends leads to a write to the table",
    ),
    (
        [
            {**TABLE, "sends_to": ["count"]},
            {**STREAM, "sends_to": ["fulfil"]},
            {**QUEUE, "table": "read-write"},
            {**HTTP, "table": "write", "sends_to": ["count"]},
        ],
        "functions publish, count, fulfil: what publish sends",
    ),
    (
        [TABLE, {**QUEUE, "sends_to": ["count"]}, {**STREAM, "sends_to": ["fulfil"]}],
        "functions fulfil, count: sends_to goes in a circle",
    ),
    ([{**HTTP, "table": "all"}], "must be one of none, read, write, read-write"),
    ([{**HTTP, "sends_to": "fulfil"}, QUEUE], "sends_to must be a list"),
    ([{**HTTP, "sends_to": [7]}, QUEUE], "must hold function names"),
    ([{**HTTP, "sends_to": ["fulfil", "fulfil"]}, QUEUE], "names one function twice"),
    ([{**HTTP, "sends_to": ["nobody"]}], 'names "nobody", which is not in the list'),
    ([{**QUEUE, "sends_to": ["fulfil"]}], "names itself"),
    (
        [{**QUEUE, "sends_to": ["make-order"]}, HTTP],
        "source is http; only to queue, topic, event, bucket, workflow, stream",
    ),
    ([{**BUCKET, "prefix": 7}], "prefix 7 must be at most 100 letters"),
    ([{**BUCKET, "prefix": "in*/"}], 'prefix "in*/" must be at most'),
    ([{**BUCKET, "prefix": "/in/"}], "begins with a slash"),
    ([{**BUCKET, "prefix": "a" * 101}], "at most 100"),
    ([{**BUCKET, "suffix": ".json\n"}], "suffix"),
    ([{**BUCKET, "suffix": None}], "suffix null must be"),
    ([{**BUCKET, "batch_size": 1}], 'unknown key "batch_size"'),
    ([{**BUCKET, "sends_to": ["take-in"]}], "names itself"),
    (
        [{**BUCKET, "sends_to": ["b"]}, {**QUEUE, "name": "b", "sends_to": ["take-in"]}],
        "goes in a circle",
    ),
    ([{**ALARM, "table": "write"}], 'table "write" must be none or read'),
    ([{**ALARM, "table": "read-write"}], "must be none or read"),
    (
        [{**QUEUE, "sends_to": ["react"]}, ALARM],
        "whose source is alarm; only to queue, topic, event, bucket, workflow, stream",
    ),
    (
        [{**ALARM, "name": f"react-{number}"} for number in range(5)],
        "5 with source alarm, and an alarm starts at most 4",
    ),
    (
        [{**QUEUE, "name": "a", "sends_to": ["b"]}, {**QUEUE, "name": "b", "sends_to": ["a"]}],
        "functions a, b: sends_to goes in a circle",
    ),
    ([{**STEP, "workflow": "Main Flow"}], 'workflow "Main Flow" must be small letters'),
    ([{**STEP, "workflow": 7}], "workflow 7 must be small letters"),
    ([{**STEP, "workflow": "off"}], "YAML reads as something else"),
    ([{**STEP, "workflow": "charge-dlq"}], "ends like a dead-letter queue"),
    ([{**STEP, "workflow": "a" * 41}], "at most 40 characters"),
    (
        [{**STEP, "name": "main", "workflow": "main"}],
        'function 1 "main": reads like workflow "main"',
    ),
    (
        [{**QUEUE, "name": "main-workflow"}, {"name": "a", "source": "workflow"}],
        'function 1 "main-workflow": reads like workflow "main"',
    ),
    (
        [{**STEP, "workflow": "a-1b"}, {**STEP, "name": "pack", "workflow": "a1b"}],
        'workflow "a1b": reads like workflow "a-1b"',
    ),
    (
        [{**HTTP, "sends_to": ["ship"]}, STEP, {**STEP, "name": "ship"}],
        '"ship", which is step 2 of workflow "fulfilment"; send to "charge", its first',
    ),
    (
        [STEP, {**STEP, "name": "ship", "sends_to": ["charge"]}],
        "functions charge, ship: sends_to goes in a circle",
    ),
    (
        [STEP, {**STEP, "name": "ship", "sends_to": ["fulfil"]}, {**QUEUE, "sends_to": ["charge"]}],
        "functions charge, ship, fulfil: sends_to goes in a circle",
    ),
    (
        [
            {**HTTP, "sends_to": ["a"]},
            {**QUEUE, "name": "a", "sends_to": ["b"]},
            {**QUEUE, "name": "b", "sends_to": ["c"]},
            {**QUEUE, "name": "c", "sends_to": ["a"]},
        ],
        "goes in a circle",
    ),
]


@pytest.mark.parametrize(("functions", "message"), REFUSED)
def test_is_refused_in_one_line(call: Call, functions: object, message: str) -> None:
    error = call("checks/functions", "check", functions, SOURCES)
    assert message in error
    assert "\n" not in error


@pytest.mark.parametrize(
    "functions",
    [
        [HTTP],
        [{**HTTP, "route": "GET /"}],
        [{**HTTP, "route": "GET /orders/{order_id}/lines/{line}"}],
        [{**HTTP, "sends_to": ["fulfil"]}, QUEUE, SCHEDULE],
        [{**QUEUE, "batch_size": 100, "batch_window": 5, "timeout": 900}],
        [{**QUEUE, "fifo": True, "batch_size": 10, "batch_window": 0}],
        [{**QUEUE, "fifo": False, "batch_size": 100, "batch_window": 5}],
        [{**SCHEDULE, "schedule": "cron(0 8 ? * MON-FRI *)", "timezone": "Europe/Berlin"}],
        [{**SCHEDULE, "schedule": "cron(0/15 8-17 1,15 * ? 2026-2030)"}],
        [
            {**HTTP, "sends_to": ["charge"]},
            STEP,
            QUEUE,
            {**STEP, "name": "ship", "sends_to": ["fulfil"]},
        ],
        [STEP, {"name": "file", "source": "workflow"}],
        [TABLE],
        [{**STREAM, "parallelization": 10, "batch_size": 10000, "batch_window": 300}],
        # Who writes the table starts those who follow it; they only read it, and lead to no write.
        [
            {**HTTP, "table": "write", "sends_to": ["count"]},
            {**TABLE, "table": "read", "changes": ["REMOVE", "INSERT"], "sends_to": ["fulfil"]},
            {**TABLE, "name": "audit"},
            {**STREAM, "table": "write"},
            {**QUEUE, "table": "read"},
        ],
        [{**TOPIC, "filter": {"status": ["paid", {"prefix": "re"}], "from": {"country": ["CH"]}}}],
        [{**EVENT, "pattern": {"source": ["shop"], "detail": {"total": [{"numeric": [">", 0]}]}}}],
        [{**HTTP, "sends_to": ["tell", "hear"]}, {**TOPIC, "sends_to": ["hear"]}, EVENT],
        [{**EVENT, "name": "a", "sends_to": ["b"]}, {**EVENT, "name": "b"}],
        [BUCKET, {**BUCKET, "name": "b", "prefix": "in/", "suffix": ".json"}],
        [{**HTTP, "sends_to": ["take-in"]}, {**BUCKET, "prefix": "", "suffix": "-a.b_c!"}],
        [{**ALARM, "table": "read", "sends_to": ["fulfil"]}, QUEUE],
        [{**ALARM, "name": f"react-{number}"} for number in range(4)],
        # Two ways to one target are no circle.
        [
            {**HTTP, "sends_to": ["a", "b"]},
            {**QUEUE, "name": "a", "sends_to": ["b"]},
            {**QUEUE, "name": "b"},
        ],
    ],
)
def test_is_accepted(call: Call, functions: list[dict[str, Any]]) -> None:
    assert call("checks/functions", "check", functions, SOURCES) == ""


@pytest.mark.parametrize(
    "sources",
    [[*few] for size in (1, 2) for few in combinations(SOURCES, size)] + [SOURCES],
)
def test_each_starting_list_passes_its_own_check(call: Call, sources: list[str]) -> None:
    functions = yaml.safe_load(call("starter", "starter", sources))
    assert {function["source"] for function in functions} == set(sources)
    assert call("checks/functions", "check", functions, SOURCES) == ""


NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(SOURCES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    [
        *("name", "source", "route", "schedule", "filter", "pattern", "table", "memory"),
        *("timeout", "sends_to", "batch_size", "fifo", "prefix"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(keys, anything, max_size=5) | anything, max_size=3) | anything)
def test_any_answer_gets_a_verdict_of_one_line(call: Call, functions: object) -> None:
    error = call("checks/functions", "check", functions, SOURCES)
    assert "\n" not in error
    if not error:
        assert isinstance(functions, list)
        assert all(NAME.fullmatch(function["name"]) for function in functions)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.from_regex(NAME, fullmatch=True).filter(lambda s: len(s) <= 40), min_size=1),
    st.data(),
)
def test_accepted_lists_never_share_a_name_or_run_in_circles(
    call: Call, names: list[str], data: st.DataObject
) -> None:
    functions = [
        {
            "name": name,
            "source": "queue",
            "sends_to": data.draw(st.lists(st.sampled_from(names), unique=True, max_size=2)),
        }
        for name in names
    ]
    if call("checks/functions", "check", functions, SOURCES):
        return
    assert len({name.replace("-", "") for name in names}) == len(names)
    targets = {function["name"]: function["sends_to"] for function in functions}
    for start in names:
        reached, todo = set(), list(targets[start])
        while todo:
            name = todo.pop()
            assert name != start
            if name not in reached:
                reached.add(name)
                todo += targets[name]
