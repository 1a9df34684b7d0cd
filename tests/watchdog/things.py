"""What tests of watchdogs share."""

from dataclasses import dataclass, field
from datetime import datetime

from hostdown.agent.petter import Petter
from hostdown.agent.watch_terms import (
    GrantingObserver,
    GrantTerms,
    PetterDone,
    PoolTerms,
    WatchTerms,
)
from hostdown.drivers.fake_watchdog import FakeTimer

HOST = "00000000-0000-0000-0000-00000000000a"
PEER = "00000000-0000-0000-0000-00000000000b"
BOOT_ID = "this boot"
POOL = PoolTerms("the pool", "/pool", True)
GRANTS = GrantTerms(b"p" * 32, b"a" * 32, (GrantingObserver(b"n" * 8, (("127.0.0.1", 1),)),))
TERMS = WatchTerms(HOST, 3, BOOT_ID, "/dev/watchdog0", 2, 2.0, 2.0, True, GRANTS, (POOL,))
NOTHING = PetterDone(BOOT_ID)


@dataclass
class Clock:
    """All of its clocks are one."""

    seconds: float = 100.0
    start: datetime = field(default_factory=lambda: datetime(2026, 3, 1))

    def boottime(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.start


class Machine:
    """A timer, and a petter that may be started anew."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.timer = FakeTimer(2.0, self.clock.boottime)
        self.petter = self.started(NOTHING)

    def started(self, before: PetterDone) -> Petter:
        """Another run of the petter."""
        self.petter = Petter(lambda terms: self.timer, self.clock, before)
        return self.petter

    def passes(self, seconds: float) -> None:
        """The petter looks now and then; stops where the machine is reset."""
        end = self.clock.seconds + seconds
        while self.clock.seconds < end and self.is_on:
            self.petter.look()
            self.clock.seconds = round(self.clock.seconds + 0.25, 6)

    @property
    def is_on(self) -> bool:
        return self.clock.seconds < self.timer.due_at_s
