"""A real server in processes of its own, on a port and a directory that nobody else has."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import urllib3
from tests.stores import sqlite_settings

READY_S = 20.0
END_S = 60.0


def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Return once `condition` is true; fail if that takes longer."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError(f"not true within {timeout_s:g} s: {condition}")


def children(pid: int) -> dict[int, str]:
    """Pids and names of a process's children."""
    found = {}
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    for child in map(int, text.split()):
        try:
            found[child] = Path(f"/proc/{child}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
    return found


def open_connections(pid: int, port: int) -> int:
    """How many connections to `port` a process has open."""
    established = "01"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {
        f"socket:[{row[9]}]"
        for row in rows
        if row[3] == established and int(row[1].rpartition(":")[2], 16) == port
    }
    files = (os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd"))
    return sum(name in ours for name in files)


def gone(pid: int) -> bool:
    """Whether a process that is not our child has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@dataclass
class Server:
    """`hostdown serve` with a configuration file in `directory`."""

    directory: Path
    options: dict[str, dict[str, object]] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("hostdown", "serve")
    python: str = sys.executable
    process: "subprocess.Popen[str] | None" = None
    url: str = ""
    said: str = ""
    """What it said once it served."""

    def __post_init__(self) -> None:
        self.options.setdefault("DEFAULT", {}).setdefault("state_path", self.directory / "state")
        self.options.setdefault("server", {}).setdefault("bind_port", 0)
        self.write()

    @property
    def file(self) -> Path:
        return self.directory / "hostdown.conf"

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def set(self, section: str, **values: object) -> None:
        """Change the configuration file."""
        self.options.setdefault(section, {}).update(values)
        self.write()

    def write(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        parts = []
        for section, values in self.options.items():
            parts += [f"[{section}]", *(f"{name} = {value}" for name, value in values.items())]
        self.file.write_text("\n".join(parts) + "\n")

    def launch(self) -> "Server":
        """Start it, without waiting."""
        with (self.directory / "log").open("a") as log:
            self.process = subprocess.Popen(
                [*self.prefix, self.python, "-m", *self.command,
                 "--config-file", str(self.file)],
                stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | self.environ,
            )  # fmt: skip
        return self

    def start(self) -> "Server":
        """Start it and wait until it serves; keeps its port for later starts."""
        self.launch()
        assert self.process is not None
        assert self.process.stdout is not None
        self.said = line = self.process.stdout.readline()
        assert line.startswith("Serving "), self.log
        self.url = line.removeprefix("Serving ").partition(",")[0].strip()
        self.options["server"]["bind_port"] = self.url.rpartition(":")[2]
        self.write()
        return self

    def kill(self) -> None:
        """End the supervisor, as `kill -9` does."""
        assert self.process is not None
        self.process.kill()
        self.ended()

    def stop(self) -> int:
        """End it in order; returns the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; returns the exit status."""
        assert self.process is not None
        status = self.process.wait(END_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def workers(self) -> dict[int, str]:
        """Pids and names of the API workers."""
        return {p: n for p, n in children(self.pid).items() if n.startswith("hostdown: api")}

    def get(self, path: str = "/healthz", timeout_s: float = 10.0) -> int:
        """The status of a GET on a connection of its own."""
        with urllib3.PoolManager(retries=False, timeout=timeout_s, cert_reqs="NONE") as pool:
            answer = pool.request("GET", self.url + path, headers={"Connection": "close"})
            return answer.status

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)


def pools_of(state: Path) -> dict[str, tuple[str, str]]:
    """The pool's id and class of each host, by a database in a file."""
    asked = "SELECT host, pool_id, pool_class FROM compute_nodes WHERE deleted = 0"
    file = f"file:{state / 'hostdown.sqlite'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as connection:
        return {host: (pool, kind) for host, pool, kind in connection.execute(asked)}


@contextmanager
def serving(place: Path, **sections: dict[str, object]) -> Iterator[Server]:
    """A started server; afterwards it is ended and none of its processes is left."""
    server = Server(place, {name: dict(values) for name, values in sections.items()})
    state = Path(str(server.options["DEFAULT"]["state_path"]))
    if not state.exists():
        state.mkdir(mode=0o700)
        sqlite_settings(state)  # a schema that is there already halves what a start costs
    server.start()
    try:
        yield server
    finally:
        assert server.process is not None
        left = children(server.pid) if server.process.poll() is None else {}
        server.process.kill()
        server.ended()
        for pid in left:
            until(lambda pid=pid: gone(pid))  # type: ignore[misc] # a lambda's default


PAUSE_S = 0.005
"""Between two requests of a stream."""


class Stream:
    """Requests one after another, in a thread; keeps what came back."""

    def __init__(self, url: str, keep_alive: bool) -> None:
        self.statuses: list[int] = []
        self.errors: list[str] = []
        self._url = url
        self._headers = {} if keep_alive else {"Connection": "close"}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Stream":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with urllib3.PoolManager(retries=False, timeout=10, maxsize=1) as pool:
            # The pause leaves the processor to those who are tested.
            while not self._stop.wait(PAUSE_S):
                try:
                    answer = pool.request("GET", self._url, headers=self._headers)
                    self.statuses.append(answer.status)
                except urllib3.exceptions.HTTPError as error:
                    self.errors.append(repr(error))
