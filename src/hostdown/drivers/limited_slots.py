"""Slots on a pool that may hang: whoever looks at another host's is not held up by it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hostdown.domain.pool_errors import PoolFailed
from hostdown.domain.watchdog import Mark, Renewal, SlotContent
from hostdown.drivers.bounded_calls import BoundedCalls, TookTooLong
from hostdown.drivers.watch_slots import WatchSlotFiles

T = TypeVar("T")

LIMIT_S = 2.0
"""For one operation. One that hangs keeps all others from beginning until it comes back."""


class LimitedSlots:
    """`agent.watch_ports.WatchSlots` by others in `path`; what takes too long has failed."""

    def __init__(self, path: Path, slots: WatchSlotFiles, limit_s: float = LIMIT_S) -> None:
        self._path = path
        self._slots = slots
        self._limit_s = limit_s
        self._calls = BoundedCalls("slot", 1)

    def pool_id(self) -> str:
        """See `WatchSlots`."""
        return self._run(self._slots.pool_id)

    def renew(self, host: str, renewal: Renewal) -> SlotContent:
        """See `WatchSlots`."""
        return self._run(lambda: self._slots.renew(host, renewal))

    def read(self, host: str) -> SlotContent:
        """See `WatchSlots`."""
        return self._run(lambda: self._slots.read(host))

    def mark(self, host: str, mark: Mark) -> SlotContent:
        """See `WatchSlots`."""
        return self._run(lambda: self._slots.mark(host, mark))

    def _run(self, work: Callable[[], T]) -> T:
        try:
            return self._calls.run(work, self._limit_s)
        except TookTooLong as error:
            raise PoolFailed(path=self._path, reason=str(error)) from error
