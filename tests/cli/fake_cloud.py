"""A cloud on loopback that answers as the contract documents: Identity v3 and os-services.

It keeps what it was asked, and can be told to fail. Its one service record is the contract's.
"""

import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.cli import fake_hypervisors, fake_migrations, fake_servers

UUID = "e81d66a4-ddd3-4aba-8a84-171d1cb4d339"
REQUEST_ID = "req-6f7a1d3e-1111-4222-8333-444455556666"
PASSWORD = "correct horse"
TOKEN = "a-token-nobody-may-see"


class Asked(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    version: str | None
    token: str | None
    body: Any


class Fault(NamedTuple):
    status: int
    body: object
    times: int = 1 << 30


def fault(status: int, key: str, message: str) -> Fault:
    return Fault(status, {key: {"code": status, "message": message}})


class Cloud:
    """State of the fake; `newest` is the microversion its Compute API speaks up to."""

    def __init__(self) -> None:
        self.newest = "2.104"
        self.asked: list[Asked] = []
        self.faults: dict[str, Fault] = {}
        self.services: list[dict[str, Any]] = [
            {
                "binary": "nova-compute",
                "host": "compute1",
                "id": UUID,
                "zone": "nova",
                "status": "enabled",
                "state": "up",
                "updated_at": "2012-10-29T13:42:05.000000",
                "disabled_reason": None,
                "forced_down": False,
            }
        ]
        self.hypervisors: list[dict[str, Any]] = []
        self.servers: list[dict[str, Any]] = []
        self.migrations: list[dict[str, Any]] = []
        self.hosts: dict[str, dict[str, Any]] = {}
        self.bodies: dict[str, object] = {}
        """By method and path: what else is answered with 200, or who makes it."""
        self.drop_next = False
        self.url = ""

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Requests but those that log in or negotiate."""
        return [
            (asked.method, asked.path)
            for asked in self.asked
            if not asked.path.startswith("/identity") and asked.path != "/v2.1/"
        ]

    def answer(self, asked: Asked) -> tuple[int, object, dict[str, str]]:
        self.asked.append(asked)
        for pattern, what in self.faults.items():
            if what.times and re.search(pattern, f"{asked.method} {asked.path}"):
                self.faults[pattern] = what._replace(times=what.times - 1)
                return what.status, what.body, {}
        if f"{asked.method} {asked.path}" in self.bodies:
            body = self.bodies[f"{asked.method} {asked.path}"]
            return 200, body() if callable(body) else body, {}
        if asked.path == "/identity/v3/auth/tokens":
            return self._log_in(asked.body["auth"])
        if asked.path == "/v2.1/":
            return 200, {"version": {"version": self.newest, "min_version": "2.1"}}, {}
        parts = {
            "/agent/v1/hosts": self._host,
            "/v2.1/os-hosts/": self._os_host,
            "/v2.1/os-hypervisors": lambda asked: fake_hypervisors.answer(
                self.hypervisors, asked.path, asked.query, asked.version
            ),
            "/v2.1/os-migrations": lambda asked: fake_migrations.answer(
                self.migrations, asked.path, asked.query, asked.version
            ),
            "/v2.1/servers": lambda asked: fake_servers.answer(
                self.servers, asked.path, asked.query, asked.version
            ),
            "": self._services,
        }
        return next(part for path, part in parts.items() if asked.path.startswith(path))(asked)

    def _os_host(self, asked: Asked) -> tuple[int, object, dict[str, str]]:
        """Bare, as Nova answers; `host_down_reported` comes back as it was asked."""
        name = unquote(asked.path.removeprefix("/v2.1/os-hosts/"))
        if name != "compute1":
            return not_found(f"Host '{name}' is not mapped to any cell")
        done = {"host": name, **asked.body}
        if "status" in done:
            done["status"] += "d"
        if "maintenance_mode" in done:
            on = done["maintenance_mode"] == "enable"
            done["maintenance_mode"] = "on_maintenance" if on else "off_maintenance"
        return 200, done, {}

    def _log_in(self, auth: dict[str, Any]) -> tuple[int, object, dict[str, str]]:
        identity = auth["identity"]
        if identity["methods"] == ["password"]:
            valid = identity["password"]["user"]["password"] == PASSWORD
        else:
            valid = identity["token"]["id"] == TOKEN
        if not valid:
            text = "The request you have made requires authentication."
            return 401, {"error": {"code": 401, "message": text}}, {}
        endpoints = [
            {"interface": interface, "region_id": region, "url": f"{self.url}{path}"}
            for interface, region, path in (
                ("admin", "RegionOne", "/nowhere"),
                ("public", "Elsewhere", "/nowhere"),
                ("public", "RegionOne", "/v2.1"),
            )
        ]  # fmt: skip
        catalog = [{"type": "compute", "endpoints": endpoints}] if "scope" in auth else []
        return 201, {"token": {"catalog": catalog}}, {"X-Subject-Token": TOKEN}

    def _services(self, asked: Asked) -> tuple[int, object, dict[str, str]]:
        version = tuple(int(part) for part in (asked.version or "2.1").split("."))
        name = asked.path.removeprefix("/v2.1/os-services").strip("/")
        if asked.method == "GET":
            found = [
                record
                for record in self.services
                if all(record.get(key) == value for key, value in asked.query.items())
            ]
            return 200, {"services": [_at(record, version) for record in found]}, {}
        if asked.method == "POST":
            return 404, None, {}
        if asked.method == "DELETE":
            return (
                (204, None, {}) if name in (UUID, "1") else not_found(f"Service {name} not found.")
            )
        record = self.services[0]
        if version >= (2, 53):
            if name != UUID:
                return not_found(f"Service {name} could not be found.")
            record |= asked.body
            return 200, {"service": record}, {}
        if asked.body["host"] != "compute1":
            return not_found(f"Host '{asked.body['host']}' is not mapped to any cell")
        status = {"enable": "enabled", "force-down": None}.get(name, "disabled")
        return 200, {"service": asked.body | ({"status": status} if status else {})}, {}

    def _host(self, asked: Asked) -> tuple[int, object, dict[str, str]]:
        name = unquote(asked.path.removeprefix("/agent/v1/hosts").strip("/"))
        if not name:
            return 200, {"hosts": list(self.hosts.values())}, {}
        if name.endswith("/enrolment"):
            made = {"name": name.removesuffix("/enrolment"), "secret": "s3cret", "replace": False}
            return 201, {"enrolment": made | asked.body}, {}
        if name not in self.hosts:
            text = f"Host '{name}' is not mapped to any cell"
            return 404, {"error": {"code": "host-not-mapped", "message": text}}, {}
        return 200, {"host": self.hosts[name]}, {}


def not_found(message: str) -> tuple[int, object, dict[str, str]]:
    return 404, {"itemNotFound": {"code": 404, "message": message}}, {}


def _at(record: dict[str, Any], version: tuple[int, ...]) -> dict[str, Any]:
    shown = dict(record)
    if version < (2, 11):
        del shown["forced_down"]
    if version < (2, 53):
        shown["id"] = 1
    return shown


def serve(cloud: Cloud, certificate: Path | None = None) -> ThreadingHTTPServer:
    """Start answering; the caller shuts it down."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            if cloud.drop_next:
                cloud.drop_next = False
                self.close_connection = True
                return
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            version = self.headers.get("X-OpenStack-Nova-API-Version")
            token = self.headers.get("X-Auth-Token")
            query = dict(parse_qsl(parts.query))
            asked = Asked(self.command, parts.path, query, version, token, body)
            status, answer, headers = cloud.answer(asked)
            content = b"" if answer is None else _bytes(answer)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("x-openstack-request-id", REQUEST_ID)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = _QuietServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        scheme = "https"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    cloud.url = f"{scheme}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


class _QuietServer(ThreadingHTTPServer):
    """A handshake that a client refuses is part of some tests: no stack is printed for it."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


def _bytes(answer: object) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()
