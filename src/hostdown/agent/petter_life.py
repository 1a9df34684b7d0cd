"""The petter's process: who looks waits for nobody, and each that may hang has its own thread."""

import logging
import queue
import threading
from collections.abc import Callable

from hostdown.agent.petter import Petter
from hostdown.agent.petter_grants import GrantAsker
from hostdown.agent.petter_slots import SlotKeeper
from hostdown.agent.ports import BootClock
from hostdown.agent.watch_terms import PoolTerms, WatchFiles
from hostdown.domain.watchdog import LOOK_S, RENEW_EVERY_S

LOG = logging.getLogger("hostdown.petter")


class PetterLife:
    """Runs until told to stop, which stops no timer: an armed machine is reset then."""

    def __init__(
        self,
        petter: Petter,
        files: WatchFiles,
        asker: GrantAsker,
        keeper_of: Callable[[PoolTerms], SlotKeeper],
        clock: BootClock,
    ) -> None:
        self._petter = petter
        self._files = files
        self._asker = asker
        self._keeper_of = keeper_of
        self._clock = clock
        self._kept: set[str] = set()
        self._ends: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._written = petter.done

    def stop(self) -> None:
        """A signal handler may call it, because a SimpleQueue is reentrant."""
        self._ends.put(None)

    def run(self) -> None:
        """Look each LOOK_S, in this thread; the others end with it."""
        self._begin("files", LOOK_S, self.turn)
        self._begin("grants", RENEW_EVERY_S, self._asker.turn)
        self._each(LOOK_S, self._petter.look)

    def turn(self) -> None:
        """Learn what the agent says, keep slots on each pool, write down what was done."""
        self._petter.learn(self._files.terms())
        terms, done = self._petter.terms, self._petter.done
        for pool in () if terms is None else terms.pools:
            if pool.id not in self._kept:
                self._kept.add(pool.id)
                self._begin("slot", RENEW_EVERY_S, self._keeper_of(pool).turn)
        if terms is not None and done != self._written:
            self._files.put_done(done)
            self._written = done

    def _begin(self, name: str, every_s: float, turn: Callable[[], None]) -> None:
        threading.Thread(target=self._each, args=(every_s, turn), name=name, daemon=True).start()

    def _each(self, every_s: float, turn: Callable[[], None]) -> None:
        while True:
            due_s = self._clock.boottime() + every_s
            try:
                turn()
            except Exception:
                LOG.exception("A turn of the petter broke down")
            try:
                self._ends.get(timeout=max(0.0, due_s - self._clock.boottime()))
            except queue.Empty:
                continue
            self._ends.put(None)
            return
