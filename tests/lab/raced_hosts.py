"""Hosts of a lab in a race: their power, links and processes, and the guests of one server."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.lab.bench import Bench, processes_in, until_true
from tests.processes.harness import pools_of

HOSTS = ("lab1", "lab2", "lab3")


class RacedHosts:
    """What befalls hosts, for the guests of one server."""

    def __init__(self, lab: Bench, uuid: str) -> None:
        self.lab = lab
        self.uuid = uuid
        self._stopped: list[int] = []

    # ---------------------------------------------------------------------------------- machines

    def off(self, host: str) -> None:
        """By its power button."""
        self.lab.type("power", "off", host)

    def on(self, host: str) -> None:
        self.lab.type("power", "on", host)

    def cut(self, host: str) -> None:
        """From its server; the pool is there."""
        self.lab.type("cut", host)

    def heal(self, host: str) -> None:
        self.lab.type("cut", host, "--heal")

    def pool_of(self, host: str) -> str:
        """As the host told it last."""
        return pools_of(self.lab.directory / "server")[host][0]

    def mended(self) -> None:
        """Every host is on, whole and goes on."""
        self.proceed()
        for host, row in self.lab.status().items():
            if row["Link"] != "whole":
                self.heal(host)
            if row["Power"] != "on":
                self.on(host)

    # --------------------------------------------------------------------------------- processes

    def inside(self, host: str) -> list[int]:
        """All processes of a host; none if it is off."""
        init = self.lab.status()[host]["PID"]
        return [] if init is None else processes_in(os.readlink(f"/proc/{init}/ns/pid"))

    def agent(self, host: str) -> int:
        """The process of its agent."""
        return int(self.lab.status()[host]["Agent PID"])

    def daemon(self, host: str, name: str) -> int:
        """A process of the host by its name, once there is one."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [pid for pid in self.inside(host) if _name(pid) == name]
            return bool(found)

        until_true(look)
        return found[0]

    def guests(self, host: str) -> list[int]:
        """The QEMU processes of this server in a host."""
        return [pid for pid in self.inside(host) if self._is_guest(pid)]

    def is_made(self, space: str) -> bool:
        """Whether the server has a process in a PID namespace; quick."""
        return any(map(self._is_guest, processes_in(space)))

    def space(self, host: str) -> str:
        """The PID namespace of a host that is on."""
        return os.readlink(f"/proc/{self.lab.status()[host]['PID']}/ns/pid")

    def _is_guest(self, pid: int) -> bool:
        if not _name(pid).startswith("qemu-system"):
            return False
        with suppress(OSError):
            return self.uuid.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        return False

    def stop(self, *pids: int) -> None:
        """As a debugger does; who has ended meanwhile, has."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                self._stopped.append(pid)

    def proceed(self) -> None:
        """Whatever was stopped goes on."""
        for pid in self._stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._stopped.clear()

    # ------------------------------------------------------------------------------- other agents

    def copied(self, host: str, with_state: bool) -> Path:
        """Where another agent could be the host: with its configuration, with its state or not."""
        home, copy = self.lab.directory / "hosts" / host, self.lab.directory / f"copy of {host}"
        copy.mkdir()
        if with_state:
            shutil.copytree(home / "agent", copy / "agent")
        config = (home / "agent.conf").read_text().replace(str(home), str(copy))
        (copy / "agent.conf").write_text(config)
        return copy

    @contextmanager
    def running(self, host: str, directory: Path) -> Iterator[None]:
        """An agent that nothing starts anew, in a host, as long as it lasts."""
        with subprocess.Popen(
            self.lab.enter(host, *agent_words(directory)), stderr=subprocess.DEVNULL
        ) as process:
            try:
                yield
            finally:
                process.kill()


def agent_words(directory: Path) -> tuple[str, ...]:
    """The command of the agent whose configuration lies there."""
    config = str(directory / "agent.conf")
    return (sys.executable, "-m", "hostdown", "agent", "--config-file", config)


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
