"""A timer that resets nothing by itself: whoever has it looks whether it is due."""

import math
from collections.abc import Callable

from hostdown.domain.watchdog_errors import WatchdogUnfit


class FakeTimer:
    """`agent.watch_ports.Timer`. It is the machine's: it goes on when the one that had it ends."""

    def __init__(self, timeout_s: float, now_s: Callable[[], float]) -> None:
        self.due_at_s = math.inf
        self.opened = 0
        """How often a petter opened it."""
        self.unfit = ""
        """Why it can prove nothing."""
        self.disobeys = ""
        """Why opening it fails, though it runs by then."""
        self._is_held = False
        self._timeout_s = timeout_s
        self._now_s = now_s

    def check(self) -> None:
        """See `Timer`."""
        if self.unfit:
            raise WatchdogUnfit(device="fake", reason=self.unfit)

    def open(self) -> None:
        """See `Timer`; that pets."""
        self.opened += 1
        self._is_held = True
        self.due_at_s = self._now_s() + self._timeout_s
        if self.disobeys:
            raise WatchdogUnfit(device="fake", reason=self.disobeys)

    def pet(self) -> None:
        """See `Timer`."""
        if math.isinf(self.due_at_s):
            raise WatchdogUnfit(device="fake", reason="it is not open")
        self.due_at_s = self._now_s() + self._timeout_s

    def close(self) -> None:
        """As the kernel does for a process that ends: that pets, if it had it open."""
        if self._is_held:
            self._is_held = False
            self.pet()
