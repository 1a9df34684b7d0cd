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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from tests.guests.disk import DISK_BYTES, assembled, count, twin_seen

from benchmarks.cloud import Cloud, until
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
    assert restful.count(RESTS) == 1, "the guest is another one"
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
            until("the guests count", partial(_all_count, disks))
    return disks


def _all_count(disks: list[Path]) -> bool:
    try:
        return all(count(each).counter for each in disks)
    except FileNotFoundError:
        return False


def _watch(directory: Path, disks: list[Path], seconds: float) -> Iterator[tuple[str, str, str]]:
    before = [count(each).counter for each in disks]
    with _pulses_heard(directory) as gaps, _stalls() as stalls:
        falsely = _unreachables(directory)
        begun = time.monotonic()
        time.sleep(seconds)  # noqa: TID251 - nothing is to happen
        passed = time.monotonic() - begun
        falsely = _unreachables(directory) - falsely
    counted = [count(each).counter - then for each, then in zip(disks, before, strict=True)]
    yield f"false unreachables, {len(disks)} guests, {passed:.0f} s", str(falsely), "0"
    for host, (pulses, gap) in sorted(gaps.items()):
        yield f"  {host}: pulses, greatest gap", f"{pulses}, {gap:.3f} s", "< 0.8 s"
    yield "  this benchmark's own greatest stall", f"{max(stalls):.3f} s", ""
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


@contextmanager
def _pulses_heard(directory: Path) -> Iterator[dict[str, tuple[int, float]]]:
    """By host: its pulses on the lab's bridge, and the greatest gap, by the kernel's clock."""
    plan = must_load(directory)
    hosts = {socket.inet_aton(each.address): each.name for each in plan.hosts}
    found: dict[str, tuple[int, float]] = {}
    last: dict[str, float] = {}
    ended = threading.Event()

    def hear(heard: socket.socket) -> None:
        while not ended.is_set():
            try:
                frame, told, _, _ = heard.recvmsg(2048, 64)
            except TimeoutError:
                continue
            header = 14 + 4 * (frame[14] & 15)
            host = hosts.get(frame[26:30])
            port = int.from_bytes(frame[header + 2 : header + 4])
            if host is None or frame[23] != socket.IPPROTO_UDP or port != SERVER_PORT:
                continue
            seconds, ns = struct.unpack("qq", told[0][2])
            at = seconds + ns / 1e9
            pulses, gap = found.get(host, (0, 0.0))
            found[host] = pulses + 1, max(gap, at - last.get(host, at))
            last[host] = at

    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as heard:
        heard.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
        heard.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        heard.settimeout(0.5)
        heard.bind((names(directory).bridge, 0))
        thread = threading.Thread(target=hear, args=(heard,))
        thread.start()
        try:
            yield found
        finally:
            ended.set()
            thread.join()


@contextmanager
def _stalls() -> Iterator[list[float]]:
    """How long a thread that wants to run each 10 ms had to wait for it."""
    found = [0.0]
    ended = threading.Event()

    def look() -> None:
        last = time.monotonic()
        while not ended.wait(0.01):
            now = time.monotonic()
            found[0] = max(found[0], now - last - 0.01)
            last = now

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
