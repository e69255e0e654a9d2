"""The sample events have the shapes that AWS documents, and agree with themselves."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.behaviour.variants import QUICK

if TYPE_CHECKING:
    from tests.conftest import Render
    from tests.support.render import Rendered

HTTP = {
    "version": "2.0",
    "routeKey": str,
    "rawPath": str,
    "rawQueryString": str,
    "headers": dict,
    "requestContext": {
        "accountId": str,
        "apiId": str,
        "domainName": str,
        "domainPrefix": str,
        "http": {"method": str, "path": str, "protocol": str, "sourceIp": str, "userAgent": str},
        "requestId": str,
        "routeKey": str,
        "stage": "$default",
        "time": str,
        "timeEpoch": int,
    },
    "isBase64Encoded": False,
}
"""What every event of payload format 2.0 has: "Create AWS Lambda proxy integrations for HTTP APIs",
API Gateway developer guide."""

HTTP_SOMETIMES = {"queryStringParameters": dict, "pathParameters": dict, "body": str}

RECORD: dict[str, Any] = {
    "messageId": str,
    "receiptHandle": str,
    "body": str,
    "attributes": {
        "ApproximateReceiveCount": str,
        "SentTimestamp": str,
        "SenderId": str,
        "ApproximateFirstReceiveTimestamp": str,
    },
    "messageAttributes": dict,
    "md5OfBody": str,
    "eventSource": "aws:sqs",
    "eventSourceARN": str,
    "awsRegion": str,
}
"""What every record of a standard queue has: "Using Lambda with Amazon SQS", Lambda developer
guide."""

FIFO = {"SequenceNumber": str, "MessageGroupId": str, "MessageDeduplicationId": str}
"""The attributes that a message of a FIFO queue has besides."""

ORDER = {
    "id": {"S": str},
    "item": {"S": str},
    "quantity": {"N": str},
    "status": {"S": str},
    "created_at": {"S": str},
}
CHANGE = {
    "eventID": str,
    "eventName": str,
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": str,
    "dynamodb": {
        "ApproximateCreationDateTime": int,
        "Keys": {"id": {"S": str}},
        "SequenceNumber": str,
        "SizeBytes": int,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
    "eventSourceARN": str,
}
"""What every record of a table's stream has: "Using AWS Lambda with Amazon DynamoDB", Lambda
developer guide; images of an order beside it."""

STREAMED = {
    "kinesis": {
        "kinesisSchemaVersion": "1.0",
        "partitionKey": str,
        "sequenceNumber": str,
        "data": str,
        "approximateArrivalTimestamp": float,
    },
    "eventSource": "aws:kinesis",
    "eventVersion": "1.0",
    "eventID": str,
    "eventName": "aws:kinesis:record",
    "invokeIdentityArn": str,
    "awsRegion": str,
    "eventSourceARN": str,
}
"""What every record of a stream has: "Using Lambda with Kinesis", Lambda developer guide."""

NOTIFICATION = {
    "EventVersion": "1.0",
    "EventSubscriptionArn": str,
    "EventSource": "aws:sns",
    "Sns": {
        "Type": "Notification",
        "MessageId": str,
        "TopicArn": str,
        "Subject": type(None),
        "Message": str,
        "Timestamp": str,
        "SignatureVersion": str,
        "Signature": str,
        "SigningCertUrl": str,
        "UnsubscribeUrl": str,
        "MessageAttributes": dict,
    },
}
"""What every record of SNS has: "Invoking Lambda functions with Amazon SNS notifications", Lambda
developer guide."""

EVENT = {
    "version": "0",
    "id": str,
    "detail-type": str,
    "source": str,
    "account": str,
    "time": str,
    "region": str,
    "resources": list,
    "detail": dict,
}
"""What every event has: "Structure of events", EventBridge user guide."""

UPLOAD = {
    "version": "0",
    "id": str,
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": str,
    "time": str,
    "region": str,
    "resources": list,
    "detail": {
        "version": "0",
        "bucket": {"name": str},
        "object": {
            "key": str,
            "size": int,
            "etag": str,
            "version-id": str,
            "sequencer": str,
        },
        "request-id": str,
        "requester": str,
        "source-ip-address": str,
        "reason": "PutObject",
    },
}
"""What S3 sends of a new object in a bucket with versions: "EventBridge event message structure",
S3 user guide."""

STATE = {"value": str, "reason": str, "reasonData": str, "timestamp": str}
ALARM = {
    "source": "aws.cloudwatch",
    "alarmArn": str,
    "accountId": str,
    "time": str,
    "region": str,
    "alarmData": {
        "alarmName": str,
        "state": STATE,
        "previousState": STATE,
        "configuration": {"description": str, "metrics": list},
    },
}
"""What an alarm on one metric sends: "Invoke a Lambda function from an alarm", CloudWatch user
guide."""

RUN = {"id": str, "time": str}
"""The input of the schedule: what the infrastructure sends, with Scheduler's own keywords."""


