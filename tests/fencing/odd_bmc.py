"""A BMC over HTTPS that answers what a test wants, as some real ones do."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.fencing import network
from tests.fencing.devices import UUID

SYSTEM = "/redfish/v1/Systems/1"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"

Answer = Callable[["Handler"], None]


def system(**changed: object) -> dict[str, object]:
    """A computer system that is on."""
    reset = {"target": RESET, "ResetType@Redfish.AllowableValues": ["On", "ForceOff"]}
    return {
        "@odata.id": SYSTEM, "Id": "1", "Name": "odd", "UUID": UUID, "PowerState": "On",
        "Actions": {"#ComputerSystem.Reset": reset}, **changed,
    }  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    server: "OddBmc"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        with suppress(OSError):
            self.server.answers.get(self.path.rstrip("/"), not_found)(self)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def say(self, content: object, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class OddBmc(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, at: str, both: Path | None) -> None:
        super().__init__((at, 0), Handler)
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.closing = threading.Event()
        self.begin()
        if both is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(both)
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.url = f"http{'s' if both else ''}://{at}:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def begin(self) -> None:
        """Be as it should be: on, with one system."""
        self.asked.clear()
        self.answers = {
            "/redfish/v1": says({"Id": "odd", "Systems": {"@odata.id": "/redfish/v1/Systems"}}),
            "/redfish/v1/Systems": members("1"),
            SYSTEM: says(system()),
            RESET: says({}),
        }

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nobody's concern."""


def says(content: object, status: int = 200, **headers: str) -> Answer:
    return lambda handler: handler.say(content, status, **headers)


def members(*names: str) -> Answer:
    links = [{"@odata.id": f"/redfish/v1/Systems/{name}"} for name in names]
    return says({"Id": "Systems", "Name": "systems", "Members": links})


def not_found(handler: Handler) -> None:
    handler.say({"error": {"code": "Base.1.0.ResourceMissingAtURI"}}, 404)


def hangs_up(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def drips(handler: Handler) -> None:
    """A byte now and then, so that no wait for one of them is long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(b" ")


@contextmanager
def odd_bmc(place: Path, tls: bool = True) -> Iterator[OddBmc]:
    at = network.address()
    bmc = OddBmc(at, network.certificate(place, at)[1] if tls else None)
    try:
        yield bmc
    finally:
        bmc.closing.set()
        bmc.shutdown()
        bmc.server_close()
