"""The cache: ElastiCache for Valkey, reached over TLS as the function's own role.

It holds copies only. Whatever goes wrong with it makes a function slower, never wrong: a failure is
logged and counted, and then the cache is left alone for a while.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode, urlsplit

from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.model import ServiceId
from botocore.session import get_session
from botocore.signers import RequestSigner
from valkey import Valkey
from valkey.backoff import NoBackoff
from valkey.credentials import CredentialProvider
from valkey.exceptions import ConnectionError as LostConnectionError
from valkey.exceptions import ValkeyError
from valkey.retry import Retry

from common.observability import BusinessMetrics, logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.settings import CacheUrl

# Seconds. A cache answers within milliseconds; the table is faster than a cache that does not.
LONGEST_CALL = 0.25
# Seconds for which a cache that failed is left alone.
PAUSE = 10.0
# Seconds after which a connection is tried before it is used: a function that slept may have lost it.
IDLE = 30
# Seconds for which ElastiCache takes a token; it is made anew for each connection.
TOKEN_SECONDS = 900


class RoleToken(CredentialProvider):
    """Signs in as a user of the cache, with the role's keys instead of a password."""

    def __init__(self, cache: str, user: str) -> None:
        """Sign in to `cache` as `user`."""
        session = get_session()
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        self._region = session.get_config_variable("region")
        self._signer = RequestSigner(
            ServiceId("elasticache"),
            self._region,
            "elasticache",
            "v4",
            credentials,
            session.get_component("event_emitter"),
        )
        self._user = user
        query = {"Action": "connect", "User": user, "ResourceType": "ServerlessCache"}
        self._url = f"https://{cache}/?{urlencode(query)}"

    def get_credentials(self) -> tuple[str, str]:
        """The user and a token: a signed address, without its scheme."""
        request = {"method": "GET", "url": self._url, "body": {}, "headers": {}, "context": {}}
        token = self._signer.generate_presigned_url(
            request, "connect", expires_in=TOKEN_SECONDS, region_name=self._region
        )
        return self._user, token.removeprefix("https://")


class Cache:
    """Values by their keys, for a time; without any while the cache fails."""

    def __init__(self, client: Valkey) -> None:
        """Ask `client`."""
        self._client = client
        self._metrics = BusinessMetrics()
        self._alone_until = 0.0

    def get(self, key: str) -> bytes | None:
        """The value, if there is one."""
        return self._ask(lambda: cast("bytes | None", self._client.get(key)))

    def put(self, key: str, value: bytes, seconds: int) -> None:
        """Keep a value for `seconds`."""
        self._ask(lambda: self._client.set(key, value, ex=seconds))

    def _ask[Answer](self, command: Callable[[], Answer]) -> Answer | None:
        if time.monotonic() < self._alone_until:
            return None
        try:
            return command()
        except (ValkeyError, BotoCoreError, OSError) as error:
            self._alone_until = time.monotonic() + PAUSE
            self._metrics.count("CacheFailures")
            logger.warning("cache failed", error=type(error).__name__)
            return None


def connect(url: CacheUrl) -> Cache:
    """The cache at `valkeys://<user>@<host>:<port>`; its name is that of the user.

    The connection is made with the first call. `valkey://` is for the emulator's cache, which knows
    neither TLS nor users.
    """
    address = urlsplit(url)
    with_tls = address.scheme == "valkeys"
    name = address.username or ""
    client = Valkey(
        host=address.hostname or "",
        port=address.port or 0,
        ssl=with_tls,
        ssl_check_hostname=with_tls,
        credential_provider=RoleToken(cache=name, user=name) if with_tls else None,
        socket_connect_timeout=LONGEST_CALL,
        socket_timeout=LONGEST_CALL,
        retry=Retry(NoBackoff(), 1),
        retry_on_error=[LostConnectionError],
        health_check_interval=IDLE,
        lib_name=None,
        lib_version=None,
    )
    return Cache(client)