TASK = {
    "id": str,
    "time": str,
    "correlation_id": str,
    "body": {"id": str, "item": str, "quantity": int},
}
"""What the state machine's definition hands to a step, with a body of ours."""


def fits(value: Any, shape: Any) -> bool:
    """Whether a value is of a type, equal to a constant, or has just the keys of a shape."""
    if isinstance(shape, type):
        return type(value) is shape
    if isinstance(shape, dict):
        return set(value) == set(shape) and all(fits(value[key], shape[key]) for key in shape)
    return bool(value == shape)


def events(project: Rendered, source: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each function of a source, with its sample event."""
    return [
        (function, json.loads(project.text(f"functions/{function['package']}/events/event.json")))
        for function in project.service["functions"]
        if function["source"] == source
    ]


@pytest.fixture(scope="module")
def project(rendered: Render) -> Rendered:
    """A project with everything that functions do."""
    return rendered({"cicd": "none", "api_auth": "none", **QUICK["everything"]})


@pytest.fixture(scope="module")
def ordered(rendered: Render) -> Rendered:
    """A project with everything that functions do whose records come in order."""
    return rendered({"cicd": "none", "api_auth": "none", **QUICK["in order"]})


@pytest.fixture(scope="module")
def news(rendered: Render) -> Rendered:
    """A project with everything that functions do that are told of something."""
    return rendered({"cicd": "none", "api_auth": "none", **QUICK["told"]})


def test_requests_are_of_payload_format_2(project: Rendered) -> None:
    """With what belongs to the function's route, and nothing else."""
    for function, event in events(project, "http"):
        route = function["http"]
        extra = {name for name in HTTP_SOMETIMES if name in event}
        shape = HTTP | {name: HTTP_SOMETIMES[name] for name in extra}
        assert fits(event, shape), function["name"]
        assert ("body" in extra) == route["body"]
        assert sorted(event.get("pathParameters", {})) == sorted(route["parameters"])
        path = route["path"].format(**event.get("pathParameters", {}))
        assert event["routeKey"] == event["requestContext"]["routeKey"] == route["key"]
        assert event["rawPath"] == event["requestContext"]["http"]["path"] == path
        if route["body"]:
            assert event["headers"]["content-length"] == str(len(event["body"].encode()))
        assert ("idempotency-key" in event["headers"]) == function["idempotent"]


def test_messages_are_those_of_the_queue(project: Rendered) -> None:
    """Of the function's own queue, standard or FIFO, and with the checksum of their bodies."""
    for function, event in events(project, "queue"):
        fifo = function["queue"]["fifo"]
        shape = RECORD | {"attributes": RECORD["attributes"] | (FIFO if fifo else {})}
        assert list(event) == ["Records"]
        for record in event["Records"]:
            assert fits(record, shape), function["name"]
            body = record["body"].encode()
            assert record["md5OfBody"] == hashlib.md5(body, usedforsecurity=False).hexdigest()
            end = ".fifo" if fifo else ""
            assert record["eventSourceARN"].endswith(f"-{function['name']}{end}")


def test_changes_are_those_of_the_table(ordered: Rendered) -> None:
    """Of a kind that the function takes, with the images that this kind has."""
    found = events(ordered, "table")
    assert found
    for function, event in found:
        for record in event["Records"]:
            kind, told = record["eventName"], dict(record["dynamodb"])
            images = {name: told.pop(name) for name in ("OldImage", "NewImage") if name in told}
            assert fits({**record, "dynamodb": told}, CHANGE), function["name"]
            assert kind in function["changes"]
            assert ("OldImage" in images, "NewImage" in images) == (
                kind != "INSERT",
                kind != "REMOVE",
            )
            for image in images.values():
                assert fits(image, ORDER)
                assert image["id"] == told["Keys"]["id"]


def test_records_are_those_of_the_stream(ordered: Rendered) -> None:
    """Of the function's own stream, with an id of shard and sequence number, and JSON in them."""
    found = events(ordered, "stream")
    assert found
    for function, event in found:
        for record in event["Records"]:
            assert fits(record, STREAMED), function["name"]
            assert record["eventID"].endswith(f":{record['kinesis']['sequenceNumber']}")
            assert record["eventSourceARN"].endswith(f"-{function['name']}")
            data = json.loads(base64.b64decode(record["kinesis"]["data"]))
            assert set(data) == {"correlation_id", "body"}
            assert data["body"]["id"] == record["kinesis"]["partitionKey"]


def test_notifications_are_those_of_sns(news: Rendered) -> None:
    """Always one, of the function's own topic."""
    found = events(news, "topic")
    assert found
    for function, event in found:
        (record,) = event["Records"]
        assert fits(record, NOTIFICATION), function["name"]
        assert record["Sns"]["TopicArn"].endswith(f"-{function['name']}")
        assert record["EventSubscriptionArn"].startswith(record["Sns"]["TopicArn"])
        for attribute in record["Sns"]["MessageAttributes"].values():
            assert fits(attribute, {"Type": "String", "Value": str})


def test_events_are_those_of_the_bus(news: Rendered) -> None:
    """From the source and of the type that the function's rule asks for."""
    found = events(news, "event")
    assert found
    for function, event in found:
        assert fits(event, EVENT), function["name"]
        pattern = function["event"]["pattern"]
        assert event["source"] in pattern["source"]
        assert event["detail-type"] in pattern["detail-type"]


def test_uploads_are_what_s3_sends(news: Rendered) -> None:
    """Of an object whose name the function is told of, as the sample beside it says."""
    found = events(news, "bucket")
    assert found
    for function, event in found:
        assert fits(event, UPLOAD), function["name"]
        told = event["detail"]["object"]
        assert told["key"].startswith(function["bucket"]["prefix"])
        assert told["key"].endswith(function["bucket"]["suffix"])
        held = news.text(f"functions/{function['package']}/events/object.json").encode()
        assert told["size"] == len(held)
        assert told["etag"] == hashlib.md5(held, usedforsecurity=False).hexdigest()
        assert isinstance(json.loads(held), dict)


def test_alarms_are_what_cloudwatch_sends(news: Rendered) -> None:
    """Of an alarm that the service has."""
    found = events(news, "alarm")
    assert found
    for function, event in found:
        assert fits(event, ALARM), function["name"]
        name = event["alarmData"]["alarmName"]
        assert event["alarmArn"].endswith(f":alarm:{name}")
        assert f"AlarmName: !Sub ${{{function_id(news, name)}Function}}-errors" in (
            news.text("template.yaml")
        )


def function_id(project: Rendered, alarm: str) -> str:
    """The id of the function that an alarm on errors is about."""
    slug = project.service["slug"]
    names = {f"{slug}-dev-{f['name']}-errors": str(f["id"]) for f in project.service["functions"]}
    return names[alarm]


def test_runs_are_what_the_schedule_sends(project: Rendered) -> None:
    """Execution id and scheduled time."""
    found = events(project, "schedule")
    assert found
    for function, event in found:
        assert fits(event, RUN), function["name"]


def test_tasks_are_what_the_state_machine_hands_over(project: Rendered) -> None:
    """The keys of the payload in its definition, and the id of an execution of it."""
    found = events(project, "workflow")
    assert found
    (definition,) = re.findall(
        r"(?s)  MainWorkflow:\n.*?\n  MainWorkflowRole:", project.text("template.yaml")
    )
    payloads = re.findall(r" Payload:\n((?: {16}\w+: .*\n)+)", definition)
    for payload in payloads:
        assert set(re.findall(r"(\w+): ", payload)) >= TASK.keys()
    assert len(payloads) == len(found)
    for function, event in found:
        assert fits(event, TASK), function["name"]
        assert f":execution:order-service-dev-{function['workflow']['name']}:" in event["id"]


@pytest.mark.parametrize(
    "wrong",
    [{"version": "1.0"}, {"isBase64Encoded": "false"}, {"path": "/orders"}],
)
def test_another_shape_does_not_fit(project: Rendered, wrong: dict[str, object]) -> None:
    """The comparison above sees a wrong value, a wrong type and a key too many."""
    _, event = events(project, "http")[0]
    assert fits(event, HTTP)
    assert not fits(event | wrong, HTTP)
