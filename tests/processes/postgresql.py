"""A PostgreSQL cluster of its own, that a test can stop and start."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OWNER = "postgres"
"""PostgreSQL refuses to run as root; it then runs as its own user."""


class Cluster:
    """`initdb` in `directory`, on a port nobody else has, reached as user `postgres`."""

    def __init__(self, directory: Path, programs: Path, address: str) -> None:
        self._programs = programs
        self._address = address
        self._data = directory / "data"
        self._log = directory / "log"
        with socket.socket() as free:
            free.bind((address, 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-A", "trust", "-U", "postgres", "-N", "-D", str(self._data))
        with (self._data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {address}/24 trust\n")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses={self._address} -c unix_socket_directories="
        self._control("start", "-w", "-l", str(self._log), "-o", options)

    def stop(self) -> None:
        """Stop it at once, as a crash would, if it runs."""
        if (self._data / "postmaster.pid").exists():
            self._control("stop", "-m", "immediate")

    def url(self, name: str) -> str:
        """A new database's URL."""
        self._run("createdb", "-h", self._address, "-p", str(self.port), "-U", "postgres", name)
        return f"postgresql://postgres@{self._address}:{self.port}/{name}"

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), *words)

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [str(self._programs / program), *words],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=OWNER if os.geteuid() == 0 else None,
            cwd="/",
            timeout=60,
        )


@contextmanager
def cluster(directory: Path, address: str = "127.0.0.1") -> Iterator[Cluster]:
    """A started cluster that listens there; skips where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        reason = "PostgreSQL's server programs are not installed"
        if "postgresql" in os.environ.get("HOSTDOWN_REQUIRE", "").split(","):
            pytest.fail(f"HOSTDOWN_REQUIRE names postgresql, but {reason}")
        pytest.skip(reason)
    if os.geteuid() == 0:
        shutil.chown(directory, OWNER)
        directory.chmod(0o700)
    made = Cluster(directory, found[-1].parent, address)
    made.start()
    try:
        yield made
    finally:
        made.stop()
