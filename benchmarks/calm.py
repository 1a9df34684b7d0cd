"""`python -m benchmarks.calm`: hosts that stand still and lose datagrams, and none may be fenced.

A thousand hosts pulse ten times a second at a server that recovers hosts for real, over Redfish.
Each second one of them stands still for up to `--stall` seconds, now and then a whole rack at once.
Whoever stands still for 0.8 s is unreachable, rightly; whoever does not must not be. Exit code 1 if
a BMC was told to switch a host off, or a host was found unreachable that had sent all along.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from urllib3.exceptions import HTTPError

from benchmarks.crowd import Crowd, crowd, pulses
from benchmarks.processor import cpu_s, family
from hostdown.drivers.system_clock import SystemClock

RACK = 40
"""Hosts that stand still at once."""
RACK_EVERY = 30
"""Of so many stalls one is of a whole rack."""
STALL_MIN_S = 0.2
EARLY, TOLD = timedelta(seconds=0.6), timedelta(seconds=1.5)
"""A host may be found unreachable so long after its silence began, until so long after its end:
what an observer sees is told to the leader, and it writes it, while others are at work."""
LOOK_BACK = timedelta(seconds=10)
"""Silences that are shown with a power-off ended later than so long before it."""
CERTAIN = timedelta(seconds=1.0)
"""A silence so long is to be found."""
STALLED, LATE = "unreachable in a stall", "unreachable, this program was late"
BASELESS = "unreachable for no reason"
COUNTED = ("stalls", "silences that are to be found", STALLED, LATE, BASELESS, "power-offs")
SETTLE_S = 5.0
"""After the last stall."""


class Calm:
    """Counts what happens to a crowd whose hosts are all well."""

    def __init__(self, all_of_it: Crowd, hosts: int, stall_s: float, seed: int) -> None:
        self._crowd = all_of_it
        self._names = [f"host{number}" for number in range(1, hosts + 1)]
        self._stall_s = stall_s
        self._chance = random.Random(seed)
        self._clock = SystemClock()
        self._silences: dict[str, list[tuple[datetime, datetime, bool]]] = {}
        self._last_change = 0
        self._offs: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._taken_before = self._dropped_before = 0
        self.counts = _nothing()
        self.recoveries: dict[str, int] = {}
        """By stage."""

    def run(self, seconds: float) -> None:
        """Stall hosts, and tell each minute what came of it."""
        self.look()
        print(f"   start  {self.shown()}", flush=True)
        self.counts = _nothing()
        self._before = self._tell()
        before = pulses(self._crowd.cloud)
        self._taken_before, self._dropped_before = before["taken"], before["lost"]
        begun = self._clock.monotonic()
        pause = threading.Event()
        for second in range(1, round(seconds) + 1):
            self._stall(second)
            pause.wait(max(begun + second - self._clock.monotonic(), 0.0))
            if second % 60 == 0:
                self.look()
                print(f"{second // 60:4d} min  {self.shown()}", flush=True)
        pause.wait(SETTLE_S)
        self.look()

    def _stall(self, number: int) -> None:
        if self._stall_s <= 0:
            return
        many = RACK if number % RACK_EVERY == 0 else 1
        first = self._chance.randrange(max(len(self._names) - many, 0) + 1)
        for_s = self._chance.uniform(min(STALL_MIN_S, self._stall_s), self._stall_s)
        stalled = self._names[first : first + many]
        for name in stalled:
            self._crowd.by_name[name].order("stall", f"{for_s:.3f}", name)
        self.counts["stalls"] += len(stalled)

    # ------------------------------------------------------------------------------ what came of it

    def look(self) -> None:
        """Take in what has happened since the last look."""
        seen = self._changes()
        for name, number in self._tell().items():
            self.counts[name] = number - self._before[name]
        for at, host, event in seen:
            if event == "host.unreachable":
                self.counts[self._why(host, at)] += 1
        rows = self._crowd.rows("SELECT stage, count(*) FROM recoveries GROUP BY stage")
        self.recoveries = dict(rows)
        self._take_offs()
        with suppress(HTTPError):  # it is asked again in a minute
            taken = pulses(self._crowd.cloud)
            self.counts["taken"] = taken["taken"] - self._taken_before
            self.counts["dropped by the kernel"] = taken["lost"] - self._dropped_before
        self._forget()

    def _tell(self) -> Counter[str]:
        """What was sent and lost so far; takes in who was silent."""
        sums: Counter[str] = Counter()
        for swarm in self._crowd.swarms:
            told = swarm.ask("tell")
            sums.update(told["counts"])
            self._take(told["going_on"])
            lasted = self._take(told["ended"])
            self.counts["silences that are to be found"] += sum(it > CERTAIN for it in lasted)
        return sums

    def _take(self, silences: list[list[Any]]) -> list[timedelta]:
        """How long each lasted."""
        lasted = []
        for host, *times, stalled in silences:
            begun, ended = map(datetime.fromisoformat, times)
            self._silences.setdefault(host, []).append((begun, ended, stalled))
            lasted.append(ended - begun)
        return lasted

    def _changes(self) -> list[tuple[datetime, str, str]]:
        query = "SELECT id, at, host, event_type FROM changes WHERE id > ? ORDER BY id"
        rows = self._crowd.rows(query, self._last_change)
        if rows:
            self._last_change = rows[-1][0]
        return [(datetime.fromisoformat(at), host, event) for _, at, host, event in rows]

    def _why(self, host: str, at: datetime) -> str:
        for begun, ended, stalled in self._silences.get(host, ()):
            if begun + EARLY <= at <= ended + TOLD:
                return STALLED if stalled else LATE
        print(f"          {host} was found unreachable at {at} for no reason", flush=True)
        return BASELESS

    def _take_offs(self) -> None:
        for host, times in self._crowd.offs().items():
            for at in times[self._offs[host] :]:
                self._offs[host] += 1
                self.counts["power-offs"] += 1
                off = datetime.fromisoformat(at)
                print(f"          {host} was switched off at {off:%T.%f}; silent", end="")
                for begun, ended, stalled in self._silences.get(host, ()):
                    if ended > off - LOOK_BACK:
                        why = "in a stall" if stalled else "by a late sender"
                        print(f" {begun:%T.%f} to {ended:%T.%f} {why},", end="")
                print(flush=True)

    def _forget(self) -> None:
        """What is long over."""
        before = self._clock.now() - timedelta(minutes=5)
        for host, found in self._silences.items():
            self._silences[host] = [each for each in found if each[1] > before]

    def shown(self) -> str:
        """One line."""
        count = self.counts
        went = ", ".join(f"{n} {stage}" for stage, n in sorted(self.recoveries.items())) or "none"
        return (
            f"pulses {count['sent']}, lost {count['lost']}, taken {count['taken']}, dropped by the "
            f"kernel {count['dropped by the kernel']}; stalls {count['stalls']}; silent for "
            f"over a second {count['silences that are to be found']}; unreachable: "
            f"{count[STALLED]} in a stall, {count[LATE]} for a late sender, {count[BASELESS]} for "
            f"no reason; recoveries: {went}; "
            f"power-offs {count['power-offs']}"
        )

    @property
    def failed(self) -> bool:
        """Whether a host was touched, or suspected, that was well."""
        return bool(self.counts["power-offs"] or self.counts[BASELESS])


def _nothing() -> Counter[str]:
    """What is shown also if there is none of it."""
    return Counter({name: 0 for name in COUNTED})


def main() -> int:
    """Run it, a line each minute, and say at the end what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--hosts", type=int, default=1000, help="simulated hosts (1000)")
    parser.add_argument("--loss", type=float, default=1.0, help="percent of datagrams (1)")
    parser.add_argument("--stall", type=float, default=3.0, help="seconds at most (3)")
    parser.add_argument("--seed", type=int, default=1, help="which hosts stall, and when (1)")
    parser.add_argument("-f", "--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hostdown-bench-") as made:
        found, failed = calm(Path(made), options)
    if options.format == "json":
        print(json.dumps(found))
    else:
        for name, number in found.items():
            print(f"{name:40}{number}")
    return 1 if failed else 0


def calm(directory: Path, options: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    """All counts at the end, and whether it is a failure."""
    with crowd(directory, options.hosts, options.loss / 100) as all_of_it:
        pids = {
            "server": family(all_of_it.server),
            "hosts": [each.process.pid for each in all_of_it.swarms],
            "BMCs": [all_of_it.bmcs.process.pid],
        }
        before = {name: cpu_s(each) for name, each in pids.items()}
        it = Calm(all_of_it, options.hosts, options.stall, options.seed)
        clock = SystemClock()
        begun = clock.monotonic()
        it.run(options.minutes * 60)
        took = clock.monotonic() - begun
        used = {
            f"processor, {name}, % of a core": round((cpu_s(each) - before[name]) / took * 100, 1)
            for name, each in pids.items()
        }
        recoveries = {f"recoveries {stage}": n for stage, n in it.recoveries.items()}
        return {**it.counts, **recoveries, **used}, it.failed


if __name__ == "__main__":
    sys.exit(main())
