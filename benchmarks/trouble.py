"""`python -m benchmarks.trouble`: simulated hosts that die or stand still when they are told to.

Orders come as lines on standard input: `kill NAME`, `stall SECONDS NAME...`, and `tell`, which is
answered by a line of JSON. Besides, a share of all pulses, answers and reports is lost. A host that
stands still does nothing at all: it neither pulses nor reports, and hears no answer.
"""

import argparse
import json
import random
import sys
import threading
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from hostdown.agent.host import HostAgent
from hostdown.agent.pulsed import PulsedHost
from hostdown.agent.pulser import RECEIVE_BUFFER_BYTES, Pulser
from hostdown.agent.udp import Address, UdpSockets
from hostdown.compose_swarm import Kinds, SwarmWishes, swarm
from hostdown.config import load
from hostdown.drivers.system_clock import SystemClock
from hostdown.server.logs import log_to_stderr

SILENT_S = 0.6
"""So long without a pulse that went out is told as a silence; observers wait for 0.8 s."""
REPORT_AGAIN_S = 1.0
"""After a report that is lost the next one comes so soon."""


class Silence(NamedTuple):
    """No pulse of a host went out between two moments; `stalled`: it stood still meanwhile."""

    host: str
    begun: str
    ended: str
    stalled: bool


class Trouble:
    """What happens to the hosts of one swarm."""

    def __init__(self, loss: float) -> None:
        self._clock = SystemClock()
        self._chance = random.Random(1)
        self._loss = loss
        self._still_until: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self.silences: list[Silence] = []
        self.counts = dict.fromkeys(("sent", "lost", "answers", "answers_lost", "reports_lost"), 0)

    def still_for(self, name: str) -> float:
        """Seconds; 0 for one that goes on."""
        until = self._still_until.get(name)
        return 0.0 if until is None else max(until - self._clock.monotonic(), 0.0)

    def stand_still(self, name: str, seconds: float) -> None:
        """From now on, or longer, if it stands still already."""
        until = self._clock.monotonic() + seconds
        self._still_until[name] = max(until, self._still_until.get(name, until))

    def loses(self, what: str) -> bool:
        """Whether this one is lost."""
        lost = self._chance.random() < self._loss
        self.counts[what] += lost
        return lost

    def went_out(self, name: str) -> None:
        """A pulse of it, and not lost."""
        now = self._clock.monotonic()
        last = self._last.get(name, now)
        self._last[name] = now
        if now - last > SILENT_S:
            self.silences.append(self._silence(name, last, now))

    def told(self) -> dict[str, Any]:
        """Counts so far, the silences that ended since the last time, and those that go on."""
        now = self._clock.monotonic()
        ended, self.silences = self.silences, []
        going_on = [
            self._silence(name, last, now)
            for name, last in list(self._last.items())
            if now - last > SILENT_S
        ]
        return {"counts": self.counts, "ended": ended, "going_on": going_on}

    def _silence(self, name: str, begun: float, ended: float) -> Silence:
        now, now_s = self._clock.now(), self._clock.monotonic()
        from_s, to_s = (timedelta(seconds=now_s - each) for each in (begun, ended))
        stalled = self._still_until.get(name, begun) > begun
        return Silence(name, (now - from_s).isoformat(), (now - to_s).isoformat(), stalled)


class TroubledAgent(HostAgent):
    """Reports unless its host stands still or the report is lost."""

    def __init__(self, trouble: Trouble, *args: Any, **more: Any) -> None:  # noqa: ANN401 - as the base
        super().__init__(*args, **more)
        self._trouble = trouble

    def turn(self) -> float:
        still_s = self._trouble.still_for(self.name)
        if still_s:
            return still_s
        if self.reporting and self._trouble.loses("reports_lost"):
            return REPORT_AGAIN_S
        return super().turn()


class _Lossy(UdpSockets):
    """Sockets whose sender says which datagrams are lost."""

    loses = False

    def send(self, datagram: bytes, family: int, address: Address) -> None:
        if not self.loses:
            super().send(datagram, family, address)


class TroubledPulser(Pulser):
    """Sends what is not lost, for hosts that do not stand still."""

    def __init__(self, trouble: Trouble, *args: Any) -> None:  # noqa: ANN401 - as the base
        super().__init__(*args)
        self._trouble = trouble
        self._sockets = self._lossy = _Lossy(self._selector, RECEIVE_BUFFER_BYTES)

    def _pulse(self, host: PulsedHost, farewell: bool = False) -> None:
        trouble = self._trouble
        if trouble.still_for(host.name):
            return
        trouble.counts["sent"] += 1
        self._lossy.loses = trouble.loses("lost")
        super()._pulse(host, farewell)
        if not self._lossy.loses:
            trouble.went_out(host.name)

    def _listen(self, host: PulsedHost, datagram: bytes) -> None:
        self._trouble.counts["answers"] += 1
        if not self._trouble.loses("answers_lost") and not self._trouble.still_for(host.name):
            super()._listen(host, datagram)


def main() -> None:
    """Until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trouble", description=__doc__)
    parser.add_argument("--config-file", action="append", required=True)
    parser.add_argument("--names", required=True, help="a file with one name in each line")
    parser.add_argument("--loss", type=float, default=0.0, help="share of datagrams, 0 to 1")
    parser.add_argument("--pulse-interval", type=float, default=0.1)
    parser.add_argument("--servers-per-host", type=int)
    options = parser.parse_args()
    settings = load(options.config_file).settings
    log_to_stderr(settings.debug)
    trouble = Trouble(options.loss)
    with open(options.names) as file:
        names = file.read().split()
    wishes = SwarmWishes(
        names,
        settings.report_interval,
        timedelta(seconds=options.pulse_interval),
        options.servers_per_host,
    )
    hosts = swarm(
        settings,
        wishes,
        lambda line: print(line, file=sys.stderr),
        Kinds(partial(TroubledAgent, trouble), partial(TroubledPulser, trouble)),
    )
    threading.Thread(target=hosts.run, name="hosts", daemon=True).start()
    for line in sys.stdin:
        obey(trouble, line.split())


def obey(trouble: Trouble, order: list[str]) -> None:
    """One order."""
    match order:
        case ["kill", name]:
            trouble.stand_still(name, float("inf"))
            print(json.dumps(SystemClock().now().isoformat()), flush=True)
        case ["stall", seconds, *names]:
            for name in names:
                trouble.stand_still(name, float(seconds))
        case ["tell"]:
            print(json.dumps(trouble.told()), flush=True)
        case other:
            raise ValueError(f"no such order: {' '.join(other)}")


if __name__ == "__main__":
    main()
