"""Workflows: from what a state machine hands to a step to one call of the work."""

from datetime import UTC, datetime
from typing import Protocol, TypedDict

from aws_lambda_powertools.metrics import MetricUnit

from common.errors import InvalidInputError
from common.observability import logger, metrics
from common.task import Task

# Where Powertools finds the correlation id (JMESPath).
CORRELATION_ID = "correlation_id"

# What an execution's input says of the execution; the rest is for the first step.
OF_THE_EXECUTION = {"correlation_id", "execution_id"}


class Event(TypedDict):
    """What the state machine's definition hands to a step.

    `correlation_id` is of the work that the execution was started for, or else the execution's name.
    """

    id: str
    time: str
    correlation_id: str
    body: object


class Work(Protocol):
    """The work of a step."""

    def __call__(self, *, task: Task) -> dict[str, object]:
        """Do the work; return the next step's input. Raise any exception to have it tried again."""


def run(event: Event, work: Work) -> dict[str, object]:
    """Do the work of one step. Any exception is logged, counted and raised again.

    The state machine then tries the step again, and keeps the execution's input in the workflow's
    dead-letter queue in the end.
    """
    try:
        result = work(task=_task(event))
    except Exception:
        logger.exception("task failed")
        metrics.add_metric(name="FailedTasks", unit=MetricUnit.Count, value=1)
        raise
    logger.info("task done", execution_id=event["id"])
    metrics.add_metric(name="DoneTasks", unit=MetricUnit.Count, value=1)
    return result


def _task(event: Event) -> Task:
    try:
        time = datetime.fromisoformat(event["time"])
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or not event["id"]:
        message = "the state machine must hand over an id and a time with its zone"
        raise InvalidInputError(message)
    if not isinstance(event["body"], dict):
        message = "a step's input must be a JSON object"
        raise InvalidInputError(message)
    body = {key: value for key, value in event["body"].items() if key not in OF_THE_EXECUTION}
    return Task(id=event["id"], time=time.astimezone(UTC), body=body)
