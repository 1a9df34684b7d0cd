"""The BMC of a virtual host: as much of Redfish as fencing needs, over HTTPS, with a password.

It runs in the keeper, so that it survives its host, and listens on an address of its own. A fault
may be set, because real BMCs have them: see `Fault`.
"""

import base64
import contextlib
import hmac
import json
import ssl
import threading
from collections.abc import Mapping
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from hostdown.domain.errors import HostdownError
from hostdown.lab.plan import BMC_PORT, HostPlan

USER = "admin"
"""The one user of a BMC of the lab."""
BODY_BYTES_MAX = 4096
"""Of a request to a BMC; what fencing sends has some 30."""
QUIET_TIMEOUT_S = 10.0
"""How long a BMC waits for the next piece of a request."""
CONNECTIONS_MAX = 16
"""Open connections of one BMC; a further one is closed at once."""
SLOW_ANSWER_S = 5.0
"""What a BMC with the fault `slow` waits before it answers."""

_ROOT = "/redfish/v1"


class Fault(StrEnum):
    """`lies` says that all went well and does nothing, `dead` hears and never answers, `foreign`
    is cabled to a machine that nobody knows."""

    NONE = "none"
    SLOW = "slow"
    LIES = "lies"
    DEAD = "dead"
    FOREIGN = "foreign"


class Power(Protocol):
    """`lab.machine.Machine`."""

    @property
    def on(self) -> bool: ...
    def power_on(self) -> None: ...
    def power_off(self) -> None: ...
    def reset(self) -> None: ...


class Answer(NamedTuple):
    """A status and what is said with it."""

    status: int
    content: Mapping[str, object] | None = None


class Bmc:
    """What a BMC answers, apart from how it is asked."""

    def __init__(self, host: HostPlan, power: Power) -> None:
        self._host = host
        self._power = power
        self._foreign = str(uuid4())
        self.fault = Fault.NONE

    @property
    def uuid(self) -> str:
        """The system's, as this BMC tells it."""
        return self._foreign if self.fault is Fault.FOREIGN else self._host.uuid

    def get(self, path: str) -> Answer:
        """The resource at a path."""
        match path.rstrip("/"):
            case "/redfish":
                return Answer(200, {"v1": f"{_ROOT}/"})
            case "/redfish/v1":
                return Answer(200, self._root())
            case "/redfish/v1/Systems":
                return Answer(200, self._systems())
            case other if other.lower() == f"{_ROOT}/Systems/{self.uuid}".lower():
                return Answer(200, self._system())
        return _error(404, "Base.1.0.ResourceMissingAtURI", f"There is nothing at {path}.")

    def post(self, path: str, body: bytes) -> Answer:
        """The one action that there is."""
        if path.lower() != self._action.lower():
            known = self.get(path).status == 200
            return (
                _error(405, "Base.1.0.ActionNotSupported", "It takes no POST.")
                if known
                else _error(404, "Base.1.0.ResourceMissingAtURI", f"There is nothing at {path}.")
            )
        try:
            asked = json.loads(body)
        except ValueError:
            return _error(400, "Base.1.0.MalformedJSON", "The body is not JSON.")
        kind = asked.get("ResetType") if isinstance(asked, dict) else None
        act = self._resets().get(kind) if isinstance(kind, str) else None
        if act is None:
            kinds = ", ".join(self._resets())
            return _error(400, "Base.1.0.ActionParameterNotSupported", f"ResetType: {kinds}.")
        if self.fault is Fault.LIES:
            return Answer(204)
        try:
            act()
        except HostdownError as error:
            return _error(500, "Base.1.0.InternalError", str(error))
        return Answer(204)

    @property
    def _action(self) -> str:
        return f"{_ROOT}/Systems/{self.uuid}/Actions/ComputerSystem.Reset"

    def _resets(self) -> dict[str, Any]:
        return {
            "On": self._power.power_on,
            "ForceOff": self._power.power_off,
            "GracefulShutdown": self._power.power_off,
            "ForceRestart": self._power.reset,
        }

    def _root(self) -> Mapping[str, object]:
        return {
            "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot",
            "@odata.id": f"{_ROOT}/",
            "Id": "RootService",
            "Name": "BMC of a virtual host",
            "RedfishVersion": "1.6.0",
            "UUID": self.uuid,
            "Systems": {"@odata.id": f"{_ROOT}/Systems"},
        }

    def _systems(self) -> Mapping[str, object]:
        return {
            "@odata.type": "#ComputerSystemCollection.ComputerSystemCollection",
            "@odata.id": f"{_ROOT}/Systems",
            "Name": "Computer systems",
            "Members": [{"@odata.id": f"{_ROOT}/Systems/{self.uuid}"}],
            "Members@odata.count": 1,
        }

    def _system(self) -> Mapping[str, object]:
        return {
            "@odata.type": "#ComputerSystem.v1_10_0.ComputerSystem",
            "@odata.id": f"{_ROOT}/Systems/{self.uuid}",
            "Id": self.uuid,
            "Name": self._host.name,
            "HostName": self._host.name,
            "UUID": self.uuid,
            "SerialNumber": self._host.serial,
            "SystemType": "Virtual",
            "Manufacturer": "hostdown",
            "PowerState": "On" if self._power.on else "Off",
            "Status": {"State": "Enabled", "Health": "OK"},
            "Links": {},
            "Actions": {
                "#ComputerSystem.Reset": {
                    "target": self._action,
                    "ResetType@Redfish.AllowableValues": list(self._resets()),
                }
            },
        }


