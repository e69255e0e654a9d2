"""Source event: the service's own bus of EventBridge."""

from collections.abc import Mapping

from aws_cdk import aws_events as events

from cdk.failures import keep_failures
from cdk.function import ServiceFunction
from cdk.queues import dead_letter_queue
from cdk.rules import call_on


class EventSource:
    """Events of a bus, and the queue for what neither it nor the function could do."""

    def __init__(
        self, function: ServiceFunction, bus: events.EventBus, pattern: Mapping[str, object]
    ) -> None:
        self.dead_letters = dead_letter_queue(function)
        self.rule = call_on(function, pattern, self.dead_letters, bus)
        keep_failures(function, self.dead_letters)
