"""The service model: what follows from the answers, for any list of functions and any text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.hooks.conftest import Call

SOURCES = ["http", "queue", "topic", "event", "schedule", "table", "stream"]
RECEIVERS = {"queue": "queue", "topic": "topic", "event": "event_bus", "stream": "stream"}
"""Sources that others send to, and on what that takes a permission."""
TABLE = ["none", "read", "write", "read-write"]
ANSWERS: dict[str, Any] = {
    "project_name": "Order service",
    "project_slug": "order-service",
    "description": "Orders",
    "owner": "team",
    "repository_url": "https://github.com/example/order-service.git",
    "default_branch": "main",
    "aws_region": "eu-west-1",
    "functions": [
        {
            "name": "create-order",
            "source": "http",
            "route": "POST /orders",
            "table": "write",
            "sends_to": ["fulfil-order"],
        },
        {"name": "fulfil-order", "source": "queue", "table": "read-write"},
        {
            "name": "report-orders",
            "source": "schedule",
            "schedule": "rate(1 day)",
            "table": "read",
        },
    ],
    "cicd": "github",
    "observability": "xray",
    "trace_sampling_percent": 10,
    "alarm_email": "",
    "python_version": "3.13",
    "architecture": "arm64",
    "layers": "shared",
    "startup": "none",
    "alias_strategy": "environment",
    "traffic_shift": "canary",
    "environments": [{"name": "dev"}, {"name": "prod"}],
    "dead_letters": "sqs",
    "idempotency": True,
    "secrets": "none",
    "cache": "none",
    "api_auth": "iam",
    "customer_managed_key": False,
    "permissions_boundary": "",
    "jwt_issuer": "https://identity.example.com",
    "jwt_audience": "order-service",
    "cors_origins": "",
    "concurrency_quota": 1000,
    "monthly_budget": 50,
}


@pytest.fixture(scope="session")
def model(call: Call) -> Any:
    """Compute the model of `ANSWERS` with some of them changed."""

    def compute(**changes: Any) -> Any:
        return json.loads(call("service", "model", **{**ANSWERS, **changes}))

    return compute


def test_a_cached_function_has_an_endpoint_for_each_service_that_it_calls(model: Any) -> None:
    """And none for what Lambda does on its behalf: fetch events, keep failures, write logs."""
    functions = [
        {
            "name": "look",
            "source": "queue",
            "table": "read",
            "cache": True,
            "secret": True,
            "sends_to": ["tell"],
        },
        {"name": "weigh", "source": "bucket", "table": "read", "cache": True},
        {"name": "tell", "source": "topic"},
    ]
    changes = {"functions": functions, "cache": "elasticache", "secrets": "secretsmanager"}
    service = model(**changes)
    look, weigh, tell = service["functions"]
    assert look["endpoints"] == ["dynamodb", "secretsmanager", "sns"]
    assert weigh["endpoints"] == ["dynamodb", "s3"]
    assert (tell["endpoints"], tell["cached"]) == ([], "")
    assert service["cache"]["gateways"] == ["dynamodb", "s3"]
    assert service["cache"]["interfaces"] == ["secretsmanager", "sns"]
    assert "xray" in model(**changes, observability="otel")["cache"]["interfaces"]
    assert model()["cache"] is None


@pytest.mark.parametrize("region", [*REGIONS])
def test_budgets_are_where_cloudformation_knows_them(model: Any, region: str) -> None:
    """hooks/limits.jinja has the Regions that CloudFormation's own schemas leave out."""
    known = "AWS::Budgets::Budget" in PROVIDER_SCHEMA_MANAGER.get_resource_types(region)
    service = model(aws_region=region)
    assert [environment["budget"] for environment in service["environments"]] == [known, known]
    assert service["monthly_budget"] == (ANSWERS["monthly_budget"] if known else 0)


def permissions(function: dict[str, Any], on: str) -> set[str]:
    return {a for p in function["permissions"] if p["on"] == on for a in p["actions"]}


