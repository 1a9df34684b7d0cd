"""Where the demo's hosts are: virtual ones of a lab with real servers, or simulated ones."""

import importlib.util
import signal
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

from hostdown.cli.demo.stage import Stage, Timing
from hostdown.cli.errors import CliError

LAB_TIMEOUT_S = 120
"""What the demo waits for a command of its lab."""
SERVERS_PER_HOST = 8
"""What a simulated host of the demo has room for."""


class Place(StrEnum):
    """What the hosts are."""

    LAB = "lab"
    SWARM = "swarm"


class Hosts(Stage):
    """A stage whose hosts run servers; the sentences say what is seen on it."""

    begins = "A server starts, with an empty SQLite database of its own."
    hosts_begin = ""
    dies = ""
    returns = ""
    recovers = False
    """Whether hosts that die are fenced and recovered with nobody watching."""

    def disk(self, uuid: str) -> Path | None:
        """The disk of a server; None where it is made up."""
        raise NotImplementedError


class SwarmStage(Hosts):
    """Three swarms of one simulated host each, so that one can be killed."""

    hosts_begin = (
        "Three simulated hosts start, each a process of its own; their servers are made up."
    )
    dies = "its process is killed (kill -9)"
    returns = "its process is started again"

    def disk(self, uuid: str) -> Path | None:
        """There is none."""
        return None

    def _host_words(self, host: str) -> list[str]:
        return ["swarm", "--names", host, "--servers-per-host", str(SERVERS_PER_HOST)]


class LabStage(Hosts):
    """Virtual hosts, with a libvirt and an agent each, and power that can be cut."""

    begins = "A lab comes up: a server with an empty SQLite database, and three virtual hosts."
    hosts_begin = (
        "The hosts have a network, processes, a libvirt and an agent of their own each, and "
        "storage that they share; their servers are real QEMU guests."
    )
    dies = "its power is cut, and with it everything that runs on it dies"
    returns = "it is switched on again"
    recovers = True

    def __init__(self, directory: Path, timing: Timing) -> None:
        super().__init__(directory, timing)
        self._lab = directory / "lab"

    def start_server(self) -> None:
        """The server and the hosts; returns once all are there."""
        from hostdown.lab.plan import must_load

        report, down = self.timing
        times = ("--report-interval", str(report), "--service-down-time", str(down))
        self._type("up", "--recover", *times)
        plan = must_load(self._lab)
        self.address, self.url = plan.gateway, plan.server_url
        self.clouds = self._lab / "server" / "clouds.yaml"
        self.environment["OS_CLIENT_CONFIG_FILE"] = str(self.clouds)

    def start_host(self, host: str, known_as: str | None = None, extra: str = "") -> None:
        """Switch it on; nothing where it is."""
        self._type("power", "on", host)

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Cut its power."""
        self._type("power", "off", name)

    def close(self) -> None:
        """Nothing is left."""
        self._type("down")

    def disk(self, uuid: str) -> Path | None:
        """On the storage that the hosts share."""
        return self._lab / "pool" / uuid / "disk"

    def _type(self, *words: str) -> None:
        command = [sys.executable, "-m", "hostdown", "lab", *words, "--state-dir", str(self._lab)]
        done = subprocess.run(  # noqa: S603 - our own program
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LAB_TIMEOUT_S,
            env=self.environment,
            start_new_session=True,
        )
        if done.returncode:
            raise CliError(f"'hostdown lab {' '.join(words)}' failed; it said:\n{done.stdout}")


def chosen(place: Place | None, directory: Path, timing: Timing) -> tuple[Hosts, str]:
    """The stage, and a sentence that says which it is and why; raises CliError."""
    lacking = None if place is Place.SWARM else _lacking()
    if place is Place.LAB and lacking:
        raise CliError(f"there can be no lab here: {lacking}")
    if place is Place.SWARM or lacking:
        why = "as it was asked for" if lacking is None else f"because for a lab, {lacking}"
        return SwarmStage(directory, timing), f"This demo has simulated hosts, {why}"
    sentence = "This demo has a lab: virtual hosts on this machine, with real servers by QEMU."
    return LabStage(directory, timing), sentence


def _lacking() -> str | None:
    """What a lab would need, after what can be installed was; None if nothing."""
    from hostdown.lab import programs
    from hostdown.lab.errors import LabError

    for module, package in (("libvirt", "libvirt-python"), ("sushy", "sushy")):
        if importlib.util.find_spec(module) is None:
            return f"the Python package {package} is missing."
    try:
        programs.ready(install=True)
        programs.run("unshare", "--net", "--mount", "--pid", "--fork", "true")
    except LabError as error:
        return str(error)
    return None
