"""Services on the emulator, each with one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.e2e.service import Service, free_port
from tests.support.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Start(Protocol):
    """Render a service from answers and set it up; its emulator ends with the tests."""

    def __call__(self, answers: dict[str, Any] | None = None) -> Service: ...


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Services to change at will."""
    started = []

    def begin(answers: dict[str, Any] | None = None) -> Service:
        path: Path = tmp_path_factory.mktemp("service") / "project"
        render(answers or {}, path)
        service = Service(path, free_port())
        service.make("setup")
        service.commit("Start from the template")
        started.append(service)
        return service

    yield begin
    for service in started:
        service.make("local-stop")


@pytest.fixture(scope="session")
def service(start: Start) -> Service:
    """The recommended service, which the tests of a file take over from each other."""
    return start()
