"""`python -m benchmarks.evacuations`: servers of a dead host, from the request to the next count.

Real guests on the virtual hosts of a lab, as root; and thousands of simulated ones in a swarm, of
hosts that are killed, so that the word of who forces them down ends their permits after 2 s.
"""

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.guests.disk import DISK_BYTES, assembled, count, twin_seen

from benchmarks.cloud import Cloud, answers, until
from benchmarks.guests import MEMORY_MB, control_lab, lab
from benchmarks.processor import cpu_s, family

Row = tuple[str, str, str]
GUESTS = 50
BATCH = 50
"""Servers of one request."""
ON_A_HOST = 500
"""Servers of a simulated host that dies."""
ONE_BY_ONE = 30
"""Evacuations that are asked for and timed each."""
PORT = 18774
IDLE_S = 10.0
"""Seconds in which a server with nothing to do is watched: each host reports once."""


def main() -> int:
    """Measure, printing each row as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evacuations", description=__doc__)
    parser.add_argument("--only", help="lab, one, or a number of simulated servers")
    parser.add_argument("--hosts", type=int, default=100, help="of the swarm (100)")
    options = parser.parse_args()
    parts: dict[str, Callable[[Path], Iterator[Row]]] = {
        "lab": guests,
        "one": partial(accepted, hosts=options.hosts),
        "500": partial(simulated, hosts=options.hosts, servers=500, goal="<= 5 s"),
        "5000": partial(simulated, hosts=options.hosts, servers=5000, goal="<= 40 s"),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made:
                for what, measured, goal in part(Path(made)):
                    print(f"{what:58}{measured:34}{goal}", flush=True)
    return 0


# ------------------------------------------------------------------------------------ real guests


def guests(directory: Path) -> Iterator[Row]:
    """A host of a lab is switched off with all that runs on it."""
    with lab(directory, hosts=4):
        cloud = Cloud(directory / "server" / "clouds.yaml")
        image = cloud.image(assembled("counter.s").ljust(DISK_BYTES, b"\0"))
        flavor = cloud.flavor(MEMORY_MB)
        uuids = [cloud.boot(image, flavor, "compute1") for _ in range(GUESTS)]
        disks = [directory / "pool" / uuid / "disk" for uuid in uuids]
        try:
            until("all guests count", lambda: all(counter_on(disk) > 0 for disk in disks))
        except TimeoutError as late:
            raise TimeoutError(f"{late}; their faults: {cloud.faults()}") from late
        control_lab(directory, "power", "off", "compute1")
        before = {disk: counter_on(disk) for disk in disks}
        service = _service(cloud, "compute1")
        _force(cloud, service, down=True)
        begun = time.perf_counter()
        cloud.ask("POST", f"/v2.1/os-services/{service}/evacuate", {})
        asked = time.perf_counter() - begun
        first = until("one counts", lambda: any(counter_on(d) > before[d] for d in disks))
        rest = until("all count", lambda: all(counter_on(d) > before[d] for d in disks))
        yield f"{GUESTS} real guests of a dead host: the request", f"{asked * 1000:.0f} ms", ""
        yield "  force-down to the first count elsewhere", f"{asked + first:.2f} s", ""
        yield "  and until all count", f"{asked + first + rest:.2f} s", "<= 10 s"
        yield "  disks that two copies wrote to", str(sum(map(twin_seen, disks))), "0"
        control_lab(directory, "power", "on", "compute1")
        took = until("the host has cleaned up", lambda: not _uncleared(cloud, "compute1"))
        yield "  the host is switched on, and has nothing left of them", f"{took:.2f} s", ""
        cloud.delete(uuids)


def counter_on(disk: Path) -> int:
    """What its guest has counted; 0 before it has."""
    try:
        return count(disk).counter
    except (OSError, ValueError):
        return 0


def _service(cloud: Cloud, host: str) -> str:
    path = f"/v2.1/os-services?binary=nova-compute&host={host}"
    return str(cloud.ask("GET", path)["services"][0]["id"])


def _force(cloud: Cloud, service: str, down: bool) -> None:
    cloud.ask("PUT", f"/v2.1/os-services/{service}", {"forced_down": down})


def _uncleared(cloud: Cloud, host: str) -> list[Any]:
    path = f"/v2.1/os-migrations?source_compute={host}&status=done"
    return list(cloud.ask("GET", path)["migrations"])


# -------------------------------------------------------------------------------- simulated ones


class Swarm(NamedTuple):
    """A server with simulated hosts that have reported; `doomed` are in a process of their own."""

    cloud: Cloud
    server: int
    """The pid of its family's head."""
    doomed: "subprocess.Popen[str]"


