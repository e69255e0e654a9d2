"""The stack that `make local` deployed."""

from urllib.request import urlopen

import pytest

from scripts.aws import Clients
from scripts.service import LOCAL


@pytest.fixture(scope="session")
def clients() -> Clients:
    """Clients of the emulator, which must run."""
    made = Clients(LOCAL)
    try:
        with urlopen(f"{made.url}/_ministack/health", timeout=5):  # noqa: S310 (http)
            return made
    except OSError:
        pytest.exit(f"no emulator answers at {made.url}: run `make local` first", returncode=1)
