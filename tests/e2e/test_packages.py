"""What is built: by make, by the bare tool, for Lambda and for this machine."""

from __future__ import annotations

import platform
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Start
    from tests.e2e.service import Service

pytestmark = pytest.mark.heavy

BUILT = ".aws-sam/build"
NATIVE = "pydantic_core/_pydantic_core.cpython-313-{machine}-linux-gnu.so"


@pytest.fixture(scope="module")
def service(start: Start) -> Service:
    """The recommended service, of which one function needs a native package."""
    service = start()
    service.run("uv", "add", "--quiet", "pydantic")
    service.edit("functions/report_orders/handler.py", r"\Z", "\nimport pydantic  # noqa\n")
    return service


def build(service: Service, *arguments: str | Path, target: str = "lambda") -> None:
    """`python -m scripts.build`."""
    command = ("uv", "run", "--quiet", "python", "-m", "scripts.build", *arguments)
    service.run(*command, BUILD_TARGET=target)


@pytest.mark.practice("F16", grade="ran", tool="sam")
@pytest.mark.practice("F22", grade="ran", tool="sam")
def test_the_bare_tool_builds_what_was_edited(service: Service) -> None:
    service.tool("sam", "build")
    handler = service.path / BUILT / "CreateOrderFunction/functions/create_order/service.py"
    layer = service.path / BUILT / "SharedLayer/python"
    assert "# edited" not in handler.read_text()
    assert (layer / NATIVE.format(machine="aarch64")).is_file()
    assert (layer / "aws_lambda_powertools").is_dir()
    assert not (layer / "boto3").exists()
    for file in (service.path / BUILT / "CreateOrderFunction").rglob("*"):
        name = file.relative_to(service.path / BUILT / "CreateOrderFunction").as_posix()
        assert name.startswith("functions") or name == "sizes.txt", name

    service.edit("functions/create_order/service.py", r"\Z", "# edited\n")
    service.tool("sam", "build")
    assert "# edited" in handler.read_text()


def test_packages_are_the_same_bytes_twice(service: Service, tmp_path: Path) -> None:
    for name in ("one", "two"):
        build(service, "--all", tmp_path / name)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("one", "two"))
    assert one == two
    assert len(one) == 4
    for package in (tmp_path / "one").iterdir():
        with zipfile.ZipFile(package) as archive:
            assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert archive.namelist() == sorted(archive.namelist())
            assert not [name for name in archive.namelist() if "__pycache__" in name]


def test_the_local_build_has_this_machines_native_code(service: Service, tmp_path: Path) -> None:
    build(service, "shared", tmp_path, target="local")
    assert (tmp_path / "python" / NATIVE.format(machine=platform.machine())).is_file()


@pytest.mark.practice("S04", grade="ran", tool="sam")
def test_native_code_runs_on_the_emulator(service: Service) -> None:
    service.make("local")
    assert "version 1 answered" in service.make("invoke", "FUNCTION=report-orders")


def test_rebuilding_after_an_edit_takes_a_moment(
    service: Service, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    build(service, "create-order", tmp_path / "warm")
    begin = time.monotonic()
    build(service, "create-order", tmp_path / "again")
    seconds = time.monotonic() - begin
    assert seconds < 3
    figure(f"rebuilding one function: {seconds:.2f} s")


def test_a_functions_own_packages_are_in_its_package_alone(
    service: Service, tmp_path: Path
) -> None:
    """A dependency group called like the function; what all have is not packaged twice."""
    service.run("uv", "add", "--quiet", "--group", "create-order", "humanize", "pydantic")
    build(service, "create-order", tmp_path / "create")
    build(service, "fulfil-order", tmp_path / "fulfil")
    assert (tmp_path / "create/humanize").is_dir()
    assert not (tmp_path / "create/pydantic").exists()
    assert not (tmp_path / "fulfil/humanize").exists()


def test_a_missing_lock_is_said_in_one_line(service: Service, tmp_path: Path) -> None:
    lock = service.path / "uv.lock"
    lock.rename(tmp_path / "uv.lock")
    try:
        for target in ("build", "test", "local", "check", "deploy"):
            output = service.make(target, "ENV=dev", check=False)
            assert output.startswith("error: uv.lock is missing: run `make setup`"), output
            assert len(output.splitlines()) == 2, output  # and make's own
    finally:
        (tmp_path / "uv.lock").rename(lock)


def test_an_unknown_package_is_named(service: Service, tmp_path: Path) -> None:
    command = ("uv", "run", "--quiet", "python", "-m", "scripts.build", "nope", tmp_path / "x")
    done = service.run(*command, check=False)
    assert done.stderr.startswith("error: nothing to build is called 'nope'; there are SharedLayer")
