"""Renews a host's slot on one pool and reads it back: where no mark is in it, that is a credit.

One operation at a time: where the pool hangs, this hangs with it, and nothing else.
"""

import logging
import secrets

from hostdown.agent.petter import Petter
from hostdown.agent.ports import BootClock
from hostdown.agent.watch_ports import WatchSlots
from hostdown.agent.watch_terms import PoolTerms
from hostdown.domain.errors import HostdownError
from hostdown.domain.pool_errors import PoolAbsent
from hostdown.domain.watchdog import Renewal, forbids

LOG = logging.getLogger("hostdown.petter")


class SlotKeeper:
    """One pool's. `turn` is called by one thread."""

    def __init__(self, pool: PoolTerms, slots: WatchSlots, petter: Petter, clock: BootClock):
        self._pool = pool
        self._slots = slots
        self._petter = petter
        self._clock = clock
        self._process = secrets.token_hex(8)
        self._counter = 0
        self._said = ""

    def turn(self) -> None:
        """One renewal; its credit is aged from before the write."""
        terms = self._petter.terms
        if terms is None:
            return
        confirmed = any(each.id == self._pool.id and each.confirmed for each in terms.pools)
        self._counter += 1
        mine = Renewal(terms.boot_id, self._process, self._counter)
        since_s = self._clock.boottime()
        try:
            if self._slots.pool_id() != self._pool.id:
                raise PoolAbsent(path=self._pool.path, reason="it is another pool now")
            content = self._slots.renew(terms.host, mine)
        except HostdownError as error:
            self._say(f"The slot is not renewed: {error}")
            return
        self._petter.renewed(self._pool.id)
        if content.renewal != mine:
            self._say(f"Another process writes to this host's slot on pool {self._pool.id}.")
        elif forbids(content.mark, terms.boot):
            self._say(f"There is a mark on pool {self._pool.id}: this boot is to be reset.")
        elif confirmed:
            self._petter.credits.give(self._pool.id, since_s)
            self._say("")

    def _say(self, sentence: str) -> None:
        if sentence and sentence != self._said:
            LOG.warning("%s", sentence)
        self._said = sentence
