"""Starts a Keystone in a directory and on a port of its own; speaks to it as operators do."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import urllib3

from hostdown.drivers.system_clock import SystemClock

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).resolve().parent / "inside"
PASSWORD = "a password 4 tests"  # noqa: S105 - of users that exist on loopback for a minute
READY_S = 60.0
MADE_S = 120.0
ANSWER_S = 30.0
THREADS = 1
"""One request at a time: on SQLite two that read and then write are refused with a 500."""

CONF = """\
[DEFAULT]
public_endpoint = {url}
[database]
connection = sqlite:///{directory}/keystone.db
[fernet_tokens]
key_repository = {directory}/fernet
[credential]
key_repository = {directory}/credential
[identity]
password_hash_rounds = 4
[cache]
enabled = true
backend = oslo_cache.dict
"""


def programs() -> Path:
    """Where Keystone's Python and gunicorn are; the directory may be missing."""
    return Path(os.environ.get("HOSTDOWN_KEYSTONE", ROOT / ".venv-keystone" / "bin"))


@dataclass(frozen=True)
class Login:
    """Who logs in, and for what: a project, the system (`all`), a domain's name, or nothing."""

    user: str
    project: str | None = None
    system: bool = False
    domain: bool = False
    password: str = PASSWORD

    @property
    def _scope(self) -> dict[str, object]:
        domain = {"id": "default"}
        if self.project is not None:
            return {"scope": {"project": {"name": self.project, "domain": domain}}}
        if self.system:
            return {"scope": {"system": {"all": True}}}
        return {"scope": {"domain": domain}} if self.domain else {}

    @property
    def body(self) -> dict[str, object]:
        """What is sent to `/v3/auth/tokens`."""
        user = {"name": self.user, "domain": {"id": "default"}, "password": self.password}
        methods = {"methods": ["password"], "password": {"user": user}}
        return {"auth": {"identity": methods, **self._scope}}

    def environ(self, auth_url: str) -> dict[str, str]:
        """What the stock clients read."""
        found = {
            "OS_AUTH_URL": auth_url,
            "OS_IDENTITY_API_VERSION": "3",
            "OS_USERNAME": self.user,
            "OS_PASSWORD": self.password,
            "OS_USER_DOMAIN_ID": "default",
            "OS_REGION_NAME": "RegionOne",
        }
        if self.project is not None:
            found |= {"OS_PROJECT_NAME": self.project, "OS_PROJECT_DOMAIN_ID": "default"}
        if self.system:
            found["OS_SYSTEM_SCOPE"] = "all"
        if self.domain:
            found["OS_DOMAIN_ID"] = "default"
        return found


ADMIN = Login("admin", "admin")


