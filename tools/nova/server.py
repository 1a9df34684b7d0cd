"""Starts a Nova in a directory and on ports of its own."""

import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3
from tools.keystone import ADMIN, Keystone
from tools.nova.belongings import databases, virtual_host
from tools.nova.conf import USER, Place
from tools.nova.family import INSIDE, Family

ROOT = Path(__file__).resolve().parents[2]
HOSTS = ("fake1", "fake2", "fake3")
CONTROL = "control"
IMAGE = "11111111-1111-4111-8111-111111111111"
"""What the stand-in for Glance has."""
FLAVOR = {"id": "1", "name": "tiny", "ram": 64, "vcpus": 1, "disk": 0}
READY_S = 60.0
ANSWER_S = 60.0
SAID_MAX = 2_000
VERSION = "2.94"
THREADS = 4
APPLICATIONS = {"compute": "/v2.1", "placement": "", "surroundings": ""}


def programs() -> Path:
    """Where Nova's Python is; the directory may be missing."""
    return Path(os.environ.get("HOSTDOWN_NOVA", ROOT / ".venv-nova" / "bin"))


class Nova:
    """Use as a context: leaving it ends every process that it started, and drops its databases.

    There: hosts `fake1` to `fake3` in cell1, one flavor, one image, the admin of its Keystone.
    """

    def __init__(self, directory: Path, keystone_template: Path | None = None) -> None:
        self.directory = directory
        self.keystone = Keystone(directory / "keystone", keystone_template)
        self.urls: dict[str, str] = {}
        self._stack = contextlib.ExitStack()
        self._http = urllib3.PoolManager(retries=False, timeout=ANSWER_S)
        self._token: str | None = None
        self._pids: dict[str, int] = {}

    def __enter__(self) -> "Nova":
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def environ(self) -> dict[str, str]:
        """What the stock clients read, for the admin."""
        return ADMIN.environ(self.keystone.auth_url)

    @property
    def log(self) -> str:
        """What its parts said last."""
        parts = sorted(self.directory.glob("*.out"))
        return "\n".join(f"--- {part.name}\n{part.read_text()[-SAID_MAX:]}" for part in parts)

    # --------------------------------------------------------------------------------- process

    def _start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        messages = self._stack.enter_context(virtual_host())
        names = self._stack.enter_context(databases())
        self._stack.enter_context(self.keystone)
        ports = {name: self._stack.enter_context(_listen()) for name in APPLICATIONS}
        for name, path in APPLICATIONS.items():
            self.urls[name] = f"http://127.0.0.1:{ports[name].getsockname()[1]}{path}"
        self._place = Place(self.directory, _paste(), self.keystone.auth_url, names, messages)
        self._place.write(CONTROL, *HOSTS)
        self._make_users()
        environ = {
            "OS_NOVA_CONFIG_DIR": str(self.directory),
            "OS_NOVA_CONFIG_FILES": f"{_paste()};{CONTROL}.conf",
            "OS_PLACEMENT_CONFIG_DIR": str(self.directory),
        }
        family = Family(programs(), self.directory, environ, list(ports.values()))
        self._family = self._stack.enter_context(family)
        self._make_databases(names)
        self._launch(ports)
        self._map_hosts()

    def _make_users(self) -> None:
        keystone = self.keystone
        project = keystone.make_project("service")
        user = keystone.make_user(USER)
        for role in ("admin", "service"):
            keystone.assign(role, user, f"projects/{project}")
        keystone.make_service("compute", "nova", self.urls["compute"])
        keystone.make_service("placement", "placement", self.urls["placement"])
        for kind, name in (("image", "glance"), ("network", "neutron")):
            keystone.make_service(kind, name, f"{self.urls['surroundings']}/{kind}")

    def _make_databases(self, names: str) -> None:
        file = ["--config-file", str(self._place.file(CONTROL))]
        placement = ["--config-file", str(self.directory / "placement.conf")]
        for words in (
            ["placement-manage", *placement, "db", "sync"],
            ["nova-manage", *file, "api_db", "sync"],
            ["nova-manage", *file, "cell_v2", "map_cell0", "--database_connection",
             f"{names}cell0"],
            ["nova-manage", *file, "db", "sync"],
            ["nova-manage", *file, "cell_v2", "create_cell", "--name", "cell1"],
        ):  # fmt: skip
            self._family.run("manage", words)

    def _launch(self, ports: dict[str, socket.socket]) -> None:
        for name, port in ports.items():
            words = ["--no-control-socket", "--threads", str(THREADS), "--chdir", str(INSIDE)]
            words += ["--bind", f"fd://{port.fileno()}", f"{name}_application:application"]
            self._family.start(name, ["gunicorn", *words])
        for name in ("nova-conductor", "nova-scheduler"):
            self._family.start(name, [name, "--config-file", str(self._place.file(CONTROL))])
        # A host that asks the conductor too early waits ten seconds before it asks again.
        self.until(lambda: len(self._list("compute", "/os-services")) == 2)
        for host in HOSTS:
            self.start_host(host)

    def _map_hosts(self) -> None:
        providers = "/resource_providers"
        self.until(lambda: len(self._list("placement", providers)) == len(HOSTS))
        file = ["--config-file", str(self._place.file(CONTROL))]
        self._family.run("manage", ["nova-manage", *file, "cell_v2", "discover_hosts"])
        self.until(lambda: self._list("compute", "/os-hypervisors") and self._all_up())
        self.ask("POST", "/flavors", {"flavor": FLAVOR})

    def _all_up(self) -> bool:
        """Whether each service is there and heard."""
        found = self._list("compute", "/os-services")
        return len(found) == len(HOSTS) + 2 and all(each["state"] == "up" for each in found)

    def _list(self, service: str, path: str) -> list[dict[str, Any]]:
        """What a list has; nothing while nobody answers."""
        with contextlib.suppress(urllib3.exceptions.HTTPError, RuntimeError):
            answer = self.ask("GET", path, service=service)
            return list(next(iter(answer.values())))
        return []

    def start_host(self, host: str) -> None:
        """Start the service of a host, as its boot does; nothing runs there then."""
        file = ["--config-file", str(self._place.file(host))]
        self._pids[host] = self._family.start(host, ["nova-compute", *file])

    def kill_host(self, host: str) -> None:
        """End it as a power cut does."""
        self._family.kill(host)

    def pause_host(self, host: str) -> None:
        """From now on it says nothing, and goes on as if nothing had been with `resume_host`."""
        os.kill(self._pids[host], signal.SIGSTOP)

    def resume_host(self, host: str) -> None:
        """Undo `pause_host`."""
        os.kill(self._pids[host], signal.SIGCONT)

    # ------------------------------------------------------------------------------ operation

    def ask(self, method: str, path: str, body: object = None, service: str = "compute") -> Any:  # noqa: ANN401 - JSON
        """A call as the admin, at microversion 2.94; raises RuntimeError unless it answers 2xx."""
        if self._token is None:
            self._token = self.keystone.token(ADMIN)
        headers = {
            "X-Auth-Token": self._token, "Content-Type": "application/json",
            "OpenStack-API-Version": f"compute {VERSION}", "Connection": "close",
        }  # fmt: skip
        sent = None if body is None else json.dumps(body).encode()
        answer = self._http.request(method, self.urls[service] + path, body=sent, headers=headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data.decode()}")
        return answer.json() if answer.data else None

    def until(self, condition: Callable[[], object], timeout_s: float = READY_S) -> None:
        """Return once it is true; raises RuntimeError with what Nova said."""
        pause = threading.Event()
        for _ in range(int(timeout_s / 0.2)):
            if condition():
                return
            pause.wait(0.2)
        raise RuntimeError(f"not true within {timeout_s:g} s; Nova said:\n{self.log}")


def _listen() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _paste() -> Path:
    return programs().parent / "etc" / "nova" / "api-paste.ini"
