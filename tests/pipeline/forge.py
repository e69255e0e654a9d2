"""GitHub's API, as far as the gate asks it: the protection rules of a repository's environments."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Settings = dict[str, Any]

REPOSITORY = "example/order-service"


def protected(branch: str = "main", *, reviewers: int = 0) -> Settings:
    """An environment that one branch is deployed to, with people who have to approve."""
    rules: list[dict[str, Any]] = [{"type": "branch_policy"}]
    if reviewers:
        people = [{"type": "User", "reviewer": {"id": number}} for number in range(reviewers)]
        rules.append({"type": "required_reviewers", "reviewers": people})
    policy = {"protected_branches": False, "custom_branch_policies": True}
    return {"rules": rules, "policy": policy, "branches": [branch]}


@contextmanager
def forge(environments: dict[str, Settings]) -> Iterator[str]:
    """Serve the environments' settings to whoever may read them; the server's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "actions:read" not in self.headers.get("Authorization", ""):
                self._answer(403, {"message": "Resource not accessible by integration"})
                return
            parts = self.path.removeprefix(f"/repos/{REPOSITORY}/environments/").split("/")
            settings = environments.get(parts[0])
            if settings is None:
                self._answer(404, {"message": "Not Found"})
            elif parts[1:] == ["deployment-branch-policies"]:
                policies = [{"name": name} for name in settings["branches"]]
                self._answer(200, {"branch_policies": policies})
            else:
                answer = {
                    "name": parts[0],
                    "protection_rules": settings["rules"],
                    "deployment_branch_policy": settings["policy"],
                }
                self._answer(200, answer)

        def _answer(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing: the tests' output is their own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
