"""Counts on in this host's slot on its pool, and looks at those of others (NEVER-TWICE D5)."""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from hostdown.agent.pools import PoolSeen
from hostdown.agent.site import Standing
from hostdown.domain.pool_errors import PoolAbsent, PoolFailed, PoolFull
from hostdown.domain.pools import PoolClass, Probe, Slot, alive, probed
from hostdown.services.ports import Clock

LOG = logging.getLogger("hostdown.agent")

RENEW_EVERY_S = 1.0
"""Between two renewals of a host's slot."""

LOOK_EVERY_S = 60.0
"""Between two looks at the slots of others, once it is known what their locks do."""

LOOK_SOON_S = 2.0
"""The same before that; in so long a host that is alive has renewed its slot."""

STOP_GRACE_S = 0.2
"""For a renewal that is under way when the agent ends."""


class Slots(Protocol):
    """The slots of hosts on one pool. All raise PoolAbsent, PoolFailed, PoolFull."""

    def pool_id(self) -> str:
        """The pool's, by its marker."""
        ...

    def renew(self, host: str, slot: Slot) -> bool | None:
        """Take this host's lock, which is kept, and write its slot; whether it has the lock.

        Without the lock nothing is written. None: the pool knows no locks; it is written all the
        same.
        """
        ...

    def others(self, host: str) -> Mapping[str, Slot]:
        """The slots of other hosts, as far as they can be read."""
        ...

    def is_locked(self, host: str) -> bool:
        """Whether a lock on another host's slot is refused here."""
        ...

    def takes_late_writes(self) -> bool:
        """Whether what a host has queued lands also after its locks went to another one."""
        ...


class PoolWatch:
    """`agent.pools.Pool`, and a thread beside the agent's; `tick` is called by one thread."""

    def __init__(
        self,
        slots: Slots,
        who: Callable[[], Standing | None],
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        """`who` says which host this is, None before its first session. `changed` is told when
        there is something new to report.
        """
        self._slots = slots
        self._who = who
        self._clock = clock
        self._changed = changed
        self._process = secrets.token_hex(8)
        self._counter = 0
        self._probe = Probe()
        self._due = 0.0
        self._seen = PoolSeen()
        self._is_locked_out = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pool", daemon=True)

    def seen(self) -> PoolSeen:
        """See `agent.pools`."""
        return self._seen

    def start(self) -> None:
        """Once."""
        self._thread.start()

    def stop(self) -> None:
        """The lock goes with the process."""
        self._stopping.set()
        self._thread.join(STOP_GRACE_S)

    def tick(self) -> None:
        """Renew, and look if that is due. What a pool that fails was seen to be stays told."""
        try:
            pool_id = self._slots.pool_id()
            if pool_id != self._seen.pool_id:
                self._probe, self._due = Probe(), 0.0
            me = self._who()
            if me is not None:
                self._renew(me)
            pool_class = self._pool_class()
        except PoolAbsent:
            pool_id, pool_class, self._probe = "", "", Probe()
        except (PoolFailed, PoolFull) as error:
            LOG.debug("The slot of this host could not be renewed: %s", error)
            return
        self._tell(PoolSeen(pool_id, pool_class))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.tick()
            except Exception:
                LOG.exception("The look at the pool broke down")
            self._stopping.wait(RENEW_EVERY_S)

    def _renew(self, me: Standing) -> None:
        self._counter += 1
        held = self._slots.renew(me.host, Slot(self._process, me.boot, self._counter))
        if held is None:
            self._probe = Probe(PoolClass.NOLOCK)
            return
        if not held and not self._is_locked_out:
            LOG.warning("Another process has the lock of this host on its pool; still trying")
        self._is_locked_out = not held
        if self._clock.monotonic() >= self._due:
            self._look(me)

    def _look(self, me: Standing) -> None:
        before = self._probe
        slots = self._slots.others(me.host)
        locked = {host: self._slots.is_locked(host) for host in alive(before, slots)}
        self._probe = probed(before, slots, locked)
        wait_s = LOOK_EVERY_S if self._probe.is_certain else LOOK_SOON_S
        self._due = self._clock.monotonic() + wait_s

    def _pool_class(self) -> str:
        found = self._probe.pool_class
        if found == PoolClass.LOCKS and self._slots.takes_late_writes():
            return PoolClass.REPLAY
        return found

    def _tell(self, seen: PoolSeen) -> None:
        if seen != self._seen:
            LOG.info("The pool is %s, its class %s", seen.pool_id or "away", seen.pool_class or "?")
            self._seen = seen
            self._changed()
