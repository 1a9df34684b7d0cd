"""Something that logs us in and has a Compute API in its catalog, which answers as a test wants."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from hostdown.drivers.openstack_cloud import CloudAccess, OpenstackCloud

TIMEOUT_S = 1.0
DOMAIN = {"id": "default", "name": "Default"}
TOKEN = {
    "methods": ["password"], "user": {"id": "u", "name": "u", "domain": DOMAIN},
    "project": {"id": "p", "name": "p", "domain": DOMAIN}, "roles": [],
    "expires_at": "2999-01-01T00:00:00.000000Z", "issued_at": "2026-01-01T00:00:00.000000Z",
}  # fmt: skip


class Odd(NamedTuple):
    """`answer` is JSON, or a text that is sent as it is; `None` never comes; `{url}` is where.

    Not `acts`: actions are never answered.
    """

    answer: Any = None
    status: int = 200
    change_status: int = 200
    login_status: int = 201
    newest: str = "2.100"
    catalog: bool = True
    acts: bool = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    odd: Odd
    ended: threading.Event
    asked: list[tuple[str, str, str | None]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        url, odd = f"http://127.0.0.1:{self.server.server_port}", self.server.odd
        if self.path.rstrip("/") == "/v3":
            links = [{"rel": "self", "href": f"{url}/v3"}]
            self._say({"version": {"id": "v3.14", "status": "stable", "links": links}})
        elif self.path.rstrip("/") == "/v2.1":
            links = [{"rel": "self", "href": f"{url}/v2.1/"}]
            bounds = {"version": odd.newest, "min_version": "2.1"}
            self._say({"version": {"id": "v2.1", "status": "CURRENT", "links": links, **bounds}})
        else:
            self._odd()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if not self.path.endswith("/auth/tokens"):
            self._odd()
            return
        odd = self.server.odd
        url = f"http://127.0.0.1:{self.server.server_port}/v2.1"
        endpoint = {"interface": "public", "region_id": "R", "region": "R", "id": "e", "url": url}
        compute = {"type": "compute", "name": "nova", "id": "c", "endpoints": [endpoint]}
        self._say(
            {"token": {**TOKEN, "catalog": [compute] if odd.catalog else []}}, odd.login_status
        )

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({"fault": {"message": "because"}}, self.server.odd.change_status)

    def _odd(self) -> None:
        version = self.headers.get("OpenStack-API-Version")
        self.server.asked.append((self.command, self.path, version))
        silent = self.command == "POST" and not self.server.odd.acts
        if self.server.odd.answer is None or silent:
            self.server.ended.wait()
        else:
            self._say(self.server.odd.answer, self.server.odd.status)

    def _say(self, answer: object, status: int = 200) -> None:
        text = answer if isinstance(answer, str) else json.dumps(answer)
        url = f"http://127.0.0.1:{self.server.server_port}"
        body = text.replace("{url}", url).encode()
        self.send_response(status)
        self.send_header("X-Subject-Token", "t")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def odd_cloud(odd: Odd) -> Iterator[tuple[OpenstackCloud, list[tuple[str, str, str | None]]]]:
    """The driver in front of it, and the list of what the Compute API was asked."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.odd, server.ended, server.asked = odd, threading.Event(), []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/v3"
            yield OpenstackCloud(CloudAccess(url, "u", "secret", "p", TIMEOUT_S)), server.asked
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
