"""The cache: a cluster that fails is left alone for a while, and nobody fails with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from common import cache
from common.cache import Cache
from common.observability import metrics
from common.settings import CacheUrl

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

URL = CacheUrl("daxs://orders.example.com")


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


class Cluster:
    """Stands in for DAX's client."""

    def __init__(self) -> None:
        self.made_with: list[dict[str, Any]] = []
        self.broken = False

    def __call__(self, **arguments: object) -> Cluster:
        self.made_with.append(arguments)
        return self

    def answer(self, _: DynamoDBClient) -> str:
        if self.broken:
            raise ClientError({"Error": {"Code": "NoRouteException"}}, "GetItem")
        return "answer"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    cluster = Cluster()
    monkeypatch.setattr(cache, "AmazonDaxClient", cluster)
    return cluster


def test_the_connection_is_made_once_and_with_the_first_question(cluster: Cluster) -> None:
    config = Config()
    asked = Cache(URL, config)
    assert cluster.made_with == []
    assert [asked.ask(cluster.answer), asked.ask(cluster.answer)] == ["answer", "answer"]
    assert cluster.made_with == [{"endpoint_url": URL, "config": config}]


def test_a_failure_is_no_error_and_the_cluster_is_left_alone_for_a_while(
    cluster: Cluster,
    clock: Clock,
    logs: Callable[[], list[dict[str, Any]]],
    counted: Callable[[], dict[str, Any]],
) -> None:
    asked = Cache(URL, Config())
    cluster.broken = True
    assert asked.ask(cluster.answer) is None
    cluster.broken = False
    assert asked.ask(cluster.answer) is None
    clock.seconds += cache.PAUSE
    assert asked.ask(cluster.answer) == "answer"
    (line,) = logs()
    assert (line["level"], line["message"]) == ("WARNING", "cache failed")
    metrics.flush_metrics()
    assert counted()["CacheFailures"] == [1.0]


def test_a_cluster_that_nobody_reaches_is_no_error(counted: Callable[[], dict[str, Any]]) -> None:
    nowhere = Cache(CacheUrl("daxs://127.0.0.1:1"), Config(connect_timeout=1, read_timeout=1))
    key = {"id": {"S": "order-1"}}
    assert nowhere.ask(lambda dax: dax.get_item(TableName="orders", Key=key)) is None
    metrics.flush_metrics()
    assert counted()["CacheFailures"] == [1.0]


def test_the_emulator_has_none(cluster: Cluster) -> None:
    assert Cache(CacheUrl("none"), Config()).ask(cluster.answer) is None
    assert cluster.made_with == []
