"""`python -m benchmarks.guests`: real guests on the virtual hosts of a lab, from 202 to nothing.

Needs root, QEMU and libvirt, as `hostdown lab up` does, which says so where they are missing.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.guests.disk import DISK_BYTES, assembled, count, twin_seen

from benchmarks.cloud import Cloud, until
from benchmarks.processor import cpu_s
from hostdown.lab.status import LONG_COLUMNS, rows

MEMORY_MB = 8
IDLE_S = 30.0
ALONE_TIMES = 10
REST_S = 0.3
"""Between two guests that are booted alone."""
CLIENTS = 8
REPORT_INTERVAL_S = 10.0
"""The default; a host of a lab would report oftener."""


def main() -> int:
    """Measure, printing each row as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guests", description=__doc__)
    parser.add_argument("--only", help="idle, alone, or a number of guests")
    options = parser.parse_args()
    parts: dict[str, tuple[int, Part]] = {
        "idle": (3, Yard.idle),
        "alone": (3, Yard.alone),
        "50": (3, partial(Yard.crowd, number=50)),
        # Hosts with two processors take 16 times as many of guests, as Nova's do.
        "100": (4, partial(Yard.crowd, number=100)),
    }
    for name, (hosts, part) in parts.items():
        if options.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made, lab(Path(made), hosts):
            for what, measured, goal in part(Yard(Path(made), hosts)):
                print(f"{what:46}{measured:58}{goal}", flush=True)
    return 0


@contextmanager
def lab(directory: Path, hosts: int) -> Iterator[None]:
    """Up, and down without a trace."""
    control_lab(directory, "up", "--hosts", str(hosts), "--report-interval", str(REPORT_INTERVAL_S))
    try:
        yield
    finally:
        control_lab(directory, "down")


def control_lab(directory: Path, *words: str) -> None:
    """`hostdown lab WORDS`."""
    command = [sys.executable, "-m", "hostdown", "lab", *words, "--state-dir", str(directory)]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
        raise SystemExit(f"'hostdown lab {words[0]}' failed, as it says above.")


class Yard:
    """The lab's hosts and what is found on them; rows are what, measured, goal."""

    def __init__(self, directory: Path, hosts: int) -> None:
        self._directory = directory
        self._hosts = hosts
        self._cloud = Cloud(directory / "server" / "clouds.yaml")
        content = assembled("counter.s").ljust(DISK_BYTES, b"\0")
        self._image = self._cloud.image(content)
        self._flavor = self._cloud.flavor(MEMORY_MB)

    def idle(self) -> Iterator[tuple[str, str, str]]:
        """What agents without servers cost."""
        pids = [int(str(each[LONG_COLUMNS.index("Agent PID")])) for each in rows(self._directory)]
        before = [cpu_s([pid]) for pid in pids]
        time.sleep(IDLE_S)  # noqa: TID251 - idleness is what is measured
        used = [(cpu_s([pid]) - cpu) / IDLE_S for pid, cpu in zip(pids, before, strict=True)]
        shown = ", ".join(f"{each:.2%}" for each in used)
        yield "idle agent with libvirt, of a core", shown, "<= 1 %"

    def alone(self) -> Iterator[tuple[str, str, str]]:
        """One guest after the other."""
        took = []
        for _ in range(ALONE_TIMES):
            uuid = self._boot()
            took.append(until("the guest counts", partial(self._counts, uuid)))
            self._cloud.delete([uuid])
            time.sleep(REST_S)  # noqa: TID251 - so that each begins on idle hosts
        shown = f"p50 {statistics.median(took):.2f} s  max {max(took):.2f} s"
        yield "202 to the first count, one guest", shown, "<= 1.2 s"

    def crowd(self, number: int) -> Iterator[tuple[str, str, str]]:
        """All at once."""
        before = self._left()
        begun = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as clients:
            uuids = list(clients.map(lambda _: self._boot(), range(number)))
        asked = time.perf_counter() - begun
        if "ERROR" in self._cloud.statuses():
            raise RuntimeError("a server is in ERROR; its fault says why")
        waiting = set(uuids)

        def all_count() -> bool:
            waiting.difference_update({uuid for uuid in waiting if self._counts(uuid)})
            return not waiting

        until("all guests count", all_count)
        took = time.perf_counter() - begun
        goal = "<= 10 s" if number == 50 else ""
        yield f"{number} guests on {self._hosts} hosts, all counting", f"{took:.2f} s", goal
        yield "  of which requests", f"{asked:.2f} s", ""
        active = until("all are ACTIVE", lambda: set(self._cloud.statuses()) == {"ACTIVE"})
        yield "  and until all are ACTIVE", f"{active:.2f} s more", ""
        twins = sum(twin_seen(self._disk(uuid)) for uuid in uuids)
        yield "  disks that two copies wrote to", str(twins), "0"
        begun = time.perf_counter()
        self._cloud.delete(uuids)
        yield "  and all are gone", f"{time.perf_counter() - begun:.2f} s", ""
        left = self._left() - before
        yield "  left of them", ", ".join(sorted(left)) or "nothing", "nothing"

    def _boot(self) -> str:
        return self._cloud.boot(self._image, self._flavor)

    def _disk(self, uuid: str) -> Path:
        return self._directory / "pool" / uuid / "disk"

    def _counts(self, uuid: str) -> bool:
        try:
            return count(self._disk(uuid)).counter > 0
        except (OSError, ValueError):
            return False

    def _left(self) -> set[str]:
        """Files of the pool but tombstones, hosts' slots, images; guests' processes; namespaces."""
        pool = self._directory / "pool"
        files = {str(path.relative_to(pool)) for path in pool.rglob("*") if path.is_file()}
        kept = ("/lease", "_base/", ".hosts/")
        found = {f"file {each}" for each in files if not any(part in each for part in kept)}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                found |= _of_guests(entry)
        return found


Part = Callable[[Yard], Iterator[tuple[str, str, str]]]


def _of_guests(process: Path) -> set[str]:
    try:
        name = (process / "comm").read_text().strip()
        space = os.readlink(process / "ns" / "mnt")
    except OSError:
        return set()
    found = {f"namespace {space}"}
    return found | ({f"process {process.name}"} if name.startswith("qemu-system") else set())


if __name__ == "__main__":
    sys.exit(main())
