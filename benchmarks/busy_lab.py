"""`python -m benchmarks.busy_lab`: does a host look dead because its guests are busy?

Real guests on the virtual hosts of a lab count, each on its disk once a second; with `--spinning`
so many of them never rest either. Nothing fails meanwhile, so that every host that is found
unreachable is found so falsely. Needs root, QEMU and libvirt, as `hostdown lab up` does.
"""

import argparse
import os
import socket
import sqlite3
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.guests.disk import DISK_BYTES, assembled, twin_seen

from benchmarks.cloud import Cloud, until
from benchmarks.evacuations import counter_on
from benchmarks.guests import MEMORY_MB, lab
from hostdown.lab.plan import SERVER_PORT, must_load, names

HOSTS = 4
AT_ONCE = 10
"""Guests that are booted at a time."""
RESTS = b"\xf4\xba\x00\x06"
"""Where the counting guest rests: `hlt`, and the next instruction."""

_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_RECEIVE_BUFFER_BYTES = 16 << 20
_IP = 0x0800
_ETHERNET_BYTES = 14
_LOOK_S = 0.01


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.busy_lab", description=__doc__)
    parser.add_argument("--guests", type=int, default=100)
    parser.add_argument("--spinning", type=int, default=0, help="so many of the guests never rest")
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made, lab(Path(made), HOSTS):
        disks = _boot(Path(made), options.guests, options.spinning)
        for row in _watch(Path(made), disks, options.minutes * 60):
            print("{:46}{:40}{}".format(*row), flush=True)
    return 0


def _boot(directory: Path, guests: int, spinning: int) -> list[Path]:
    cloud = Cloud(directory / "server" / "clouds.yaml")
    restful = assembled("counter.s")
    if restful.count(RESTS) != 1:
        raise RuntimeError("the counting guest rests elsewhere")
    images = [
        cloud.image(content.ljust(DISK_BYTES, b"\0"))
        for content in (restful.replace(RESTS, b"\x90" + RESTS[1:]), restful)
    ]
    flavor = cloud.flavor(MEMORY_MB)
    disks: list[Path] = []
    for number in range(guests):
        uuid = cloud.boot(images[0 if number < spinning else 1], flavor)
        disks.append(directory / "pool" / uuid / "disk")
        if len(disks) % AT_ONCE == 0 or len(disks) == guests:
            until("the guests count", lambda: all(map(counter_on, disks)))
    return disks


def _watch(directory: Path, disks: list[Path], seconds: float) -> Iterator[tuple[str, str, str]]:
    before = list(map(counter_on, disks))
    bridge, stalls = Bridge(directory), Stalls()
    with _beside(bridge.hear, stalls.look):
        falsely = _unreachables(directory)
        begun = time.perf_counter()
        time.sleep(seconds)  # noqa: TID251 - nothing is to happen
        passed = time.perf_counter() - begun
        falsely = _unreachables(directory) - falsely
    counted = [counter_on(each) - then for each, then in zip(disks, before, strict=True)]
    yield f"false unreachables, {len(disks)} guests, {passed:.0f} s", str(falsely), "0"
    for host, (pulses, gap) in sorted(bridge.heard.items()):
        yield f"  {host}: pulses, greatest gap", f"{pulses}, {gap:.3f} s", "< 0.8 s"
    yield "  this benchmark's own greatest stall", f"{stalls.greatest_s:.3f} s", ""
    load = " ".join(f"{each:.0f}" for each in os.getloadavg())
    yield "  load average, processors", f"{load}, {os.cpu_count()}", ""
    yield "  counts a guest and second, least", f"{min(counted) / passed:.2f}", ""
    yield "  disks that two copies wrote to", str(sum(map(twin_seen, disks))), "0"


def _unreachables(directory: Path) -> int:
    """How often any host was, ever."""
    file = f"file:{directory / 'server' / 'hostdown.sqlite'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True)) as connection:
        asked = "SELECT count(*) FROM changes WHERE event_type = 'host.unreachable'"
        return int(connection.execute(asked).fetchone()[0])


class Bridge:
    """Pulses on the lab's bridge, by the kernel's clock."""

    def __init__(self, directory: Path) -> None:
        self._hosts = {
            socket.inet_aton(each.address): each.name for each in must_load(directory).hosts
        }
        self._last: dict[str, float] = {}
        self.heard: dict[str, tuple[int, float]] = {}
        """By host: how many, and the greatest gap between two in seconds."""
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_IP))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.5)
        self._socket.bind((names(directory).bridge, 0))

    def hear(self, ended: threading.Event) -> None:
        """Until then."""
        with self._socket:
            while not ended.is_set():
                with suppress(TimeoutError):
                    frame, told, _, _ = self._socket.recvmsg(2048, 64)
                    self._take(frame, *struct.unpack("qq", told[0][2]))

    def _take(self, frame: bytes, seconds: int, ns: int) -> None:
        ports = _ETHERNET_BYTES + 4 * (frame[_ETHERNET_BYTES] & 15)
        host = self._hosts.get(frame[26:30])
        to = int.from_bytes(frame[ports + 2 : ports + 4])
        if host is None or frame[23] != socket.IPPROTO_UDP or to != SERVER_PORT:
            return
        at = seconds + ns / 1e9
        pulses, gap = self.heard.get(host, (0, 0.0))
        self.heard[host] = pulses + 1, max(gap, at - self._last.get(host, at))
        self._last[host] = at


class Stalls:
    """How long a thread that wants to run each 10 ms waits for its turn."""

    def __init__(self) -> None:
        self.greatest_s = 0.0

    def look(self, ended: threading.Event) -> None:
        """Until then."""
        last = time.perf_counter()
        while not ended.wait(_LOOK_S):
            now = time.perf_counter()
            self.greatest_s = max(self.greatest_s, now - last - _LOOK_S)
            last = now


@contextmanager
def _beside(*works: Callable[[threading.Event], None]) -> Iterator[None]:
    """Each in a thread of its own, until the end."""
    ended = threading.Event()
    threads = [threading.Thread(target=work, args=(ended,)) for work in works]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in threads:
            each.join()


if __name__ == "__main__":
    sys.exit(main())