def test_recommended_answers(model: Any) -> None:
    service = model()
    create, fulfil, report = service["functions"]
    assert service["repository"] == "example/order-service"
    assert [e["production"] for e in service["environments"]] == [False, True]
    assert [e["shift"] for e in service["environments"]] == ["all-at-once", "canary"]
    assert create["http"] == {
        "method": "POST",
        "path": "/orders",
        "parameters": [],
        "key": "POST /orders",
        "body": True,
    }
    assert permissions(create, "table") == {"dynamodb:PutItem"}
    assert permissions(create, "queue") == {"sqs:SendMessage"}
    assert fulfil["receives_from"] == ["create-order"]
    assert permissions(fulfil, "table") == {"dynamodb:GetItem", "dynamodb:PutItem"}
    assert permissions(report, "table") == set()
    assert permissions(report, "table_index") == {"dynamodb:Query"}
    assert (create["dead_letters"], fulfil["dead_letters"], report["dead_letters"]) == (
        "",
        "redrive",
        "destination",
    )


def test_the_api_knows_who_may_call_and_from_where(model: Any) -> None:
    assert model()["api"]["token"] is None
    assert model()["api"]["cors"] is None
    api = model(
        api_auth="jwt",
        jwt_audience="a, b:c ,d",
        cors_origins="https://a.example.com, http://localhost:3",
    )["api"]
    assert api["token"] == {
        "issuer": "https://identity.example.com",
        "audience": ["a", "b:c", "d"],
    }
    assert api["cors"] == {
        "origins": ["https://a.example.com", "http://localhost:3"],
        "methods": ["POST"],
        "headers": ["authorization", "content-type", "idempotency-key"],
        "max_age_seconds": 3600,
    }
    signed = model(cors_origins="https://a.example.com")["api"]["cors"]["headers"]
    assert "x-amz-date" in signed


@pytest.mark.parametrize(
    ("arn", "boundary"),
    [
        ("", None),
        (
            "arn:aws:iam::123456789012:policy/teams/a-b",
            {"owner": "account", "policy": "teams/a-b"},
        ),
        ("arn:aws-cn:iam::aws:policy/job/X", {"owner": "aws", "policy": "job/X"}),
    ],
)
def test_one_policy_bounds_the_roles(model: Any, arn: str, boundary: dict[str, str] | None) -> None:
    """The answered one, or else the pipeline's."""
    service = model(permissions_boundary=arn)
    assert service["permissions_boundary"] == boundary
    assert service["pipeline_boundary"] is (not arn)
    assert not model(permissions_boundary=arn, cicd="none")["pipeline_boundary"]


def test_steps_follow_the_list_and_may_take_their_time(model: Any) -> None:
    """Whichever environment gives a function the most time, and however often it is tried."""
    step = {"source": "workflow", "workflow": "fulfilment"}
    service = model(
        functions=[
            {"name": "take", "source": "queue", "sends_to": ["charge"]},
            {"name": "charge", **step},
            {"name": "count", "source": "workflow"},
            {"name": "ship", **step, "timeout": 100},
        ],
        environments=[{"name": "dev", "functions": {"charge": {"timeout": 200}}}, {"name": "prod"}],
    )
    fulfilment, main = service["workflows"]
    assert [step["name"] for step in fulfilment["steps"]] == ["charge", "ship"]
    assert [step["name"] for step in main["steps"]] == ["count"]
    assert [step["timeout"] for step in fulfilment["steps"]] == [210, 110]
    attempts = 1 + sum(retry["attempts"] for retry in fulfilment["retries"])
    assert fulfilment["timeout"] > attempts * (210 + 110)
    take, charge, *_ = service["functions"]
    assert permissions(take, "workflow") == {"states:StartExecution"}
    assert take["variables"][0]["name"] == "IDEMPOTENCY_TABLE_NAME"
    assert take["variables"][1]["name"] == "CHARGE_WORKFLOW_ARN"
    assert charge["dead_letters"] == ""


def test_what_is_not_chosen_leaves_no_trace(model: Any) -> None:
    service = model(
        observability="cloudwatch",
        idempotency=False,
        alias_strategy="none",
        layers="none",
        cicd="none",
        functions=[{"name": "tick", "source": "schedule", "schedule": "rate(1 day)"}],
    )
    for name in ("tracing", "alias", "pipeline", "layers", "table", "api", "idempotency"):
        assert not service[name], name
    (tick,) = service["functions"]
    assert permissions(tick, "any") == set()
    assert tick["variables"] == []
    assert {environment["shift"] for environment in service["environments"]} == {""}


def test_the_table_is_there_for_its_changes_alone(model: Any) -> None:
    """Nobody names it, but a function follows it."""
    service = model(functions=[{"name": "publish", "source": "table"}], idempotency=False)
    assert service["table"]["stream"]
    assert not service["stored"]
    assert not service["clients"]
    (publish,) = service["functions"]
    assert publish["changes"] == ["INSERT", "MODIFY", "REMOVE"]
    assert permissions(publish, "dead_letters") == {"sqs:SendMessage"}
    assert permissions(publish, "table_stream") == {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    }


