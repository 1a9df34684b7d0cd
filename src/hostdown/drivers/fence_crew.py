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
"""Hosts that are checked at a time, beside those."""

R = TypeVar("R")


class FenceThreads(Generic[R]):
    """Does one thing for each key at a time. Safe between threads."""

    def __init__(self, at_once: int = AT_ONCE_MAX) -> None:
        self._pool = ThreadPoolExecutor(at_once, "fence")
        self._lock = threading.Lock()
        self._busy: set[Hashable] = set()
        self._at_once = at_once
        self._results: SimpleQueue[R] = SimpleQueue()

    def is_free(self, key: Hashable) -> bool:
        return key not in self._busy and len(self._busy) < self._at_once

    def begin(self, key: Hashable, work: Callable[[], R]) -> bool:
        with self._lock:
            if not self.is_free(key):
                return False
            self._busy.add(key)
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
                self._busy.discard(key)
