"""A server and its hosts as real processes, in a directory of their own, gone without a trace."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib import request

import yaml

from hostdown.cli.demo.signals import uninterrupted
from hostdown.cli.errors import CliError
from hostdown.drivers.system_clock import SystemClock

PORT = 8774
"""Compute API's own: the documents' calls name it."""

ANSWER_TIMEOUT_S = 10
"""What the demo's own requests wait for an answer."""
START_TIMEOUT_S = 30
"""What the demo waits for its server."""
STOP_TIMEOUT_S = 15
"""What the demo waits for its processes to end before it kills them."""
POLL_S = 0.02
"""How often the demo looks whether something has happened."""
ADDRESSES_TRIED_MAX = 8
"""Loopback addresses on which the demo looks for a free port."""


class Timing(NamedTuple):
    """The two intervals that decide how soon silence shows, in seconds."""

    report_interval_s: float = 0.5
    service_down_time_s: float = 3.0


class Stage:
    """Use as a context: leaving it ends every process that it started."""

    def __init__(self, directory: Path, timing: Timing, extra: str = "") -> None:
        """`extra` is appended to the server's configuration file."""
        self.directory = directory
        self.timing = timing
        self.address = free_address(PORT)
        self.url = f"http://{self.address}:{PORT}"
        self.clock = SystemClock()
        self.clouds = directory / "clouds.yaml"
        self.environment = _environment(self.clouds)
        self._extra = extra
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._token: tuple[str, str] | None = None

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------- processes

    def start_server(self) -> None:
        """Start `hostdown serve`; returns once it answers."""
        text = (
            f"[DEFAULT]\nhost = controller\nstate_path = {self.directory}\n"
            f"report_interval = {self.timing.report_interval_s}\n"
            f"service_down_time = {self.timing.service_down_time_s}\n"
            f"[server]\nbind_host = {self.address}\nbind_port = {PORT}\n{self._extra}"
        )
        self._start("serve", ["serve"], text)
        self.until("the server answers", lambda: self._healthy("serve"), START_TIMEOUT_S)

    def start_host(self, host: str, known_as: str | None = None, extra: str = "") -> None:
        """Start `hostdown agent` for one host; returns without waiting for its first report.

        `known_as` names the process, and its own identity, where two claim to be one host. `extra`
        is appended to its configuration file, the section `[agent]`.
        """
        name = known_as or host
        text = (
            f"[DEFAULT]\nhost = {host}\nstate_path = {self.directory / name}\n"
            f"report_interval = {self.timing.report_interval_s}\n"
            f"[agent]\nserver_url = {self.url}\n"
            f"enrolment_secret_file = {self.directory / 'enrolment-secret'}\n{extra}"
        )
        self._start(name, self._host_words(host), text)

    def _host_words(self, host: str) -> list[str]:
        return ["agent"]

    def pid(self, name: str) -> int:
        """The process of `serve` or of a host."""
        return self._running[name].pid

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Signal one process and wait for its end."""
        process = self._running[name]
        process.send_signal(how)
        self._reap(name, process)

    def wait_for_end(self, name: str, timeout_s: float) -> int:
        """The exit status of a process that is expected to end by itself."""
        status = self._running[name].wait(timeout_s)
        del self._running[name]
        return status

    def log(self, name: str) -> str:
        """What a process said so far."""
        return (self.directory / f"{name}.log").read_text()

    def close(self) -> None:
        """End what still runs: hosts first, the server last."""
        for name, process in reversed(list(self._running.items())):
            process.terminate()
            self._reap(name, process)

    def _start(self, name: str, words: list[str], config: str) -> None:
        path = self.directory / f"{name}.conf"
        path.write_text(config)
        with (self.directory / f"{name}.log").open("ab") as log, uninterrupted():
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own program
                [*_WITH_US, sys.executable, "-m", "hostdown", *words, "--config-file", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )

    def _reap(self, name: str, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_TIMEOUT_S)
        self._running.pop(name, None)

    # --------------------------------------------------------------------------------- looking

    def services(self) -> dict[str, dict[str, Any]]:
        """What the Compute API lists now: the nova-compute record of each host."""
        found = self.get("/v2.1/os-services?binary=nova-compute")["services"]
        return {record["host"]: record for record in found}

    def state(self, host: str) -> str:
        """`up`, `down`, or `absent`."""
        return str(self.services().get(host, {"state": "absent"})["state"])

    def get(self, path: str, version: str = "latest") -> Any:  # noqa: ANN401 - parsed JSON
        """A GET as the administrator."""
        return self._call("GET", path, version=version)

    def change(self, host: str, **facts: object) -> None:
        """Change the compute service of a host: `forced_down`, `status`, `disabled_reason`."""
        self._call("PUT", f"/v2.1/os-services/{self.services()[host]['id']}", facts)

    def _call(self, method: str, path: str, body: object = None, version: str = "latest") -> Any:  # noqa: ANN401 - parsed JSON
        headers = {
            "X-Auth-Token": self.token,
            "OpenStack-API-Version": f"compute {version}",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        asked = request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - http
        return self._answer(asked)[1]

    @property
    def token(self) -> str:
        """A token of the administrator."""
        return self._logged_in()[0]

    @property
    def project_id(self) -> str:
        """The project that the token is for: `{tenant_id}` in the documents."""
        return self._logged_in()[1]

    def until(self, what: str, holds: Callable[[], bool], timeout_s: float) -> float:
        """Look until it holds; how many seconds that took. Raises CliError."""
        begun = self.clock.monotonic()
        pause = threading.Event()
        while not holds():
            if self.clock.monotonic() - begun > timeout_s:
                raise CliError(f"waited {timeout_s:g} s in vain until {what}")
            pause.wait(POLL_S)
        return self.clock.monotonic() - begun

    def _healthy(self, name: str) -> bool:
        if self._running[name].poll() is not None:
            raise CliError(f"'hostdown {name}' ended at once; it said:\n{self.log(name)}")
        with suppress(OSError):
            return bool(self._answer(request.Request(f"{self.url}/healthz"))[0] == 200)  # noqa: S310 - http
        return False

    def _logged_in(self) -> tuple[str, str]:
        if self._token is None:
            cloud = yaml.safe_load(self.clouds.read_text())
            auth = cloud["clouds"]["hostdown"]["auth"]
            user = {k: auth[k] for k in ("username", "password")}
            body = {
                "auth": {
                    "identity": {
                        "methods": ["password"],
                        "password": {
                            "user": {
                                "name": user["username"],
                                "domain": {"id": "default"},
                                "password": user["password"],
                            }
                        },
                    },
                    "scope": {
                        "project": {"name": auth["project_name"], "domain": {"id": "default"}}
                    },
                }
            }
            asked = request.Request(  # noqa: S310 - http
                f"{self.url}/identity/v3/auth/tokens",
                data=json.dumps(body).encode(),
                headers={"Content-Type": "application/json"},
            )
            _, answer, headers = self._answer(asked)
            self._token = (headers["X-Subject-Token"], answer["token"]["project"]["id"])
        return self._token

    def _answer(self, asked: request.Request) -> tuple[int, Any, Mapping[str, str]]:
        with _OPENER.open(asked, timeout=ANSWER_TIMEOUT_S) as answer:
            return answer.status, json.loads(answer.read() or b"null"), answer.headers


_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
"""Of util-linux: what we start gets SIGTERM when we are gone, even if nobody could tell it."""


_OPENER = request.build_opener(request.ProxyHandler({}))
"""A proxy of the environment has no business on loopback."""


def free_address(port: int) -> str:
    """A loopback address on which nobody listens to `port`.

    Linux has 16 million of them. A random one keeps two that start at the same moment apart.
    """
    for _ in range(ADDRESSES_TRIED_MAX):
        address = ".".join(["127", *(str(1 + secrets.randbelow(254)) for _ in range(3))])
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((address, port))
                return address
    raise CliError(
        f"port {port} is taken on every address of this machine (a Compute API listens on all of "
        "them?); the demo needs it, because the documents' calls name it"
    )


def _environment(clouds: Path) -> dict[str, str]:
    """The caller's, without what would lead our processes or the clients elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OS_", "HOSTDOWN_")) and not name.lower().endswith("_proxy")
    }
    return kept | {"OS_CLIENT_CONFIG_FILE": str(clouds), "COLUMNS": "96"}