@pytest.mark.parametrize(("parallelization", "reserved"), [(1, 5), (3, 13)])
def test_a_stream_reserves_for_its_shards(model: Any, parallelization: int, reserved: int) -> None:
    """A batch of each at once, times what was answered, and one more."""
    count = {"name": "count", "source": "stream", "parallelization": parallelization}
    (function,) = model(functions=[count])["functions"]
    assert function["reserved_concurrency"] == reserved
    assert function["per_environment"]["prod"]["reserved_concurrency"] == reserved


def test_an_environment_overrides_sizes_and_what_follows(model: Any) -> None:
    prod = {
        "name": "prod",
        "region": "eu-central-1",
        "account": 123456789012,
        "log_retention_days": 365,
        "traffic_shift": "linear",
        "functions": {"fulfil-order": {"timeout": 100, "reserved_concurrency": 50}},
    }
    service = model(environments=[{"name": "dev"}, prod])
    fulfil = service["functions"][1]
    assert fulfil["per_environment"]["dev"]["visibility_timeout"] == 180
    assert fulfil["per_environment"]["prod"] == {
        "memory": 256,
        "timeout": 100,
        "reserved_concurrency": 50,
        "provisioned_concurrency": 0,
        "duration_alarm_ms": 80000,
        "concurrency_alarm": 40,
        "visibility_timeout": 600,
        "maximum_concurrency": 49,
        "queue_age_alarm_seconds": 1200,
    }
    assert fulfil["timeout_min"] == 30
    assert service["environments"][1] == {
        "name": "prod",
        "region": "eu-central-1",
        "account": "123456789012",
        "log_retention_days": 365,
        "production": True,
        "shift": "linear",
        "deployment_config": "Linear10PercentEvery1Minute",
        "reserved_concurrency": 61,
        "budget": True,
        "vpc": "",
        "subnets": [],
    }


@pytest.mark.parametrize("dead_letters", ["sqs", "sns"])
def test_a_topic_takes_dead_letters_only_from_lambda(model: Any, dead_letters: str) -> None:
    """What a queue gives up on, and what a source cannot deliver, goes to a queue."""
    told = [{"name": "tell", "source": "topic"}, {"name": "hear", "source": "event"}]
    service = model(dead_letters=dead_letters, functions=[*ANSWERS["functions"], *told])
    kinds = {
        f["source"]: (f["dead_letter_queue"], f["dead_letter_topic"]) for f in service["functions"]
    }
    topic = dead_letters == "sns"
    assert kinds == {
        "http": (False, False),
        "queue": (True, False),
        "schedule": (True, topic),
        "topic": (True, topic),
        "event": (True, topic),
    }
    for function in service["functions"]:
        if function["asynchronous"]:
            expected = ({"sns:Publish"}, set()) if topic else (set(), {"sqs:SendMessage"})
            told_to = ("dead_letter_topic", "dead_letters")
            assert tuple(permissions(function, on) for on in told_to) == expected


@pytest.mark.parametrize(
    ("pattern", "source", "kind"),
    [
        (None, "order-service", "Hear"),
        ({"detail-type": ["Paid", "Sent"]}, "order-service", "Paid"),
        ({"source": ["aws.s3", "shop"], "detail-type": [{"prefix": "P"}, "Paid"]}, "shop", "Paid"),
    ],
)
def test_what_is_sent_to_a_rule_is_what_it_asks_for(
    model: Any, pattern: Any, source: str, kind: str
) -> None:
    hear = {"name": "hear", "source": "event"} | ({"pattern": pattern} if pattern else {})
    tell = {"name": "tell", "source": "topic", "sends_to": ["hear"]}
    service = model(functions=[tell, hear])
    (target,) = service["functions"][0]["sends_to"]
    assert (target["event"]["source"], target["event"]["kind"]) == (source, kind)
    assert target["event"] == service["functions"][1]["event"]


ALARMS: list[dict[str, Any]] = [
    {"name": "react", "source": "alarm", "sends_to": ["page"]},
    {"name": "page", "source": "queue", "sends_to": ["note"]},
    {"name": "note", "source": "bucket", "prefix": "in/", "suffix": ".json"},
    {"name": "hello", "source": "http", "route": "GET /"},
    {"name": "weigh", "source": "alarm"},
]


