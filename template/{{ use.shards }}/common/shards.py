"""Records that come in order, shard by shard: from a batch to one call for each, until one fails."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

# A batch, as Lambda delivers it; Powertools' classes give its records their types.
type Event = dict[str, Any]
type Response = PartialItemFailureResponse


class NotReachedError(Exception):
    """A record before this one failed, or the invocation has too little time left for it."""


def in_order[Record](
    event: Event,
    context: LambdaContext,
    processor: BatchProcessor,
    handle: Callable[[Record], None],
    *,
    seconds: float,
) -> Response:
    """Handle each record of a batch until one fails; report that one and all after it.

    Lambda goes on with the first reported record, so none is handled before an earlier one of its
    shard is done or given up. `seconds` is the longest that one record may take: with less time
    left the rest of the batch is handed back, so that none is cut off half-way. If the first record
    fails, so does the invocation: Lambda counts an error, halves the batch and tries again, until
    the record that is to blame is alone and goes to the dead letters.

    `processor` must not raise by itself (`raise_on_entire_batch_failure=False`).
    """
    done = 0
    failure: Exception | None = None
    stopped = False

    def handle_next(record: Record) -> None:
        nonlocal done, failure, stopped
        if done and context.get_remaining_time_in_millis() < seconds * 1000:
            stopped = True
        if stopped:
            raise NotReachedError
        try:
            handle(record)
        except Exception as error:
            failure, stopped = error, True
            raise
        done += 1

    response = process_partial_response(
        event=event,
        record_handler=handle_next,
        processor=processor,
        context=context,
    )
    if failure and not done:
        raise failure
    return response
