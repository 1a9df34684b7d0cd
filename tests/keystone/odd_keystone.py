"""Something that logs us in as Keystone does, and answers oddly when it is asked about a token."""

import contextlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from hostdown.drivers.keystone_validator import KeystoneValidator

DOMAIN = {"id": "default", "name": "Default"}
PROJECT = {"id": "p", "name": "demo", "domain": DOMAIN}
OURS = {
    "methods": ["password"],
    "user": {"id": "u", "name": "hostdown", "domain": DOMAIN},
    "expires_at": "2999-01-01T00:00:00.000000Z",
    "issued_at": "2026-01-01T00:00:00.000000Z",
}


class Odd(NamedTuple):
    """An answer to a question about a token."""

    body: bytes
    status: int = 200
    subject: str | None = "x"
    request_id: str = "req-1"
    endless: bool = False
    """The body comes again and again."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    odd: Odd
    ended: threading.Event


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path.endswith("/auth/tokens"):
            self._answer(self.server.odd)
        else:
            links = [{"rel": "self", "href": f"http://127.0.0.1:{self.server.server_port}/v3"}]
            version = {"id": "v3.14", "status": "stable", "links": links}
            self._answer(Odd(json.dumps({"version": version}).encode(), subject=None))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        here = {"interface": "internal", "region_id": "R", "region": "R", "id": "e"}
        endpoint = {**here, "url": f"http://127.0.0.1:{self.server.server_port}/v3"}
        catalog = [{"type": "identity", "name": "keystone", "id": "k", "endpoints": [endpoint]}]
        token = {**OURS, "project": PROJECT, "catalog": catalog}
        self._answer(Odd(json.dumps({"token": token}).encode(), 201, "ours"))

    def _answer(self, odd: Odd) -> None:
        self.send_response(odd.status)
        if odd.subject is not None:
            self.send_header("X-Subject-Token", odd.subject)
        self.send_header("x-openstack-request-id", odd.request_id)
        if not odd.endless:
            self.send_header("Content-Length", str(len(odd.body)))
        self.end_headers()
        self.wfile.write(odd.body)
        with contextlib.suppress(OSError):
            while odd.endless and not self.server.ended.wait(0.01):
                self.wfile.write(odd.body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def odd_keystone(odd: Odd) -> Iterator[KeystoneValidator]:
    """A validator in front of it."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.odd, server.ended = odd, threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/v3"
            yield KeystoneValidator(
                {"auth_url": url, "username": "hostdown", "password": "p", "project_name": "s",
                 "user_domain_id": "default", "project_domain_id": "default",
                 "http_connect_timeout": 1, "service_type": "compute"}
            )  # fmt: skip
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
