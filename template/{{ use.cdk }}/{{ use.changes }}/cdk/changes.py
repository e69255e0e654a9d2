"""Source table: changes of the service's table."""

import json
from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb

from cdk.function import ServiceFunction
from cdk.queues import dead_letter_queue
from cdk.records import read_records


class TableSource:
    """How a function reads the changes of a table, and the queue for what it gave up."""

    def __init__(
        self,
        function: ServiceFunction,
        table: dynamodb.Table,
        *,
        batch_size: int,
        batch_window: Duration | None = None,
        only: Sequence[str] | None = None,
    ) -> None:
        self.dead_letters = dead_letter_queue(function)
        wanted = {"pattern": json.dumps({"eventName": list(only)})} if only else None
        read_records(
            function,
            "Changes",
            str(table.table_stream_arn),
            self.dead_letters,
            of="the changes of the table",
            batch_size=batch_size,
            batch_window=batch_window,
            filters=[wanted] if wanted else None,
        )
