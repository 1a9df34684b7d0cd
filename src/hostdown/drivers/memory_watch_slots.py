"""Slots of watched hosts in memory, for tests and simulated pools."""

from hostdown.domain.pool_errors import PoolFailed
from hostdown.domain.watchdog import (
    Mark,
    Renewal,
    SlotContent,
    forbids,
    mark_block,
    renewal_block,
    slot_content,
)


class MemoryWatchSlots:
    """`agent.watch_ports.WatchSlots` on a pool that is called `pool`; all hosts share one."""

    def __init__(self, pool: str) -> None:
        self._pool = pool
        self._slots: dict[str, tuple[bytes, bytes]] = {}

    def pool_id(self) -> str:
        """See `WatchSlots`."""
        return self._pool

    def renew(self, host: str, renewal: Renewal) -> SlotContent:
        """See `WatchSlots`."""
        mark = self._slots[host][1] if host in self._slots else b""
        self._slots[host] = renewal_block(renewal), mark
        return self.read(host)

    def read(self, host: str) -> SlotContent:
        """See `WatchSlots`."""
        if host not in self._slots:
            raise PoolFailed(path=self._pool, reason="No such file or directory")
        return slot_content(b"".join(self._slots[host]))

    def mark(self, host: str, mark: Mark) -> SlotContent:
        """See `WatchSlots`."""
        if not forbids(self.read(host).mark, mark.boot):
            self._slots[host] = self._slots[host][0], mark_block(mark)
        return self.read(host)
