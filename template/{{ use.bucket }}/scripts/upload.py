"""Sample uploads: the object that the sample event of a bucket function tells of."""

import json
from typing import Any

from scripts.aws import Clients
from scripts.service import Function


def bucket(clients: Clients, name: str) -> str:
    """Name of the bucket of a deployed function; AWS chose it."""
    configuration = clients("lambda").get_function_configuration(FunctionName=name)
    return str(configuration["Environment"]["Variables"]["BUCKET_NAME"])


def sample(clients: Clients, name: str, target: Function) -> dict[str, Any]:
    """Put a function's sample object into its bucket; the sample event, telling of it.

    S3 tells of it, too: the function is started once more.
    """
    event: dict[str, Any] = json.loads(target.sample_event.read_text(encoding="utf-8"))
    data = target.sample_event.with_name("object.json").read_bytes()
    told = event["detail"]["object"]
    event["detail"]["bucket"]["name"] = bucket(clients, name)
    put = clients("s3").put_object(
        Bucket=event["detail"]["bucket"]["name"], Key=told["key"], Body=data
    )
    told |= {"size": len(data), "etag": put["ETag"].strip('"'), "version-id": put["VersionId"]}
    return event
