"""Clients: whatever happens, the calls end before the function does."""

import pytest

from common import clients


@pytest.mark.parametrize("calls", [1, 2, 4, 7, 12])
@pytest.mark.parametrize("seconds", [0.9, 2.7, 9, 18, 26.1, 60, 810])
def test_all_calls_with_all_attempts_fit(seconds: float, calls: int) -> None:
    """Each attempt may take connect plus read timeout, and each wait its longest."""
    config = vars(clients.config(seconds=seconds, calls=calls))
    attempts = config["retries"]["total_max_attempts"]
    attempt = config["connect_timeout"] + config["read_timeout"]
    assert attempts >= 1
    assert calls * (attempts * attempt + (attempts - 1) * clients.BACKOFF) <= seconds + 1e-9


def test_a_call_does_not_wait_longer_than_it_makes_sense() -> None:
    """A function with 15 minutes still hears soon that a service does not answer."""
    config = vars(clients.config(seconds=900, calls=1))
    assert config["connect_timeout"] + config["read_timeout"] < clients.LONGEST_CALL


def test_with_time_for_it_a_call_is_tried_twice() -> None:
    """A single lost packet must not fail a request."""
    attempts = [
        vars(clients.config(seconds=seconds, calls=4))["retries"]["total_max_attempts"]
        for seconds in (18, 1)
    ]
    assert attempts == [2, 1]
