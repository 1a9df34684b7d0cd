"""PostgreSQL and MariaDB servers of the tests' own, which they may stop, kill and freeze."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from threading import Event
from typing import Protocol

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from tests.stores import fast_directory

from hostdown.storage.settings import database_url

START_MAX_S = 30


class Server(Protocol):
    """A database server that listens on loopback alone; it forgets what only the disk's cache has,
    and keeps what it was told before it was killed.
    """

    url: str

    def start(self) -> None: ...
    def kill(self) -> None:
        """As `kill -9`."""
        ...

    def stop(self) -> None:
        """Leave nothing behind."""
        ...

    def processes(self) -> list[int]: ...


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tool(kind: str, name: str, elsewhere: str) -> str:
    """A program's path: on PATH, or where Debian hides it."""
    found = shutil.which(name) or next(iter(sorted(glob(f"{elsewhere}/{name}"))), None)
    if found is None:
        if kind in os.environ.get("HOSTDOWN_REQUIRE", "").split(","):
            pytest.fail(f"HOSTDOWN_REQUIRE names {kind}, but '{name}' is not installed")
        pytest.skip(f"'{name}' is not installed")
    return found


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_MAX_S, check=False)
    assert done.returncode == 0, done.stderr


class Postgresql:
    """A cluster in `place`, run by the user postgres if we are root, whom it refuses."""

    def __init__(self, place: Path, options: Sequence[str] = ()) -> None:
        self._options = " ".join(f"-c {option}" for option in ("fsync=off", *options))
        self._data = place / "data"
        self._port = _free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(place, "postgres", "postgres")
        self._call("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        options = f"-p {self._port} -h 127.0.0.1 -k {self._data} {self._options}"
        log = self._data.with_name("log")
        self._call("pg_ctl", "-o", options, "-l", str(log), "-w", "start")

    def kill(self) -> None:
        self._call("pg_ctl", "-m", "immediate", "-w", "stop")

    def stop(self) -> None:
        self._call("pg_ctl", "-m", "fast", "-w", "stop")

    def processes(self) -> list[int]:
        main = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def _call(self, tool: str, *arguments: str) -> None:
        program = _tool("postgresql", tool, "/usr/lib/postgresql/*/bin")
        _run(*self._as_user, program, "-D", str(self._data), *arguments)


class Mariadb:
    """A server with its data in `place`."""

    def __init__(self, place: Path, options: Sequence[str] = ()) -> None:
        self._options = [f"--{option}" for option in options]
        self._place = place
        self._port = _free_port()
        self.url = f"mariadb://root@127.0.0.1:{self._port}/test"
        self._server: subprocess.Popen[bytes] | None = None
        _run(
            _tool("mariadb", "mariadb-install-db", "/usr/bin"),
            "--no-defaults",
            f"--datadir={place}/data",
            *self._user(),
            "--auth-root-authentication-method=normal",
        )
        (place / "data" / "test").mkdir(exist_ok=True)

    def start(self) -> None:
        self._server = subprocess.Popen(
            [
                _tool("mariadb", "mariadbd", "/usr/sbin"),
                "--no-defaults",
                *self._user(),
                f"--datadir={self._place}/data",
                f"--socket={self._place}/socket",
                f"--port={self._port}",
                "--bind-address=127.0.0.1",
                "--innodb-flush-log-at-trx-commit=2",
                *self._options,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        engine = create_engine(database_url(self.url), poolclass=NullPool)
        for _ in range(START_MAX_S * 20):
            try:
                engine.connect().close()
            except OperationalError:
                self._wait_for_end(0.05)
            else:
                return
        raise AssertionError("mariadbd did not start")

    def kill(self) -> None:
        assert self._server is not None
        self._server.kill()
        self._wait_for_end(START_MAX_S)

    def stop(self) -> None:
        self.kill()

    def processes(self) -> list[int]:
        assert self._server is not None
        return [self._server.pid]

    def _wait_for_end(self, timeout_s: float) -> None:
        assert self._server is not None
        try:
            self._server.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return

    def _user(self) -> list[str]:
        return ["--user=root"] if os.geteuid() == 0 else []


@contextmanager
def own_server(kind: str) -> Iterator[Server]:
    """A running server, gone afterwards."""
    with fast_directory() as directory:
        place = Path(directory)
        place.chmod(0o755)
        server: Server = Postgresql(place) if kind == "postgresql" else Mariadb(place)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    """The server was killed, and is started again."""
    server.kill()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    """The server takes connections, as the kernel does it for it, and never answers."""
    processes = server.processes()
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        wait_until(lambda: all(_stopped(process) for process in processes))
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def _stopped(process: int) -> bool:
    """Are all its threads?"""
    states = [
        (task / "stat").read_text().rpartition(")")[2].split()[0]
        for task in Path(f"/proc/{process}/task").iterdir()
    ]
    return set(states) == {"T"}


def wait_until(done: Callable[[], bool]) -> None:
    """Look again and again; fail after a while."""
    waiting = Event()
    for _ in range(START_MAX_S * 20):
        if done():
            return
        waiting.wait(0.05)
    raise AssertionError("it did not happen in time")
