"""One-line messages, progress with timings, and errors without a traceback."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
)


def say(message: str) -> None:
    """Print at once, also into a pipe."""
    print(message, flush=True)


def fail(message: str) -> NoReturn:
    """End the program with status 1 and one line on standard error."""
    sys.exit(f"error: {message}")


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done and, when it is done, how long it took.

    The value is a function that adds a result to the closing line.
    """
    result = ""

    def add(text: str) -> None:
        nonlocal result
        result = f": {text}"

    if sys.stdout.isatty():
        print(f"  … {title}", end="\r", flush=True)
    start = time.monotonic()
    yield add
    say(f"  ✓ {title}{result} ({time.monotonic() - start:.1f} s)")


def run(main: Callable[[], None]) -> None:
    """Run a script's main function; an expected failure becomes one line."""
    try:
        main()
    except NoCredentialsError:
        fail("no AWS credentials; sign in (aws sso login) or set AWS_PROFILE")
    except EndpointConnectionError as error:
        fail(f"{error} (the local service needs `make local` first)")
    except (BotoCoreError, ClientError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
