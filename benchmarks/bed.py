"""A deployment to measure: a database of its own with hosts in it, and a real server process."""

import itertools
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import orjson
import yaml
from sqlalchemy import create_engine, make_url, text

from benchmarks.load import request, run
from benchmarks.seed import RESOURCES, SESSION, add_servers, seed
from hostdown.domain import signing
from hostdown.domain.model import COMPUTE, HostRecord

START_TIMEOUT_S = 60.0
PAGE = 1000
"""Records on a page of the API."""

LATER = 1_000_000
"""The first sequence of reports that come after other reports in the same run."""


class Server(NamedTuple):
    """A running server, and the requests that fit its contents."""

    pid: int
    port: int
    first_answer_s: float
    token: str
    hosts: list[HostRecord]
    database: str
    project_id: str

    def _headers(self, version: str) -> dict[str, str]:
        return {"X-Auth-Token": self.token, "OpenStack-API-Version": f"compute {version}"}

    def get(self, path: str) -> Iterator[bytes]:
        """The same again and again, newest microversion."""
        return itertools.repeat(request("GET", f"/v2.1{path}", self._headers("2.104")))

    def list_services(self) -> Iterator[bytes]:
        """The whole list."""
        return self.get("/os-services")

    def one_service(self) -> Iterator[bytes]:
        """One service by host, another host each time."""
        paths = (f"/v2.1/os-services?host={host.name}&binary={COMPUTE}" for host in self.hosts)
        return itertools.cycle([request("GET", path, self._headers("2.104")) for path in paths])

    def hypervisors(self, version: str) -> Iterator[bytes]:
        """Every hypervisor with its details, page after page as the answers link them."""
        pages, path = [], "/v2.1/os-hypervisors/detail"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        while path:
            pages.append(request("GET", path, self._headers(version)))
            connection.request("GET", path, headers=self._headers(version))
            links = json.load(connection.getresponse()).get("hypervisors_links", [])
            path = links[0]["href"].partition(str(self.port))[2] if links else ""
        connection.close()
        return itertools.cycle(pages[: len(self.hosts) // PAGE])

    def add_servers(self, count: int) -> list[str]:
        """Servers of our project, in turn on each of the hosts; their uuids."""
        return add_servers(self.database, count, self.hosts, self.project_id)

    def each(self, paths: Sequence[str]) -> Iterator[bytes]:
        """One after the other, again and again."""
        headers = self._headers("2.104")
        return itertools.cycle([request("GET", f"/v2.1{path}", headers) for path in paths])

    def force_downs(self) -> Iterator[bytes]:
        """The documented call, host after host, down and up in turn: each one is a change."""
        for forced_down in itertools.cycle((True, False)):
            for host in self.hosts:
                body = {"binary": COMPUTE, "host": host.name, "forced_down": forced_down}
                yield request(
                    "PUT",
                    "/v2.1/os-services/force-down",
                    self._headers("2.11"),
                    json.dumps(body).encode(),
                )

    def reports(self, first_sequence: int = 1) -> Iterator[bytes]:
        """Signed reports, host after host, as their agents would send them."""
        for sequence in itertools.count(first_sequence):
            for host in self.hosts:
                content = {
                    "session": SESSION,
                    "sequence": sequence,
                    "resources_since": first_sequence,
                    "resources": RESOURCES._asdict(),
                    "instances": [],
                }
                path = f"/agent/v1/hosts/{host.id}/report"
                body = orjson.dumps(content)
                nonce = secrets.token_hex(16)
                time_ms = time.time_ns() // 1_000_000
                headers = {
                    "X-Hostdown-Time": str(time_ms),
                    "X-Hostdown-Nonce": nonce,
                    "X-Hostdown-Mac": signing.request_mac(
                        host.secret, "POST", path, body, time_ms, nonce
                    ),
                }
                yield request("POST", path, headers, body)

    def worker_rss_mb(self) -> float:
        """The largest resident set of the API workers, in MB (10^6 bytes)."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        pages = (int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children)
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    """A TCP port of loopback that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def database_url(kind: str, directory: Path) -> Iterator[str]:
    """The URL of a database of our own, dropped at the end."""
    if kind == "sqlite":
        yield f"sqlite:///{directory}/hostdown.sqlite"
        return
    name = f"hostdown_bench_{secrets.token_hex(4)}"
    engine = create_engine(kind, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(kind).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            force = " WITH (FORCE)" if engine.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP DATABASE {name}{force}"))
        engine.dispose()


def _wait_for_answer(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.perf_counter() + START_TIMEOUT_S
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended before it answered:\n{log.read_text()}")
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            os.sched_yield()
        finally:
            connection.close()
    raise TimeoutError(f"no answer within {START_TIMEOUT_S} s")


def _token(port: int, directory: Path) -> tuple[str, str]:
    """A token of the administrator, and the project that it is for."""
    cloud = yaml.safe_load((directory / "clouds.yaml").read_text())["clouds"]["hostdown"]
    auth = cloud["auth"]
    user = {
        "name": auth["username"],
        "password": auth["password"],
        "domain": {"id": "default"},
    }
    scope = {"project": {"name": auth["project_name"], "domain": {"id": "default"}}}
    body = {
        "auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    }
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "POST", "/identity/v3/auth/tokens", json.dumps(body), {"Content-Type": "application/json"}
    )
    answer = connection.getresponse()
    token = answer.getheader("X-Subject-Token")
    told = json.load(answer)
    connection.close()
    if token is None:
        raise RuntimeError(f"no token: the server answered {answer.status}")
    return token, told["token"]["project"]["id"]


@contextmanager
def server(
    database: str, hosts: int, workers: int = 2, cpu: int | None = None, zones: int = 0
) -> Iterator[Server]:
    """A server with `hosts` compute services, in as many availability zones as `zones` says.

    Bound to one processor if `cpu` is given.
    """
    directory = Path(tempfile.mkdtemp(prefix="hostdown-bench-"))
    try:
        with database_url(database, directory) as url:
            seeded = seed(url, hosts, zones)
            port = free_port()
            config = directory / "hostdown.conf"
            config.write_text(
                f"[DEFAULT]\nhost = control\nstate_path = {directory}\nservice_down_time = 3600\n"
                f"[server]\nbind_port = {port}\nworkers = {workers}\n"
                f"[directory]\nconnection = {url}\n"
            )
            command = [sys.executable, "-m", "hostdown", "serve", "--config-file", str(config)]
            if cpu is not None:
                command = ["taskset", "-c", str(cpu), *command]
            log = directory / "log"
            started = time.perf_counter()
            with log.open("wb") as sink:
                process = subprocess.Popen(command, stdout=sink, stderr=sink)
            try:
                _wait_for_answer(port, process, log)
                first = time.perf_counter() - started
                token, project_id = _token(port, directory)
                yield Server(process.pid, port, first, token, seeded, url, project_id)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
    finally:
        shutil.rmtree(directory)


@contextmanager
def reporting(server: Server, rate: float, seconds: float) -> Iterator[None]:
    """`rate` reports a second from a process of its own, meanwhile."""
    child = os.fork()
    if child == 0:
        try:
            done = run(server.port, server.reports(LATER), 4, seconds, rate)
            os._exit(1 if done.failed else 0)
        finally:
            os._exit(2)
    try:
        yield
    finally:
        _, status = os.waitpid(child, 0)
        if status:
            raise RuntimeError("reports sent beside the measurement were refused")
