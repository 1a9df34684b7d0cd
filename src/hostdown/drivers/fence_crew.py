"""`services.fence_crew_ports.FenceCrew` and `services.fence_check_ports.CheckCrew` by threads; each
call of theirs ends in its own time.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

LOG = logging.getLogger(__name__)

AT_ONCE_MAX = 16
"""Devices that are asked at a time: each look at a Redfish BMC takes 0.2 s of the processor."""
CHECKED_AT_ONCE_MAX = 2
"""Hosts that are checked at a time, by threads of their own."""

R = TypeVar("R")


class FenceThreads(Generic[R]):
    """Does one thing at a time for each recovery, or each host. Safe between threads."""

    def __init__(self, at_once: int = AT_ONCE_MAX) -> None:
        self._pool = ThreadPoolExecutor(at_once, "fence")
        self._lock = threading.Lock()
        self._busy: dict[Hashable, bool] = {}
        """Recoveries, or hosts, that are asked for, and whether that is urgent."""
        self._at_once = at_once
        self._results: SimpleQueue[R] = SimpleQueue()

    def is_free(self, key: Hashable) -> bool:
        return key not in self._busy and len(self._busy) < self._at_once

    def begin(self, key: Hashable, work: Callable[[], R], is_urgent: bool = True) -> bool:
        with self._lock:
            calm = sum(not urgent for urgent in self._busy.values())
            if not self.is_free(key) or not (is_urgent or 2 * (calm + 1) <= self._at_once):
                return False
            self._busy[key] = is_urgent
        self._pool.submit(self._work, key, work)
        return True

    def results(self) -> list[R]:
        found = []
        while True:
            try:
                found.append(self._results.get_nowait())
            except Empty:
                return found

    def _work(self, key: Hashable, work: Callable[[], R]) -> None:
        try:
            self._results.put(work())
        except Exception:
            LOG.exception("Asking a fence device for %s broke down", key)
        finally:
            with self._lock:
                del self._busy[key]
