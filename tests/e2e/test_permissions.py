"""No role has an action that nothing needs: each is taken away, and the function must notice."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.support.answers import bucket, http, queue

if TYPE_CHECKING:
    from tests.e2e.conftest import Start

pytestmark = pytest.mark.heavy

UNSEEN = {
    "Lambda calls these with the role, and the emulator asks for no right of Lambda's own": {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "sqs:SendMessage to dead letters",
    },
    "the emulator has every topic take what anybody tells it": {"sns:Publish"},
    # Powertools for AWS Lambda, Idempotency, "IAM permissions".
    "Powertools asks for it, for when DynamoDB does not send the record along with a refusal": {
        "dynamodb:GetItem of idempotency",
    },
}
"""Actions that no function here notices, by the reason. tests/conformance sees each of them."""

FUNCTIONS = [
    http(
        "take",
        "POST /orders",
        table="write",
        secret=True,
        sends_to=["work", "tell", "hear", "keep", "flow", "begin"],
    ),
    http("look", "GET /orders/{id}", table="read"),
    http("search", "GET /orders", table="read"),
    queue("work", table="write"),
    {"name": "tell", "source": "topic", "table": "write"},
    {"name": "hear", "source": "event", "table": "write"},
    bucket("keep", table="write"),
    {"name": "flow", "source": "stream", "table": "write"},
    {"name": "begin", "source": "workflow", "table": "write"},
    {"name": "react", "source": "alarm", "table": "read"},
    {"name": "nightly", "source": "schedule", "schedule": "rate(1 day)", "table": "read"},
    {"name": "follow", "source": "table", "sends_to": ["count"]},
    queue("count"),
]

TAKE_AWAY = """
import base64, json, sys
from scripts.aws import Clients
from scripts.operate import sample
from scripts.service import FUNCTIONS, LOCAL

unseen = set(json.loads({unseen!r}))
REFUSED = "no identity-based policy allows"  # as AWS says it; the code of the error differs
clients = Clients(LOCAL)
iam, lambda_, dynamodb = clients("iam"), clients("lambda"), clients("dynamodb")
stack = clients("cloudformation").describe_stack_resources(StackName=LOCAL.stack)
tables = [
    resource["PhysicalResourceId"]
    for resource in stack["StackResources"]
    if resource["ResourceType"] == "AWS::DynamoDB::Table"
]


def call(target, number):
    '''What a function and its log say of its sample event, started anew and with empty tables.'''
    name = target.physical_name(LOCAL)
    lambda_.update_function_configuration(FunctionName=name, Description=str(number))
    for table in tables:
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={{"id": item["id"]}})
    answer = lambda_.invoke(
        FunctionName=name, LogType="Tail", Payload=sample(clients, LOCAL, target)
    )
    return base64.b64decode(answer["LogResult"]).decode() + answer["Payload"].read().decode()


def named(statement, action):
    '''An action, with what it is for where the same is there for something else.'''
    if action == "sqs:SendMessage" and "-dlq" in str(statement["Resource"]):
        return action + " to dead letters"
    if action == "dynamodb:GetItem" and "Idempotency" in str(statement["Resource"]):
        return action + " of idempotency"
    return action


def remembers(number, _):
    '''Whether a statement is for the table of idempotency.'''
    return "Idempotency" in str(document["Statement"][number]["Resource"])


def without(document, taken):
    '''A policy without some of its actions, each by its place.'''
    statements = []
    for number, statement in enumerate(document["Statement"]):
        kept = [a for a in statement["Action"] if (number, a) not in taken]
        if kept:
            statements.append({{**statement, "Action": kept}})
    return json.dumps({{**document, "Statement": statements}})


found = []
for target in FUNCTIONS:
    configuration = lambda_.get_function_configuration(FunctionName=target.physical_name(LOCAL))
    role = configuration["Role"].rpartition("/")[2]
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    places = [
        (number, action)
        for number, statement in enumerate(document["Statement"])
        for action in statement["Action"]
        if named(statement, action) not in unseen
    ]
    if REFUSED in (said := call(target, 0)):
        sys.exit(f"{{target.name}} lacks something: {{said}}")
    work = [place for place in places if place[1] in {fails!r} and not remembers(*place)]
    for place in places:
        taken = {{place}}
        if place[1] == "dynamodb:DeleteItem":  # of an event that fails, as it does without this
            if not work:
                continue
            taken.add(work[0])
        policy_left = without(document, taken)
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=policy_left)
        said = call(target, hash(place))
        operation = place[1].partition(":")[2]
        found.append((target.name, place[1], REFUSED in said and operation in said))
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
print(json.dumps(found))
"""
WORK = ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query", "sqs:SendMessage")
"""Without one of these the work fails."""

SEEN = {
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "events:PutEvents",
    "kinesis:PutRecord",
    "s3:GetObject",
    "s3:PutObject",
    "secretsmanager:GetSecretValue",
    "sqs:SendMessage",
    "states:StartExecution",
}


@pytest.mark.practice("F01", grade="ran", tool="sam")
def test_each_permission_that_is_taken_away_is_missed(start: Start) -> None:
    """By the function's own call, refused by the emulator's IAM."""
    service = start(
        {"functions": FUNCTIONS, "secrets": "secretsmanager", "concurrency_quota": 10_000}
    )
    service.make("local")
    unseen = json.dumps(sorted(set().union(*UNSEEN.values())))
    output = service.script(TAKE_AWAY.format(unseen=unseen, fails=WORK))
    missed: dict[str, list[str]] = defaultdict(list)
    for function, action, noticed in json.loads(output):
        missed[action] += [] if noticed else [function]
    assert set(missed) == SEEN
    assert {action: functions for action, functions in missed.items() if functions} == {}
