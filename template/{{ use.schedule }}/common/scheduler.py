"""Schedules: from the input that EventBridge Scheduler sends to one call of the work."""

from datetime import UTC, datetime
from typing import Protocol, TypedDict

from aws_lambda_powertools.metrics import MetricUnit

from common.errors import InvalidInputError
from common.observability import logger, metrics
from common.run import Run

# Where Powertools finds the correlation id (JMESPath): the id of the schedule's execution.
CORRELATION_ID = "id"


class Event(TypedDict):
    """The input that the schedule sends: its context attributes execution-id and scheduled-time.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """

    id: str
    time: str


class Work(Protocol):
    """The work behind a schedule: a run in, figures worth a line in the log out."""

    def __call__(self, *, run: Run) -> dict[str, int]:
        """Do the work. Raise any exception to have the run retried."""


def run(event: Event, work: Work) -> None:
    """Do the work of one run. Any exception is logged, counted and raised again.

    Lambda then retries the run, and hands it to the dead-letter queue in the end.
    """
    try:
        figures = work(run=_run(event))
    except Exception:
        logger.exception("run failed")
        metrics.add_metric(name="FailedRuns", unit=MetricUnit.Count, value=1)
        raise
    logger.info("run done", figures=figures)
    metrics.add_metric(name="DoneRuns", unit=MetricUnit.Count, value=1)


def _run(event: Event) -> Run:
    try:
        time = datetime.fromisoformat(event["time"])
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or not event["id"]:
        message = "the schedule's input must hold an id and a time with its zone"
        raise InvalidInputError(message)
    return Run(id=event["id"], time=time.astimezone(UTC))
