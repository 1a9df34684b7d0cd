"""Pets a host's hardware timer, or does not: nothing else is decided here (NEVER-TWICE F6).

The device is opened only with a live credit, so a petter that is started again and again without
one, which would pet each time that its device is closed, leaves the timer alone.
"""

import logging
import threading
from collections.abc import Callable

from hostdown.agent.ports import BootClock
from hostdown.agent.watch_ports import Timer
from hostdown.agent.watch_terms import PetterDone, WatchTerms
from hostdown.domain.watchdog import may_pet
from hostdown.domain.watchdog_errors import WatchdogUnfit

LOG = logging.getLogger("hostdown.petter")


class Credits:
    """From which moment each credit is aged, by what gave it. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since_s: dict[str, float] = {}

    def give(self, source: str, since_s: float) -> None:
        """It holds from then on, as the clock goes that counts sleep."""
        with self._lock:
            self._since_s[source] = max(since_s, self._since_s.get(source, since_s))

    def all(self) -> list[float]:
        """Those that were ever given, dead ones too."""
        with self._lock:
            return list(self._since_s.values())


class Petter:
    """`look` is called by one thread, `learn` by another one, `renewed` by many."""

    def __init__(
        self, timer_of: Callable[[WatchTerms], Timer], clock: BootClock, before: PetterDone
    ) -> None:
        """`before`: what earlier runs of it have done in this boot."""
        self.credits = Credits()
        self.terms: WatchTerms | None = None
        """Those of this boot; None before there are any."""
        self._timer_of = timer_of
        self._clock = clock
        self._lock = threading.Lock()
        self._timer: Timer | None = None
        self._is_tried = self._is_open = False
        self.done = before
        """What was done in this boot."""
        self._said = ""

    def learn(self, terms: WatchTerms | None) -> None:
        """What the agent says. A timer that runs already is not looked at any more: it has to be
        petted soon.
        """
        if terms is None or terms.boot_id != self.done.boot_id:
            return
        if self._timer is None:
            timer = self._timer_of(terms)
            if not self.done.armed and not self._is_fit(timer):
                return
            self._timer = timer
        self.terms = terms

    def renewed(self, pool: str) -> None:
        """The slot on this pool was renewed."""
        with self._lock:
            if pool not in self.done.renewed:
                self.done = self.done._replace(renewed=(*self.done.renewed, pool))

    def look(self) -> None:
        """Pet, if there is a credit that is young enough."""
        terms, timer, given = self.terms, self._timer, self.credits.all()
        if terms is None or timer is None:
            return
        if not may_pet(self._clock.boottime(), given, terms.self_fence_after_s):
            return
        try:
            if self._is_open:
                timer.pet()
            elif terms.may_open or self.done.armed or self._is_tried:
                self._is_tried = True  # it may run by then, also where it does not obey
                timer.open()
                self._is_open = True
                with self._lock:
                    self.done = self.done._replace(armed=True)
                LOG.warning("The watchdog is armed: without a credit this machine is reset.")
        except WatchdogUnfit as error:
            self._say(str(error))

    def _is_fit(self, timer: Timer) -> bool:
        try:
            timer.check()
        except WatchdogUnfit as error:
            self._say(str(error))
            return False
        return True

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            LOG.error("%s", sentence)
        self._said = sentence
