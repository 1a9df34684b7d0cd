"""A server that recovers hosts, a swarm of hosts that have troubles, and the BMC of each of them.

The server's own family of processes, some of `benchmarks.trouble`, and one of `benchmarks.bmcs`, on
loopback.
"""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bed import free_port
from benchmarks.cloud import Cloud, answers, until

STOP_S = 30.0
"""What a process gets to end in order."""
SWARMS_MAX = 4
"""Processes that the hosts are in: on a busy machine one alone would not get enough of it."""
SWARM = 100
"""So few hosts need no second one."""
BEGIN_MAX_S = 900.0
"""Until a thousand hosts are enrolled, on a machine with other work."""
PULSES_EACH = 20
"""After so many pulses of each host every one of them was heard."""

_CONFIG = """\
[DEFAULT]
state_path = {state}
cpu_allocation_ratio = 1000
[server]
bind_port = {port}
workers = 1
[agent]
server_url = http://127.0.0.1:{port}
{secret}
[fencing]
file = {directory}/fencing.yaml
[recovery]
enabled = true
"""


class Child:
    """A process that takes orders in lines."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        self._log = log
        with log.open("w") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sink, text=True, bufsize=1,
            )  # fmt: skip

    def order(self, *words: object) -> None:
        """Nothing is answered."""
        assert self.process.stdin is not None  # noqa: S101 - it is a pipe
        self.process.stdin.write(" ".join(map(str, words)) + "\n")

    def line(self) -> str:
        """What it says next; raises RuntimeError if it has ended."""
        assert self.process.stdout is not None  # noqa: S101 - it is a pipe
        said = self.process.stdout.readline()
        if not said:
            raise RuntimeError(f"{self._log.stem} has ended:\n{self._log.read_text()[-4000:]}")
        return said

    def ask(self, *words: object) -> Any:  # noqa: ANN401 - JSON
        """An order's answer."""
        self.order(*words)
        return json.loads(self.line())

    def end(self) -> None:
        """Without a farewell of its hosts: nobody waits for what that would change."""
        self.process.kill()
        self.process.wait(STOP_S)


class Crowd(NamedTuple):
    """All of it; `server` is the pid of its family's head, `by_name` has each host's process."""

    cloud: Cloud
    server: int
    swarms: Sequence[Child]
    by_name: Mapping[str, Child]
    bmcs: Child
    directory: Path

    def offs(self) -> dict[str, list[str]]:
        """When BMCs were told to switch off, by host."""
        found: dict[str, list[str]] = self.bmcs.ask("tell")
        return found

    def opened(self) -> sqlite3.Connection:
        """The server's database, to be read beside it."""
        return sqlite3.connect(f"file:{self.directory}/server/hostdown.sqlite?mode=ro", uri=True)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Of the server's database, beside it."""
        with closing(self.opened()) as file:
            return file.execute(query, values).fetchall()


@contextmanager
def crowd(
    directory: Path,
    hosts: int,
    loss: float = 0.0,
    room: int | None = None,
    doomed: int = 0,
    more: str = "",
) -> Iterator[Crowd]:
    """Once host1, host2, ... are all up and heard; `room` for servers on each, None: they run none.

    So many others, doomed1, doomed2, ..., share a process of their own. `more` is for the server's
    configuration.
    """
    living = [f"host{number}" for number in range(1, hosts + 1)]
    dying = [f"doomed{number}" for number in range(1, doomed + 1)]
    number = min(SWARMS_MAX, -(-hosts // SWARM))
    parts = {f"host-{n}": living[n::number] for n in range(number)} | {"doomed": dying}
    port = free_port()
    with ExitStack() as stack:
        bmcs = Child(["benchmarks.bmcs", str(directory), *living, *dying], directory / "bmcs.log")
        stack.callback(bmcs.end)
        bmcs.line()
        server = stack.enter_context(_server(directory, _config(directory, "server", port, more)))
        cloud = Cloud(directory / "server" / "clouds.yaml")
        by_name: dict[str, Child] = {}
        for part, names in parts.items():
            if names:
                words = _swarm_words(directory, part, port, names, loss, room)
                by_name |= dict.fromkeys(names, Child(words, directory / f"{part}.log"))
                stack.callback(by_name[names[0]].end)
        _until_heard(cloud, hosts + doomed)
        swarms = list(dict.fromkeys(by_name.values()))
        yield Crowd(cloud, server, swarms, by_name, bmcs, directory)


def _config(directory: Path, state: str, port: int, more: str = "") -> Path:
    """The configuration of a process that has its state there."""
    place = directory / state
    place.mkdir()
    file = place / "hostdown.conf"
    secret = f"enrolment_secret_file = {directory}/server/enrolment-secret"
    given = "" if state == "server" else secret
    text = _CONFIG.format(state=place, port=port, directory=directory, secret=given)
    file.write_text(text + more)
    return file


def _swarm_words(
    directory: Path, part: str, port: int, names: Sequence[str], loss: float, room: int | None
) -> list[str]:
    """How a swarm of these is started."""
    file = _config(directory, part, port)
    listed = directory / f"{part}.names"
    listed.write_text("\n".join(names))
    words = ["benchmarks.trouble", "--config-file", str(file), "--names", str(listed)]
    words += ["--loss", str(loss)]
    return words if room is None else [*words, "--servers-per-host", str(room)]


@contextmanager
def _server(directory: Path, file: Path) -> Iterator[int]:
    words = [sys.executable, "-m", "hostdown", "serve", "--config-file", str(file)]
    with (directory / "server.log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        clouds = directory / "server" / "clouds.yaml"
        until("the server answers", partial(answers, clouds), 0.1, BEGIN_MAX_S)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)


def _until_heard(cloud: Cloud, hosts: int) -> None:
    """Until so many are up and their pulses count."""

    def up() -> int:
        found = cloud.ask("GET", "/agent/v1/hosts")["hosts"]
        return sum(each["state"] == "up" for each in found)

    until(f"{hosts} hosts are up", lambda: up() >= hosts, 0.5, BEGIN_MAX_S)
    enough = pulses(cloud)["taken"] + PULSES_EACH * hosts
    until("their pulses count", lambda: pulses(cloud)["taken"] >= enough, 0.1, BEGIN_MAX_S)


def pulses(cloud: Cloud) -> dict[str, int]:
    """What the observer has counted."""
    counted: dict[str, int] = cloud.ask("GET", "/healthz")["pulses"]
    return counted
