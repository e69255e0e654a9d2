"""Executions of the workflows.

make start runs a workflow on an input; make redrive starts those executions again that failed.
"""

import argparse
import contextlib
import json
import time
from pathlib import Path
from typing import Any

from scripts import stack
from scripts.aws import Clients
from scripts.console import fail, run, say
from scripts.service import Environment, Workflow, environment, workflow


def execute(clients: Clients, where: Environment, target: Workflow, text: str) -> dict[str, Any]:
    """Start an execution on an input in JSON and wait for its end; what became of it."""
    states = clients("stepfunctions")
    arn = stack.outputs(clients, where)[f"{target.id}Arn"]
    started = states.start_execution(stateMachineArn=arn, input=text)
    while True:
        found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.5)


def start(where: Environment, target: Workflow, event: Path | None) -> None:
    """Run a workflow on an input, without one on that of its first step's sample event."""
    if event:
        text = event.read_text(encoding="utf-8")
    else:
        sample = json.loads(target.steps[0].sample_event.read_text(encoding="utf-8"))
        text = json.dumps(sample["body"])
    found = execute(Clients(where), where, target, text)
    say(f"{found['executionArn']}\n{found['status']}")
    if found["status"] != "SUCCEEDED":
        fail(f"{found.get('error', 'stopped')}: {found.get('cause', 'see the console')}")
    say(json.dumps(json.loads(found["output"]), indent=2, ensure_ascii=False))


def redrive(where: Environment, target: Workflow) -> None:
    """Start the executions again whose inputs are in a workflow's dead-letter queue.

    They keep their first id: a step that was done gives its first answer again.
    """
    clients = Clients(where)
    sqs, states = clients("sqs"), clients("stepfunctions")
    arn = stack.outputs(clients, where)[f"{target.id}Arn"]
    dead_letters = sqs.get_queue_url(QueueName=target.dead_letters_name(where))["QueueUrl"]
    count = 0
    while True:
        received = sqs.receive_message(
            QueueUrl=dead_letters,
            MaxNumberOfMessages=10,
            VisibilityTimeout=60,
            WaitTimeSeconds=1,
        )
        if not received.get("Messages"):
            break
        for message in received["Messages"]:
            kept = json.loads(message["Body"])
            given = kept["input"]
            if isinstance(given, dict):
                given |= {"execution_id": kept["id"], "correlation_id": kept["correlation_id"]}
            # Named after the message: one that could not be deleted starts nothing twice.
            with contextlib.suppress(states.exceptions.ExecutionAlreadyExists):
                states.start_execution(
                    stateMachineArn=arn, name=message["MessageId"], input=json.dumps(given)
                )
            sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
            count += 1
    say(f"{count} executions of {target.name} started again")


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="scripts.workflows", description="The workflows.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, summary in (
        ("start", "run a workflow on an input"),
        ("redrive", "start those executions again that failed"),
    ):
        command = commands.add_parser(name, help=summary)
        command.add_argument("environment", type=environment)
        command.add_argument("workflow", type=workflow)
        if name == "start":
            command.add_argument("event", type=Path, nargs="?")
    arguments = parser.parse_args()
    if arguments.command == "start":
        start(arguments.environment, arguments.workflow, arguments.event)
    else:
        redrive(arguments.environment, arguments.workflow)


if __name__ == "__main__":
    run(main)
