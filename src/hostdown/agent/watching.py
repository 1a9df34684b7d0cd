"""The look at every lease, each second: a guest whose disk is another's dies at once (W1).

It takes no locks and asks no hypervisor, so that nothing that hangs can keep it from killing. What
is noted and told of it is the worker's business, afterwards.
"""

import logging
import threading
from collections.abc import Callable

from hostdown.agent.guest_errors import HypervisorSilent, NotGone
from hostdown.agent.site import Site
from hostdown.agent.starting import AT_ONCE
from hostdown.domain.assignment import Holder
from hostdown.domain.errors import HostdownError
from hostdown.domain.lease import Watch, watch
from hostdown.domain.pool_errors import LeaseUnreadable, PoolAbsent

LOG = logging.getLogger("hostdown.agent")

LOOK_EVERY_S = 1.0
"""Between two looks at all leases of a pool."""

LATE_S = 1.0
"""A look that takes longer counts as a pool that cannot be read."""


class Watcher:
    """The one reader of a pool. `look` is called by one thread; the rest by any."""

    def __init__(self, site: Site, changed: Callable[[str], None]) -> None:
        """`changed` is told of each instance that needs its turn now."""
        self._site = site
        self._changed = changed
        self._alarms: set[str] = set()
        self._since: float | None = None

    def look(self) -> None:
        """One look at the lease of every guest."""
        self._since = self._site.clock.boottime()
        held = self._site.live.all()
        for uuid, holder in held.items():
            self._look_at(uuid, holder)
        self._alarms &= held.keys()
        self._since = None

    @property
    def storage_lost(self) -> bool:
        """Whether some lease cannot be read, or the reader hangs: nobody knows who has the disk."""
        since = self._since
        late = since is not None and self._site.clock.boottime() - since > LATE_S
        return late or bool(self._alarms)

    def run(self, stopping: threading.Event) -> None:
        """Look until told to stop; after any gap the first thing is a look."""
        while not stopping.is_set():
            try:
                self.look()
            except Exception:
                LOG.exception("A look at the leases broke down")
            stopping.wait(LOOK_EVERY_S)

    def _look_at(self, uuid: str, holder: Holder) -> None:
        try:
            lease = self._site.leases.read(uuid)
        except (LeaseUnreadable, PoolAbsent) as error:
            self._alarm(uuid, error)
            return
        verdict = watch(holder, lease)
        if verdict is Watch.ALARM:
            self._alarm(uuid, "its lease is gone, or older than it")
            return
        if uuid in self._alarms:
            self._alarms.discard(uuid)
            LOG.warning("Instance %s: its lease can be read again.", uuid)
        if verdict is Watch.KILL:
            LOG.error("Instance %s is killed here: its lease is not this host's any more.", uuid)
            self._kill(uuid)
        if verdict is not Watch.KEEP:
            self._changed(uuid)

    def _kill(self, uuid: str) -> None:
        try:
            self._site.guests.end(uuid, AT_ONCE)
        except (NotGone, HypervisorSilent) as error:
            LOG.error("Instance %s cannot be killed: %s Trying again.", uuid, error)

    def _alarm(self, uuid: str, reason: HostdownError | str) -> None:
        """It keeps running: an unreadable lease is not a newer one."""
        if uuid not in self._alarms:
            self._alarms.add(uuid)
            LOG.error("Instance %s goes on, but its lease is not there to check: %s", uuid, reason)