def test_alarms_start_nothing_that_would_ring_them_again(model: Any) -> None:
    service = model(functions=ALARMS)
    starts = {function["name"]: function["alarms_start"] for function in service["functions"]}
    assert service["alarms_start"] == ["React", "Weigh"]
    assert starts == {
        "react": [],
        "page": [],
        "note": [],
        "hello": ["React", "Weigh"],
        "weigh": [],
    }


def test_a_bucket_is_read_and_filled_where_its_function_is_told_of(model: Any) -> None:
    service = model(functions=ALARMS)
    _, page, note, *_ = service["functions"]
    assert note["bucket"]["condition"] == {"wildcard": "in/*.json"}
    of_note = {"on": "objects", "of": "Note", "objects": "in/*.json"}
    assert {**of_note, "actions": ["s3:GetObject"]} in note["permissions"]
    assert {**of_note, "actions": ["s3:PutObject"]} in page["permissions"]
    assert note["clients_of"] == ["bucket"]


text = st.text(max_size=40)


@settings(max_examples=100, deadline=None)
@given(text, text, text)
def test_any_text_comes_through_unchanged(
    model: Any, project_name: str, description: str, owner: str
) -> None:
    service = model(project_name=project_name, description=description, owner=owner)
    assert (service["name"], service["description"], service["owner"]) == (
        project_name,
        description,
        owner,
    )


@st.composite
def functions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Lists that `check` accepts: targets come later in the list, so there is no circle, nor one
    over the table: what its changes may lead to only reads it."""
    some = st.lists(st.sampled_from(SOURCES), min_size=1, max_size=8)
    sources = draw(some.filter(lambda drawn: drawn.count("table") <= 2))
    result: list[dict[str, Any]] = []
    for number, source in enumerate(sources):
        may = ["none", "read"] if "table" in sources[: number + 1] else list(TABLE)
        later = [f"f{n}" for n, s in enumerate(sources) if n > number and s in RECEIVERS]
        item: dict[str, Any] = {
            "name": f"f{number}",
            "source": source,
            "table": draw(st.sampled_from(may)),
            "sends_to": draw(st.lists(st.sampled_from(later), unique=True)) if later else [],
        }
        if source == "http":
            method = draw(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]))
            item["route"] = f"{method} /f{number}" + draw(st.sampled_from(["", "/{id}"]))
        if source == "schedule":
            item["schedule"] = "rate(5 minutes)"
        result.append(item)
    return result


@settings(max_examples=100, deadline=None)
@given(functions())
def test_permissions_and_variables_belong_together(
    call: Call, model: Any, functions: list[dict[str, Any]]
) -> None:
    assert call("checks/functions", "check", functions, SOURCES) == ""
    service = model(functions=functions)
    by_id = {function["id"]: function for function in service["functions"]}
    assert len(by_id) == len(functions)
    for function in service["functions"]:
        variables = {variable["value"]: variable["of"] for variable in function["variables"]}
        granted = {(p["on"], p["of"]) for p in function["permissions"]}
        assert all(of in by_id for on, of in granted if of), granted
        assert not any("*" in a for p in function["permissions"] for a in p["actions"])
        # Who may use a thing is told where it is, and the other way round.
        assert ("table" in variables) == bool({("table", ""), ("table_index", "")} & granted)
        assert ("idempotency_table" in variables) == (("idempotency_table", "") in granted)
        assert function["idempotent"] == (("idempotency_table", "") in granted)
        for target in function["sends_to"]:
            shared = target["source"] == "event"
            assert (RECEIVERS[target["source"]], "" if shared else target["id"]) in granted
            assert function["name"] in by_id[target["id"]]["receives_from"]
        for sizes in function["per_environment"].values():
            if function["source"] == "queue":
                assert sizes["visibility_timeout"] >= 6 * sizes["timeout"]
                assert 2 <= sizes["maximum_concurrency"] < sizes["reserved_concurrency"]
            if function["shards"]:
                oldest = function["shards"]["max_record_age_seconds"] * 1000
                assert sizes["timeout"] * 1000 < sizes["iterator_age_alarm_ms"] < oldest
                assert sizes["reserved_concurrency"] >= 4
    for environment in service["environments"]:
        assert environment["reserved_concurrency"] == sum(
            function["per_environment"][environment["name"]]["reserved_concurrency"]
            for function in service["functions"]
        )
