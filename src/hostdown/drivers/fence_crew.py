"""`services.fence_crew_ports.FenceCrew` by threads; each call of theirs ends in its own time."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from hostdown.services.fence_crew_ports import Reached

LOG = logging.getLogger(__name__)

AT_ONCE_MAX = 16
"""Devices that are asked at a time: each look at a Redfish BMC takes 0.2 s of the processor."""


class FenceThreads:
    """Safe between threads."""

    def __init__(self, at_once: int = AT_ONCE_MAX) -> None:
        self._pool = ThreadPoolExecutor(at_once, "fence")
        self._lock = threading.Lock()
        self._busy: dict[int, bool] = {}
        """Recoveries that are asked for, and whether that is urgent."""
        self._at_once = at_once
        self._results: SimpleQueue[Reached] = SimpleQueue()

    def is_free(self, recovery: int) -> bool:
        return recovery not in self._busy and len(self._busy) < self._at_once

    def begin(self, recovery: int, work: Callable[[], Reached], is_urgent: bool = True) -> bool:
        with self._lock:
            calm = sum(not urgent for urgent in self._busy.values())
            if not self.is_free(recovery) or not (is_urgent or 2 * (calm + 1) <= self._at_once):
                return False
            self._busy[recovery] = is_urgent
        self._pool.submit(self._work, recovery, work)
        return True

    def results(self) -> list[Reached]:
        found = []
        while True:
            try:
                found.append(self._results.get_nowait())
            except Empty:
                return found

    def _work(self, recovery: int, work: Callable[[], Reached]) -> None:
        try:
            self._results.put(work())
        except Exception:
            LOG.exception("Asking a fence device for recovery %d broke down", recovery)
        finally:
            with self._lock:
                del self._busy[recovery]
