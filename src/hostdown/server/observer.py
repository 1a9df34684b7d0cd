"""The life of an observer: it hears the pulses of hosts, one loop for one socket.

It is a process of its own because a thread beside others that run Python hears late. The one thread
beside its loop only looks what changed in the databases. What arrives while there is no observer
waits in the socket, which is the supervisor's.
"""

import selectors
import socket
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hostdown import compose
from hostdown.compose import LOOK_HOSTS, LOOK_VERSIONS, ObserverParts
from hostdown.config import Settings
from hostdown.drivers.pulse_socket import BATCH_MAX, PulseSocket
from hostdown.drivers.system_clock import SystemClock
from hostdown.server import garbage
from hostdown.server.child import Ready
from hostdown.server.jobs import JobThread
from hostdown.server.nudges import Nudges, nudge_pair, told_to_leave
from hostdown.server.tally import LOST, TAKEN, UNANSWERED, Tally

NS = 1_000_000_000
READ_EVERY_S = 0.05
"""How late it may know that nothing has arrived."""
BEAT_EVERY_S = 0.5
"""How often it gives a sign of life, and tells what it has counted."""
OPENING_LOOK_S = 0.01
"""How often it looks, at its start, whether it knows the hosts and they can know it."""
NUDGE_GAP_S = 0.01
"""Between two looks for changed assignments that somebody asked for."""
DOUBT_GAP_S = 0.1
"""Between two looks for changed hosts because of pulses that may be right."""
SWITCH_S = 0.0005
"""For how long the other thread may run before the loop has its turn again."""
FLUSH_S = 2.0
"""What the last run of the jobs may take."""


class Shared(NamedTuple):
    """What the supervisor holds for its observer and for those who have to do with it.

    `nudges` ask for a look at the databases at once.
    """

    pulses: socket.socket
    nudges: Nudges
    tally: Tally

    def close(self) -> None:
        """Let go of the sockets."""
        self.pulses.close()
        self.nudges.close()


def share(pulses: socket.socket) -> Shared:
    """All of it, made before the first fork."""
    return Shared(pulses, nudge_pair(), Tally())


def run(settings: Settings, shared: Shared, ready: Ready) -> int:
    """An observer, from its making to its end; returns the exit status."""
    told = told_to_leave()
    clock = SystemClock()
    sys.setswitchinterval(SWITCH_S)
    parts = compose.observer(settings, shared.pulses.getsockname()[1])
    jobs = JobThread(parts.jobs, clock.monotonic)
    jobs.start()
    ready()
    Loop(shared, told, parts, jobs, ready).run()
    jobs.stop(FLUSH_S)
    parts.close()
    return 0


class Loop:
    """Hears pulses until told to leave."""

    def __init__(
        self,
        shared: Shared,
        told: socket.socket,
        parts: ObserverParts,
        jobs: JobThread,
        ready: Ready,
    ) -> None:
        clock = SystemClock()
        self._monotonic = clock.monotonic
        self._pulses = PulseSocket(shared.pulses, clock.pair_ns)
        self._hearing = parts.hearing
        self._nudges = shared.nudges
        self._tally = shared.tally
        self._before = shared.tally.read()
        self._parts = parts
        self._book = parts.book
        self._jobs = jobs
        self._ready = ready
        self._open = self._leaving = self._nudged = self._more = False
        self._nudge_due = self._doubt_due = self._beat_due = self._monotonic()
        self._selector = selectors.DefaultSelector()
        self._selector.register(told, selectors.EVENT_READ, self._leave)
        self._selector.register(shared.nudges.heard, selectors.EVENT_READ, self._take_nudges)

    def run(self) -> None:
        """Return once told to leave."""
        while not self._leaving:
            asked_ns = round(self._monotonic() * NS)
            self._more = False
            for key, _ in self._selector.select(self._pause()):
                work: Callable[[], None] = key.data
                work()
            now = self._monotonic()
            if self._open and not self._more:
                self._hearing.read(asked_ns, self._pulses.lost)
            if not self._open and self._parts.may_open():
                self._begin()
            self._look(now)
            if now >= self._beat_due:
                self._beat_due = now + BEAT_EVERY_S
                self._beat()

    def _look(self, now: float) -> None:
        if self._nudged and now >= self._nudge_due:
            self._nudged = False
            self._nudge_due = now + NUDGE_GAP_S
            self._jobs.nudge(LOOK_VERSIONS)
        if self._book.doubtful and now >= self._doubt_due:
            self._book.doubtful = False
            self._doubt_due = now + DOUBT_GAP_S
            self._jobs.nudge(LOOK_HOSTS)

    def _pause(self) -> float:
        if not self._open:
            return OPENING_LOOK_S
        due = min(self._beat_due, self._monotonic() + READ_EVERY_S)
        if self._nudged:
            due = min(due, self._nudge_due)
        if self._book.doubtful:
            due = min(due, self._doubt_due)
        return max(due - self._monotonic(), 0.0)

    def _begin(self) -> None:
        """Only now: pulses of hosts that are not known yet would count as those of strangers."""
        self._open = True
        self._hearing.begin(round(self._monotonic() * NS), self._pulses.lost)
        self._selector.register(self._pulses, selectors.EVENT_READ, self._hear)
        garbage.settle()

    def _hear(self) -> None:
        take, answer = self._book.take, self._pulses.answer
        arrived, now_ns = self._pulses.batch()
        self._more = len(arrived) == BATCH_MAX
        for datagram, at_ns, sender in arrived:
            said = take(datagram, at_ns, now_ns)
            if said is not None:
                answer(said, sender)

    def _take_nudges(self) -> None:
        self._nudges.take()
        self._nudged = True

    def _leave(self) -> None:
        self._leaving = True

    def _beat(self) -> None:
        self._tally.write(self._numbers())
        self._ready(
            "one background job has not ended" if self._jobs.progress.stands_still() else ""
        )

    def _numbers(self) -> Mapping[str, int]:
        """With those of the observers before this one; of what it lost, the kernel keeps count."""
        own = {
            TAKEN: self._book.taken,
            UNANSWERED: self._pulses.unanswered,
            **{str(why): times for why, times in self._book.refused.items()},
        }
        sums = {name: self._before[name] + number for name, number in own.items()}
        return sums | {LOST: max(self._before[LOST], self._pulses.lost)}