def _error(status: int, code: str, sentence: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": sentence}})


class BmcServer(ThreadingHTTPServer):
    """Listens for one BMC; `start` answers from a thread of its own until `close`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, host: HostPlan, bmc: Bmc, password: str, certificate: Path) -> None:
        self.bmc = bmc
        login = base64.b64encode(f"{USER}:{password}".encode()).decode()
        self.authorization = f"Basic {login}"
        self.closing = threading.Event()
        self._room = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self._name = f"bmc-{host.name}"
        super().__init__((host.bmc_address, BMC_PORT), _Handler)

    def start(self) -> None:
        """Answer."""
        threading.Thread(target=self.serve_forever, name=self._name, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.closing.set()
        self.shutdown()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base
        try:
            # In the connection's own thread: one who does not shake hands holds up nobody else.
            request.settimeout(QUIET_TIMEOUT_S)
            with contextlib.suppress(OSError):
                secured = self._tls.wrap_socket(request, server_side=True)
                super().process_request_thread(secured, client_address)
        finally:
            self.shutdown_request(request)
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base
        """A client that went away is nobody's concern."""


class _Handler(BaseHTTPRequestHandler):
    server: BmcServer
    server_version, sys_version = "hostdown-lab", ""
    protocol_version = "HTTP/1.1"
    timeout = QUIET_TIMEOUT_S
    # Head and body are two writes: the second would wait for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self._may():
            self._say(self.server.bmc.get(self.path))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self._say(_error(413, "Base.1.0.PayloadTooLarge", f"{BODY_BYTES_MAX} bytes at most."))
            return
        body = self.rfile.read(int(length))
        if self._may():
            self._say(self.server.bmc.post(self.path, body))

    def _may(self) -> bool:
        fault = self.server.bmc.fault
        if fault is Fault.SLOW:
            self.server.closing.wait(SLOW_ANSWER_S)
        if fault is Fault.DEAD:
            self.server.closing.wait()
        if self.path.rstrip("/") in ("/redfish", _ROOT) and self.command == "GET":
            return True
        given = self.headers.get("Authorization", "")
        if hmac.compare_digest(given.encode(), self.server.authorization.encode()):
            return True
        self._say(_error(401, "Base.1.0.NoValidSession", "A name and a password are needed."))
        return False

    def _say(self, answer: Answer) -> None:
        body = b"" if answer.content is None else json.dumps(answer.content).encode()
        self.send_response(answer.status)
        if answer.status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="BMC"')
        if answer.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.send_header("OData-Version", "4.0")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401 - as the base
        """Requests are not logged: a fence agent asks each second."""
