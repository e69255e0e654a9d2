"""The secret: fetched when needed, used for minutes, taken up anew after a rotation."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from common import secret
from common.secret import Secret
from common.settings import Arn

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import GetSecretValueResponseTypeDef

pytestmark = pytest.mark.usefixtures("aws")


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


class Client:
    """Secrets Manager's client, which counts."""

    def __init__(self) -> None:
        self.client = boto3.client("secretsmanager")
        self.client.create_secret(Name="other", SecretString="first")
        self.calls = 0

    def get_secret_value(self, **arguments: str) -> GetSecretValueResponseTypeDef:
        self.calls += 1
        return self.client.get_secret_value(SecretId=arguments["SecretId"])

    def rotate(self) -> None:
        self.client.put_secret_value(SecretId="other", SecretString="second")


def make() -> tuple[Secret, Client]:
    client = Client()
    arn = Arn(client.client.describe_secret(SecretId="other")["ARN"])
    stand_in: Any = client
    return Secret(stand_in, arn), client


def test_it_is_fetched_when_it_is_needed_and_then_kept() -> None:
    kept, client = make()
    assert client.calls == 0
    assert [kept.value(), kept.value()] == ["first", "first"]
    assert client.calls == 1


def test_a_rotation_is_noticed_within_minutes(clock: Clock) -> None:
    kept, client = make()
    assert kept.value() == "first"
    client.rotate()
    clock.seconds += secret.LONGEST_USE - 1
    assert kept.value() == "first"
    clock.seconds += 1
    assert kept.value() == "second"
    assert client.calls == 2


def test_a_refused_value_is_fetched_anew_at_once() -> None:
    kept, client = make()
    kept.value()
    client.rotate()
    kept.refresh()
    assert kept.value() == "second"


def test_a_value_that_cannot_be_fetched_is_an_error(clock: Clock) -> None:
    kept, client = make()
    kept.value()
    client.client.delete_secret(SecretId="other")
    clock.seconds += secret.LONGEST_USE
    with pytest.raises(client.client.exceptions.ClientError) as caught:
        kept.value()
    assert "first" not in str(caught.value)


def test_it_shows_in_no_representation() -> None:
    kept, _ = make()
    assert kept.value() not in f"{kept!r} {kept}"
