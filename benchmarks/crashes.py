"""`python -m benchmarks.crashes`: hosts of a thousand die, and are fenced over Redfish.

One after another: how soon each is noticed, fenced and forced down, by BMCs that need a second for
it. And fifty at once with twenty servers each: until all of these are back.
"""

import argparse
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.cloud import until
from benchmarks.crowd import Crowd, crowd
from benchmarks.processor import cpu_s, family
from hostdown.drivers.system_clock import SystemClock

ONE_BY_ONE = 60
"""Hosts that die one by one; the storm gate lets a tenth of them through in ten minutes."""
APART_S = 1.0
"""Between two of these, at least; up to half a second more, so that none waits for a beat."""
TOGETHER = 50
SERVERS = 20
"""Of each host that dies together with others."""
LOOK_S = 0.005
FENCED = frozenset({"fenced", "evacuating", "done"})
FORCED = frozenset({"evacuating", "done"})


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: str
    goal: str


class Lookout:
    """Sees in the server's database what is committed, and when."""

    def __init__(self, all_of_it: Crowd) -> None:
        self._crowd = all_of_it
        self._clock = SystemClock()
        self.seen: dict[tuple[str, str], datetime] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Lookout":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def all(self, what: str, hosts: Iterable[str]) -> bool:
        """Whether it was seen of all of them."""
        return all((host, what) in self.seen for host in hosts)

    def since(self, what: str, died: dict[str, datetime]) -> list[float]:
        """Seconds from the end of each host."""
        return [(self.seen[host, what] - at).total_seconds() for host, at in died.items()]

    def _run(self) -> None:
        with closing(self._crowd.opened()) as file:
            while not self._stop.wait(LOOK_S):
                self._look(file)

    def _look(self, file: sqlite3.Connection) -> None:
        silent = file.execute("SELECT host FROM services WHERE unreachable_at IS NOT NULL")
        found = [(host, "noticed") for (host,) in silent.fetchall()]
        for host, stage in file.execute("SELECT host, stage FROM recoveries").fetchall():
            found += [(host, "fenced")] * (stage in FENCED) + [(host, "forced")] * (stage in FORCED)
        now = self._clock.now()
        for each in found:
            self.seen.setdefault(each, now)


def one_by_one(directory: Path, hosts: int) -> Iterator[Row]:
    """Each at another moment."""
    chance = random.Random(1)
    number = min(ONE_BY_ONE, hosts // 10)
    with crowd(directory, hosts) as all_of_it, Lookout(all_of_it) as lookout:
        died: dict[str, datetime] = {}
        for name in chance.sample(sorted(all_of_it.by_name), number):
            died[name] = datetime.fromisoformat(all_of_it.by_name[name].ask("kill", name))
            threading.Event().wait(APART_S + chance.random() / 2)
        until("all are forced down", partial(lookout.all, "forced", died), look_s=0.1)
        what = f"of {hosts} hosts {number} killed one by one: unreachable"
        yield Row(what, _shown(lookout.since("noticed", died)), "p99 <= 0.95 s")
        yield Row("  Off read from its BMC", _shown(lookout.since("fenced", died)), "")
        yield Row("  forced down", _shown(lookout.since("forced", died)), "p99 <= 6 s")
        wrong = {host for host, _ in lookout.seen} | all_of_it.offs().keys()
        yield Row("  others that were suspected or switched off", str(len(wrong - set(died))), "0")


def together(directory: Path, hosts: int) -> Iterator[Row]:
    """In one process that is killed."""
    number = min(TOGETHER, hosts // 10)
    room = SERVERS + 5
    with crowd(directory, hosts - number, room=room, doomed=number) as all_of_it:
        doomed = [f"doomed{each}" for each in range(1, number + 1)]
        _boot(all_of_it, doomed)
        all_pids = family(all_of_it.server)
        with Lookout(all_of_it) as lookout:
            cpu, begun = cpu_s(all_pids), SystemClock().now()
            all_of_it.by_name["doomed1"].end()
            left = partial(_left, all_of_it)
            until("the first is back", lambda: left() < number * SERVERS)
            first = _since(begun)
            until("all are back", lambda: not left(), look_s=0.05)
            last, cpu = _since(begun), cpu_s(all_pids) - cpu
            died = dict.fromkeys(doomed, begun)
            what = f"{number} of {hosts} hosts killed together: unreachable"
            yield Row(what, _shown(lookout.since("noticed", died)), "")
            yield Row("  Off read from its BMC", _shown(lookout.since("fenced", died)), "")
            yield Row("  forced down", _shown(lookout.since("forced", died)), "")
        what = f"  first of {SERVERS} servers each back, all of them"
        yield Row(what, f"{first:.1f}, {last:.1f} s", "<= 30 s")
        yield Row("  the server's processor time, without devices", f"{cpu:.1f} s", "")
        yield Row("  hosts switched off that had not died", str(_wrong(all_of_it, doomed)), "0")


def _boot(all_of_it: Crowd, hosts: list[str]) -> None:
    cloud = all_of_it.cloud
    image, flavor = cloud.image(bytes(1 << 20)), cloud.flavor(512)
    for host in hosts:
        cloud.boot(image, flavor, host, SERVERS)
    query = "SELECT count(*) FROM instances WHERE vm_state = 'active'"
    wanted = len(hosts) * SERVERS
    until("all servers run", lambda: all_of_it.rows(query)[0][0] >= wanted, look_s=0.2)


def _left(all_of_it: Crowd) -> int:
    """Servers that are not active on a host that lives."""
    query = "SELECT count(*) FROM instances WHERE host LIKE 'doomed%' OR vm_state <> 'active'"
    return int(all_of_it.rows(query)[0][0])


def _wrong(all_of_it: Crowd, dead: list[str]) -> int:
    return len(all_of_it.offs().keys() - set(dead))


def _since(begun: datetime) -> float:
    return (SystemClock().now() - begun).total_seconds()


def _shown(seconds: list[float]) -> str:
    p99 = statistics.quantiles(seconds, n=100, method="inclusive")[98]
    return f"p50 {statistics.median(seconds):.2f}  p99 {p99:.2f}  max {max(seconds):.2f} s"


def main() -> int:
    """Measure, printing each row as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crashes", description=__doc__)
    parser.add_argument("--only", help="one-by-one, or together")
    parser.add_argument("--hosts", type=int, default=1000, help="simulated hosts (1000)")
    parser.add_argument("-f", "--format", choices=("table", "json"), default="table")
    options = parser.parse_args()
    parts: dict[str, Callable[[Path, int], Iterator[Row]]] = {
        "one-by-one": one_by_one,
        "together": together,
    }
    rows: list[dict[str, Any]] = []
    for name, part in parts.items():
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made:
                for row in part(Path(made), options.hosts):
                    rows.append(row._asdict())
                    if options.format == "table":
                        print(f"{row.what:58}{row.measured:40}{row.goal}", flush=True)
    if options.format == "json":
        print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