class Keystone:
    """Use as a context: leaving it ends every process that it started.

    A directory `template` keeps a filled database for the next Keystone; many processes may share
    it. There: user `admin` (role admin in project `admin` and on the system), the roles admin,
    manager, member, reader, service, and the domain `default`.
    """

    def __init__(self, directory: Path, template: Path | None = None) -> None:
        self.directory = directory
        self._template = template or directory.with_name(f"{directory.name}-template")
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._http = urllib3.PoolManager(retries=False, timeout=ANSWER_S)
        self._admin_token: str | None = None

    def __enter__(self) -> "Keystone":
        _make(self._template)
        shutil.copytree(self._template, self.directory)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._http.clear()

    @property
    def url(self) -> str:
        """Without a version, as `www_authenticate_uri` has it."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def auth_url(self) -> str:
        """Of version 3."""
        return f"{self.url}/v3"

    @property
    def log(self) -> str:
        """What it said so far."""
        return (self.directory / "log").read_text()

    # --------------------------------------------------------------------------------- process

    def start(self) -> None:
        """Returns once it answers; a second start takes the same port."""
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        conf = self.directory / "keystone.conf"
        conf.write_text(CONF.format(directory=self.directory, url=self.url))
        with listener, (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", str(programs() / "gunicorn"),
                 "--no-control-socket", "--preload", "--threads", str(THREADS),
                 "--chdir", str(INSIDE), "--bind", f"fd://{listener.fileno()}",
                 "keystone_application:application"],
                pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | {"OS_KEYSTONE_CONFIG_FILES": str(conf)}, start_new_session=True,
            )  # fmt: skip
        self._wait()

    def stop(self) -> None:
        """End it, also if it is paused or was stopped before."""
        if self._process is None:
            return
        self.resume()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def pause(self) -> None:
        """From now on it accepts connections and answers none."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _wait(self) -> None:
        assert self._process is not None  # noqa: S101 - it was started
        pause = threading.Event()
        for _ in range(int(READY_S / 0.05)):
            if self._process.poll() is not None:
                raise RuntimeError(f"Keystone ended at once; it said:\n{self.log}")
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                if self._http.request("GET", self.auth_url, timeout=1.0).status == 200:
                    return
            pause.wait(0.05)
        raise RuntimeError(f"Keystone did not answer within {READY_S:g} s:\n{self.log}")

    # ------------------------------------------------------------------------------ operation

    def token(self, login: Login) -> str:
        """A new token; raises RuntimeError if Keystone refuses."""
        return str(self.call("POST", "/auth/tokens", login.body)[1]["X-Subject-Token"])

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """A call below /v3 as the system's admin; returns the answer's JSON."""
        if self._admin_token is None:
            self._admin_token = self.token(Login("admin", system=True))
        return self.call(method, path, body, self._admin_token)[0]

    def revoke(self, token: str) -> None:
        """End a token before its time."""
        assert self._admin_token or self.ask("GET", "/regions")  # noqa: S101 - logs the admin in
        headers = {"X-Subject-Token": token}
        self.call("DELETE", "/auth/tokens", None, self._admin_token, headers)

    def token_of_yesterday(self, user_id: str, project_id: str) -> str:
        """A token of this Keystone that has expired, but not long enough ago to be forgotten."""
        ended = (SystemClock().now() - timedelta(hours=20)).isoformat("T", "microseconds")
        script = INSIDE / "print_old_token.py"
        return subprocess.run(
            [programs() / "python", script, user_id, project_id, f"{ended}Z"],
            cwd=self.directory, timeout=MADE_S, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    def make_project(self, name: str) -> str:
        """Returns its id."""
        made = self.ask("POST", "/projects", {"project": {"name": name, "domain_id": "default"}})
        return str(made["project"]["id"])

    def make_user(self, name: str) -> str:
        """With PASSWORD and without any role; returns its id."""
        user = {"name": name, "domain_id": "default", "password": PASSWORD}
        return str(self.ask("POST", "/users", {"user": user})["user"]["id"])

    def assign(self, role: str, user_id: str, where: str) -> None:
        """Give a role; `where` is `projects/ID`, `domains/ID` or `system`."""
        roles = self.ask("GET", f"/roles?name={role}")["roles"]
        self.ask("PUT", f"/{where}/users/{user_id}/roles/{roles[0]['id']}")

    def make_service(self, kind: str, name: str, url: str) -> str:
        """A service in the catalog, with endpoints of each interface; returns its id."""
        service = {"type": kind, "name": name}
        service_id = self.ask("POST", "/services", {"service": service})["service"]["id"]
        for interface in ("public", "internal", "admin"):
            endpoint = {
                "service_id": service_id, "interface": interface, "url": url,
                "region_id": "RegionOne",
            }  # fmt: skip
            self.ask("POST", "/endpoints", {"endpoint": endpoint})
        return str(service_id)

    def call(
        self, method: str, path: str, body: object, token: str | None = None,
        more: dict[str, str] | None = None,
    ) -> tuple[Any, urllib3.HTTPHeaderDict]:  # fmt: skip
        """Any call below /v3: the answer's JSON and headers; raises RuntimeError unless 2xx."""
        # A kept connection may be closed by gunicorn in the moment in which it is used again.
        headers = {"Content-Type": "application/json", "Connection": "close", **(more or {})}
        if token is not None:
            headers["X-Auth-Token"] = token
        sent = None if body is None else json.dumps(body).encode()
        answer = self._http.request(method, self.auth_url + path, body=sent, headers=headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data.decode()}")
        return (answer.json() if answer.data else None), answer.headers


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(template: Path) -> None:
    """Fill the template once."""
    with _locked(template.with_name(f"{template.name}.lock")):
        if template.exists():
            return
        making = template.with_name(f"{template.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        text = CONF.format(directory=making, url="http://127.0.0.1:5000")
        (making / "keystone.conf").write_text(text)
        done = subprocess.run(
            [programs() / "python", INSIDE / "make_database.py"],
            cwd=making, env=os.environ | {"OS_BOOTSTRAP_PASSWORD": PASSWORD}, timeout=MADE_S,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        making.rename(template)
