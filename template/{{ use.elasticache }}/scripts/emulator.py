"""The emulator, with a cache beside it: Valkey's protocol, in memory, for this machine only.

`make local` runs this file with the emulator's own Python.
"""

import importlib
import os
import threading

HOST = "127.0.0.1"


def start_cache(port: int) -> None:
    """Answer on `port` for as long as the emulator runs."""
    server = importlib.import_module("fakeredis").TcpFakeServer((HOST, port), server_type="valkey")
    threading.Thread(target=server.serve_forever, daemon=True).start()


if __name__ == "__main__":
    start_cache(int(os.environ["GATEWAY_PORT"]) + 1)
    importlib.import_module("ministack.app").main()