@contextmanager
def swarm(directory: Path, hosts: int, doomed: int, room: int) -> Iterator[Swarm]:
    """Hosts host1, host2, ... that live on and doomed1, ... that will not."""
    hostdown = [sys.executable, "-m", "hostdown"]
    with (directory / "log").open("w") as log:
        start = partial(subprocess.Popen, stdout=log, stderr=log)
        server = start([*hostdown, "serve", *_config(directory)])
        begun = [server]
        try:
            until("the server answers", partial(answers, directory / "clouds.yaml"))
            secret = f"enrolment_secret_file = {directory / 'enrolment-secret'}\n"
            for prefix, count in (("host", hosts), ("doomed", doomed)):
                words = ["swarm", "--count", str(count), "--prefix", prefix]
                words += ["--servers-per-host", str(room), *_config(directory / prefix, secret)]
                begun.append(start([*hostdown, *words]))
            cloud = Cloud(directory / "clouds.yaml")
            until("all hosts report", lambda: _up(cloud) == hosts + doomed)
            yield Swarm(cloud, server.pid, begun[-1])
        finally:
            for process in reversed(begun):
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def _config(state: Path, secret: str = "") -> list[str]:
    """The options by which a process with its state there finds its configuration."""
    state.mkdir(exist_ok=True)
    config = state / "hostdown.conf"
    config.write_text(
        f"[DEFAULT]\nstate_path = {state}\ncpu_allocation_ratio = 1000\n"
        f"[server]\nbind_port = {PORT}\nworkers = 1\n"
        f"[agent]\nserver_url = http://127.0.0.1:{PORT}\n"
        f"{secret}"
    )
    return ["--config-file", str(config)]


def _up(cloud: Cloud) -> int:
    pages, found = "/v2.1/os-hypervisors?limit=1000", 0
    while pages:
        answer = cloud.ask("GET", pages)
        found += sum(each["state"] == "up" for each in answer["hypervisors"])
        links = answer.get("hypervisors_links", [])
        pages = links[0]["href"].partition(str(PORT))[2] if links else ""
    return found


def _boot(cloud: Cloud, servers: int, host: str) -> None:
    image, flavor = cloud.image(bytes(1 << 20)), cloud.flavor(512)
    for begun in range(0, servers, BATCH):
        number = min(BATCH, servers - begun)
        cloud.boot(image, flavor, host, number)
    until("all servers run", lambda: _on(cloud, host, "status=ACTIVE") == servers)


def _on(cloud: Cloud, host: str, filters: str = "") -> int:
    """How many servers a host has; counted page by page."""
    path, found = f"/v2.1/servers?host={host}&limit=1000&{filters}", 0
    while path:
        answer = cloud.ask("GET", path)
        found += len(answer["servers"])
        links = answer.get("servers_links", [])
        path = links[0]["href"].partition(str(PORT))[2] if links else ""
    return found


def _has(cloud: Cloud, host: str) -> bool:
    """Whether a host has any server; asked often, so without a list of all that are left."""
    return bool(cloud.ask("GET", f"/v2.1/servers?host={host}&limit=1")["servers"])


def accepted(directory: Path, hosts: int) -> Iterator[Row]:
    """Single requests, each answered before the next one."""
    with swarm(directory, hosts - 1, 1, room=ONE_BY_ONE + 10) as (cloud, _, doomed):
        _boot(cloud, ONE_BY_ONE, "doomed1")
        service = _service(cloud, "doomed1")
        uuids = [each["id"] for each in cloud.ask("GET", "/v2.1/servers?host=doomed1")["servers"]]
        _kill(doomed)
        _force(cloud, service, down=True)
        took = []
        for uuid in uuids:
            begun = time.perf_counter()
            cloud.ask("POST", f"/v2.1/servers/{uuid}/action", {"evacuate": {}})
            took.append((time.perf_counter() - begun) * 1000)
        until("all have moved", lambda: _on(cloud, "doomed1") == 0)
        shown = f"p50 {statistics.median(took):.2f} ms  max {max(took):.2f} ms"
        yield "evacuate accepted", shown, "p50 <= 6 ms"


def simulated(directory: Path, hosts: int, servers: int, goal: str) -> Iterator[Row]:
    """All servers of a host in one call, or of several hosts in as many."""
    dead = [f"doomed{number}" for number in range(1, servers // ON_A_HOST + 1)]
    room = ON_A_HOST + 100
    with swarm(directory, hosts - len(dead), len(dead), room) as (cloud, server, doomed):
        for host in dead:
            _boot(cloud, ON_A_HOST, host)
        services = [_service(cloud, host) for host in dead]
        idle = _idle_cpu(server)
        _kill(doomed)
        cpu, begun = cpu_s(family(server)), time.perf_counter()
        asked = []
        for service in services:
            _force(cloud, service, down=True)
            before = time.perf_counter()
            cloud.ask("POST", f"/v2.1/os-services/{service}/evacuate", {})
            asked.append((time.perf_counter() - before) * 1000)
        until("all are elsewhere", lambda: not any(_has(cloud, host) for host in dead), look_s=0.1)
        took = time.perf_counter() - begun
        cpu = cpu_s(family(server)) - cpu - idle * took
        what = f"{servers} simulated servers of {len(dead)} over {hosts - len(dead)} hosts"
        yield f"{what}: a request", f"p50 {statistics.median(asked):.0f} ms", "<= 100 ms"
        yield "  active elsewhere", f"{took:.2f} s", goal
        shown = f"{cpu / servers * 1000:.2f} ms, beside {idle:.1%} when idle"
        yield "  the server's processor time, each", shown, "<= 3 ms"


def _kill(doomed: "subprocess.Popen[str]") -> None:
    """Without a word, as a host loses its power."""
    doomed.kill()
    doomed.wait()


def _idle_cpu(head: int) -> float:
    """What hosts take that only report: seconds of processor time in a second."""
    before, begun = cpu_s(family(head)), time.perf_counter()
    threading.Event().wait(IDLE_S)
    return (cpu_s(family(head)) - before) / (time.perf_counter() - begun)


if __name__ == "__main__":
    sys.exit(main())
