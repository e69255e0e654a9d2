"""SnapStart: what the copies of one snapshot must not share.

Lambda imports a function when its version is published, keeps a snapshot of the memory, and starts
every execution environment from it. What is made at import is then the same in all of them, however
much later they start. Credentials are no concern: boto3 sees that they have expired and renews them.

If you make something at import that has to be unique or fresh, register here what renews it. Lambda
gives all of that ten seconds: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import random
from typing import Protocol

from snapshot_restore_py import register_after_restore, register_before_snapshot


class Client(Protocol):
    """Something with connections, such as a client of boto3."""

    def close(self) -> None:
        """Close them; the next call opens a new one."""


def prepare(*clients: Client) -> None:
    """Leave no connection of these clients in the snapshot, and no two copies with one seed.

    A connection in a snapshot is long dead when it is used, and its secrets would be in every copy.
    With one seed all copies would wait equally long before they try a call again, and ids that are
    drawn at random would come twice.
    """
    for client in clients:
        register_before_snapshot(client.close)
    register_after_restore(random.seed)
