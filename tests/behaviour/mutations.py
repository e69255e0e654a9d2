"""Faults put into the rendered code on purpose: for each, tests that must fail.

A mutation replaces `old`, which must be there, by `new` in `file` of the default project, or of the
one that `answers` make; then
`tests` (what pytest is given) must not pass. Without the fault they do: see test_variants.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.behaviour.variants import ALONE

UNIT = "tests/unit"
CREATE = "functions/create_order"
FULFIL = "functions/fulfil_order"
REPORT = "functions/report_orders"
SECRET = {"secrets": "secretsmanager"}
FIFO = {"functions": [ALONE["fifo queue changes"]]}
SHARDED = {"sources": ["http", "table", "stream"]}


@dataclass(frozen=True)
class Mutation:
    """One fault against one practice."""

    practice: str
    what: str
    file: str
    old: str
    new: str
    tests: str
    answers: dict[str, Any] = field(default_factory=dict)


def _handler(package: str, test: str = "") -> str:
    name = f"{UNIT}/{package}/test_handler.py"
    return f"{name}::{test}" if test else name


MUTATIONS = [
    Mutation(
        "C01",
        "a client for each request",
        f"{CREATE}/handler.py",
        "    return service.handle(request, RESOURCES)",
        "    clients.sqs(CONFIG)\n    return service.handle(request, RESOURCES)",
        _handler("create_order", "test_clients_are_made_once"),
    ),
    Mutation(
        "C01",
        "a client for each message",
        f"{FULFIL}/handler.py",
        "    service.handle(message, RESOURCES)",
        "    clients.dynamodb(CONFIG)\n    service.handle(message, RESOURCES)",
        _handler("fulfil_order", "test_clients_are_made_once"),
    ),
    Mutation(
        "C03",
        "the first request is remembered",
        "common/api.py",
        "        body = work(request=_request(event, key(event)))",
        "        STATUS.setdefault('r', _request(event, key(event)))\n"
        "        body = work(request=STATUS['r'])",
        _handler("create_order", "test_another_key_is_another_request"),
    ),
    Mutation(
        "C03",
        "the first run is remembered",
        "common/scheduler.py",
        "def _run(event: Event) -> Run:",
        "@__import__('functools').lru_cache(1)\ndef _first(_):\n    return []\n\n\n"
        "def _run(event: Event) -> Run:\n"
        "    kept = _first(0)\n    kept.append(event)\n    event = kept[0]",
        _handler("report_orders", "test_each_run_is_one_of_its_own"),
    ),
    Mutation(
        "C04",
        "no idempotency record for a request",
        "common/idempotency.py",
        "    return decorator\n",
        "    return lambda work: work\n",
        _handler("create_order", "test_the_same_request_twice_is_done_once"),
    ),
    Mutation(
        "C04",
        "no idempotency record for a message",
        "common/idempotency.py",
        "    return decorator\n",
        "    return lambda work: work\n",
        _handler("fulfil_order", "test_a_message_that_comes_twice_is_done_once"),
    ),
    Mutation(
        "C04",
        "no idempotency record for a run",
        "common/idempotency.py",
        "    return decorator\n",
        "    return lambda work: work\n",
        _handler("report_orders", "test_a_run_that_comes_twice_is_done_once"),
    ),
    Mutation(
        "C04",
        "one caller's key gives another the answer",
        "common/api.py",
        "{event['routeKey']} {caller} {key}",
        "{event['routeKey']} {key}",
        _handler("create_order", "test_the_same_key_of_another_caller_is_another_request"),
        {"api_auth": "jwt"},
    ),
    Mutation(
        "C04",
        "another id at each attempt",
        "common/api.py",
        "id=str(uuid5(NAMESPACE, f\"{event['routeKey']} {key}\"))",
        "id=str(__import__('uuid').uuid4())",
        _handler("create_order", "test_a_request_that_failed_is_done_when_it_comes_again"),
    ),
    Mutation(
        "C04",
        "a second write over the first",
        "common/store.py",
        '                ConditionExpression="attribute_not_exists(id)",\n',
        "",
        f"{UNIT}/common/test_store.py::test_an_order_that_is_there_stays",
    ),
    Mutation(
        "C04",
        "a request without a key",
        "common/api.py",
        "    if not 1 <= len(key) <= LONGEST_KEY:",
        "    if not len(key) <= LONGEST_KEY:",
        _handler("create_order", "test_a_request_needs_a_key"),
    ),
    Mutation(
        "C04",
        "one key for two bodies",
        f"{CREATE}/handler.py",
        ', unchanged="body"',
        "",
        _handler("create_order", "test_a_key_is_not_for_two_bodies"),
    ),
    Mutation(
        "C05",
        "a fault of ours is swallowed",
        "common/api.py",
        "        raise\n    logger.info",
        "        body = {}\n    logger.info",
        _handler("create_order", "test_a_fault_of_ours_fails_the_invocation"),
    ),
    Mutation(
        "C05",
        "a failed message is swallowed",
        "common/consumer.py",
        "            raise\n        logger.info",
        "            return\n        logger.info",
        _handler("fulfil_order", "test_a_poisonous_message_fails_alone"),
    ),
    Mutation(
        "C05",
        "a failed run is swallowed",
        "common/scheduler.py",
        "        raise\n    logger.info",
        "        return\n    logger.info",
        _handler("report_orders", "test_a_run_that_failed_is_done_when_it_comes_again"),
    ),
    Mutation(
        "C05",
        "one poisonous message fails the batch",
        "common/consumer.py",
        "    return process_partial_response(",
        "    for record in event['Records']:\n"
        "        handle(SQSRecord(record))\n"
        "    return process_partial_response(",
        _handler("fulfil_order", "test_a_poisonous_message_fails_alone"),
    ),
    Mutation(
        "C05",
        "a message overtakes one of its group that failed",
        "common/consumer.py",
        "SqsFifoPartialProcessor(skip_group_on_error=True)",
        "BatchProcessor(__import__('aws_lambda_powertools').utilities.batch.EventType.SQS)",
        _handler("follow_order", "test_a_poisonous_message_holds_back_its_group"),
        FIFO,
    ),
    Mutation(
        "C05",
        "a failed message holds back the whole queue",
        "common/consumer.py",
        "skip_group_on_error=True",
        "skip_group_on_error=False",
        _handler("follow_order", "test_a_poisonous_message_holds_back_its_group"),
        FIFO,
    ),
    Mutation(
        "C05",
        "what the caller can mend fails the invocation",
        "common/api.py",
        "    except DomainError as error:",
        "    except ZeroDivisionError as error:",
        _handler("create_order", "test_what_the_caller_can_mend_is_said"),
    ),
    Mutation(
        "C05",
        "an unexpected error is not counted",
        "common/api.py",
        '        metrics.add_metric(name="UnexpectedErrors", unit=MetricUnit.Count, value=1)\n',
        "",
        _handler("create_order", "test_a_fault_of_ours_fails_the_invocation"),
    ),
    Mutation(
        "C06",
        "a missing variable is empty text",
        "common/settings.py",
        "        if not text:\n",
        "        if False:\n",
        f"{UNIT}/common/test_settings.py",
    ),
    Mutation(
        "C06",
        "a bad variable is not named",
        "common/settings.py",
        '            message = f"{variable} {error}"',
        '            message = f"{error}"',
        f"{UNIT}/common/test_settings.py",
    ),
    Mutation(
        "C06",
        "settings that can be changed",
        f"{UNIT}/common/test_settings.py",
        "@dataclass(frozen=True, slots=True)",
        "@dataclass(slots=True)",
        f"{UNIT}/common/test_settings.py::test_settings_cannot_be_changed",
    ),
    Mutation(
        "C06",
        "settings that are written into the code",
        f"{CREATE}/settings.py",
        "SETTINGS = load(Settings)",
        "SETTINGS = Settings(*[Name('orders')] * 2, Url('https://host/fulfil-order'))",
        _handler("create_order", "test_without_a_variable_it_does_not_start"),
    ),
    Mutation(
        "C08",
        "more calls than there is time for",
        "common/clients.py",
        "    call = min(LONGEST_CALL, seconds / calls)",
        "    call = LONGEST_CALL",
        f"{UNIT}/common/test_clients.py",
    ),
    Mutation(
        "C08",
        "botocore's own timeouts and retries",
        "common/clients.py",
        "        connect_timeout=attempt / 3,\n        read_timeout=attempt * 2 / 3,\n",
        "        connect_timeout=60,\n        read_timeout=60,\n",
        _handler("create_order", "test_outgoing_calls_end_before_the_function_does"),
    ),
    Mutation(
        "C08",
        "a message is begun without time for it",
        "common/consumer.py",
        "    if context.get_remaining_time_in_millis() < seconds * 1000:",
        "    if context.get_remaining_time_in_millis() < 0:",
        _handler("fulfil_order", "test_what_there_is_no_time_for_is_handed_back"),
    ),
    Mutation(
        "C09",
        "the body is logged",
        "common/api.py",
        '    logger.info("request answered", status=status)',
        '    logger.info("request answered", status=status, got=event)',
        _handler("create_order", "test_logs_say_where_and_who_but_not_what"),
    ),
    Mutation(
        "C09",
        "the message is logged",
        "common/consumer.py",
        '        logger.info("message done", ',
        '        logger.info("message done", got=record.body, ',
        _handler("fulfil_order", "test_logs_say_where_and_who_but_not_what"),
    ),
    Mutation(
        "C09",
        "events are logged",
        f"{CREATE}/handler.py",
        "@logger.inject_lambda_context(",
        "@logger.inject_lambda_context(log_event=True, ",
        _handler("create_order", "test_logs_say_where_and_who_but_not_what"),
    ),
    Mutation(
        "C09",
        "no correlation id",
        f"{CREATE}/handler.py",
        "correlation_id_path=api.CORRELATION_ID, ",
        "",
        _handler("create_order", "test_logs_say_where_and_who_but_not_what"),
    ),
    Mutation(
        "C09",
        "the correlation id stays behind",
        "common/sender.py",
        'logger.get_correlation_id() or "none"',
        '"none"',
        f"{UNIT}/common/test_sender.py",
    ),
    Mutation(
        "C09",
        "one correlation id for the whole batch",
        "common/consumer.py",
        "(sent and sent.string_value) or record.message_id",
        "first",
        _handler("fulfil_order", "test_logs_say_where_and_who_but_not_what"),
    ),
    Mutation(
        "C10",
        "the business is not counted",
        f"{CREATE}/service.py",
        '    resources.metrics.count("OrdersCreated")\n',
        "",
        f"{UNIT}/create_order/test_service.py",
    ),
    Mutation(
        "C07",
        "the secret is fetched each time",
        "common/secret.py",
        "        if time.monotonic() >= self._good_until:\n            self.refresh()",
        "        self.refresh()",
        f"{UNIT}/common/test_secret.py",
        SECRET,
    ),
    Mutation(
        "C07",
        "a rotation is never noticed",
        "common/secret.py",
        "if time.monotonic() >= self._good_until:",
        "if not self._value:",
        f"{UNIT}/common/test_secret.py",
        SECRET,
    ),
    Mutation(
        "C07",
        "the secret is fetched before it is needed",
        "common/secret.py",
        "        self._good_until = 0.0\n",
        "        self._good_until = 0.0\n        self.refresh()\n",
        f"{UNIT}/common/test_secret.py",
        SECRET,
    ),
    Mutation(
        "C07",
        "the secret is logged",
        "common/receipts.py",
        "of=of, receipt=receipt)",
        "of=of, receipt=receipt, key=key.decode())",
        f"{UNIT}/common/test_receipts.py",
        SECRET,
    ),
    Mutation(
        "C07",
        "receipts that anybody can make",
        "common/receipts.py",
        "hmac.new(key, of.encode(), hashlib.sha256)",
        "hashlib.sha256(of.encode())",
        f"{UNIT}/common/test_receipts.py",
        SECRET,
    ),
    Mutation(
        "F13",
        "a snapshot with open connections",
        "common/snapshot.py",
        "        register_before_snapshot(client.close)",
        "        client.close()",
        f"{UNIT}/common/test_snapshot.py::test_every_client_of_a_function_is_closed",
        {"startup": "snapstart"},
    ),
    Mutation(
        "F13",
        "a client that is forgotten",
        f"{CREATE}/handler.py",
        "snapshot.prepare(DYNAMODB, SQS)",
        "snapshot.prepare(DYNAMODB)",
        f"{UNIT}/common/test_snapshot.py::test_every_client_of_a_function_is_closed",
        {"startup": "snapstart"},
    ),
    Mutation(
        "F13",
        "one seed for all copies",
        "common/snapshot.py",
        "    register_after_restore(random.seed)\n",
        "",
        f"{UNIT}/common/test_snapshot.py::test_no_two_copies_draw_the_same_numbers",
        {"startup": "snapstart"},
    ),
    Mutation(
        "C10",
        "environments are counted together",
        "common/observability.py",
        "metrics.set_default_dimensions(environment=SETTINGS.environment)\n",
        "",
        f"{UNIT}/common/test_observability.py",
    ),
    *(
        Mutation(practice, what, file, old, new, _handler(package, test), SHARDED)
        for practice, what, file, old, new, package, test in (
            (
                "C01",
                "a client for each record",
                "functions/count_views/handler.py",
                "    service.handle(record, RESOURCES)",
                "    clients.dynamodb(CONFIG)\n    service.handle(record, RESOURCES)",
                "count_views",
                "test_clients_are_made_once",
            ),
            (
                "C04",
                "no idempotency record for a change",
                "common/idempotency.py",
                "    return decorator\n",
                "    return lambda work: work\n",
                "publish_changes",
                "test_a_change_that_comes_twice_is_done_once",
            ),
            (
                "C04",
                "no idempotency record for a record",
                "common/idempotency.py",
                "    return decorator\n",
                "    return lambda work: work\n",
                "count_views",
                "test_a_record_that_comes_twice_is_done_once",
            ),
            (
                "C05",
                "what comes after a failed record is done before it",
                "common/shards.py",
                "            failure, stopped = error, True\n",
                "            failure = error\n",
                "count_views",
                "test_a_poisonous_record_stops_the_batch_there",
            ),
            (
                "C05",
                "a batch that fails at once looks like success to the alarm",
                "common/shards.py",
                "        raise failure\n    return",
                "        pass\n    return",
                "publish_changes",
                "test_a_change_that_failed_is_done_when_it_comes_again",
            ),
            (
                "C05",
                "a failed change is swallowed",
                "common/changes.py",
                "            raise\n        logger.info",
                "            return\n        logger.info",
                "publish_changes",
                "test_a_poisonous_change_stops_the_batch_there",
            ),
            (
                "C05",
                "a failed record is swallowed",
                "common/streams.py",
                "            raise\n        logger.info",
                "            return\n        logger.info",
                "count_views",
                "test_a_poisonous_record_stops_the_batch_there",
            ),
            (
                "C08",
                "a record is begun without time for it",
                "common/shards.py",
                "context.get_remaining_time_in_millis() < seconds * 1000",
                "context.get_remaining_time_in_millis() < 0",
                "count_views",
                "test_what_there_is_no_time_for_is_handed_back",
            ),
            (
                "C09",
                "the change is logged",
                "common/changes.py",
                '        logger.info("change done", ',
                '        logger.info("change done", got=record.raw_event, ',
                "publish_changes",
                "test_logs_say_where_and_who_but_not_what",
            ),
            (
                "C09",
                "the record is logged",
                "common/streams.py",
                '        logger.info("record done", ',
                '        logger.info("record done", got=record.kinesis.data_as_text(), ',
                "count_views",
                "test_logs_say_where_and_who_but_not_what",
            ),
            (
                "C09",
                "the correlation id of a record is lost",
                "common/streams.py",
                '        logger.set_correlation_id(str(body["correlation_id"]))\n',
                "",
                "count_views",
                "test_logs_say_where_and_who_but_not_what",
            ),
        )
    ),
]
