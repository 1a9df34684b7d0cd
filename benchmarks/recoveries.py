"""`python -m benchmarks.recoveries`: from a host's crash to its servers' next count, nobody typing.

As root: real guests on the virtual hosts of a lab, whose power is cut, by the timeline of their
recovery. `benchmarks.crashes` does the same to simulated hosts, a thousand of them.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.guests.disk import DISK_BYTES, assembled, twin_seen

from benchmarks.cloud import Cloud, until
from benchmarks.evacuations import Row, counter_on
from benchmarks.guests import MEMORY_MB, control_lab
from hostdown.drivers.system_clock import SystemClock


def main() -> int:
    """Measure, printing each row as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recoveries", description=__doc__)
    parser.add_argument("--only", help="a number of real guests: 1, or 50")
    options = parser.parse_args()
    parts: dict[str, Callable[[Path], Iterator[Row]]] = {
        "1": partial(guests, number=1, goal="first <= 8 s"),
        "50": partial(guests, number=50, goal="all <= 15 s"),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made:
                for what, measured, goal in part(Path(made)):
                    print(f"{what:58}{measured:34}{goal}", flush=True)
    return 0


def guests(directory: Path, number: int, goal: str) -> Iterator[Row]:
    """A host of a lab loses its power with all that runs on it."""
    control_lab(directory, "up", "--hosts", "4", "--recover")
    try:
        cloud = Cloud(directory / "server" / "clouds.yaml")
        image = cloud.image(assembled("counter.s").ljust(DISK_BYTES, b"\0"))
        flavor = cloud.flavor(MEMORY_MB)
        disks = []
        for _ in range(number):
            uuid = cloud.boot(image, flavor, "compute1")
            disks.append(directory / "pool" / uuid / "disk")
        until("all guests count", lambda: all(counter_on(disk) > 0 for disk in disks))
        begun, at = time.perf_counter(), SystemClock().now()
        control_lab(directory, "power", "off", "compute1")
        before = {disk: counter_on(disk) for disk in disks}
        until("one counts", lambda: any(counter_on(d) > before[d] for d in disks))
        first = time.perf_counter() - begun
        until("all count", lambda: all(counter_on(d) > before[d] for d in disks))
        last = time.perf_counter() - begun
        what = f"{number} real guests of a host that lost power: first, all"
        yield what, f"{first:.2f}, {last:.2f} s", goal
        for line in _timeline(cloud):
            when = datetime.fromisoformat(line["at"]) - at
            yield f"  {line['what']}", f"{when.total_seconds():.2f} s", ""
        yield "  disks that two copies wrote to", str(sum(map(twin_seen, disks))), "0"
    finally:
        control_lab(directory, "down")


def _timeline(cloud: Cloud) -> list[dict[str, Any]]:
    newest = cloud.ask("GET", "/agent/v1/recoveries")["recoveries"][0]["id"]
    return list(cloud.ask("GET", f"/agent/v1/recoveries/{newest}")["recovery"]["timeline"])


if __name__ == "__main__":
    sys.exit(main())
