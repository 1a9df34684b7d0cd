"""`services.crew_ports.Crew` by threads; each call of theirs ends in its own time."""

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

LOG = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Threads(Generic[K, R]):
    """At most `at_once` of them. Safe between threads."""

    def __init__(self, name: str, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, name)
        self._name = name
        self._lock = threading.Lock()
        self._busy: dict[K, bool] = {}
        """What is asked, and whether that is urgent."""
        self._at_once = at_once
        self._results: SimpleQueue[R] = SimpleQueue()

    def is_free(self, key: K) -> bool:
        return key not in self._busy and len(self._busy) < self._at_once

    def begin(self, key: K, work: Callable[[], R], is_urgent: bool = True) -> bool:
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

    def _work(self, key: K, work: Callable[[], R]) -> None:
        try:
            self._results.put(work())
        except Exception:
            LOG.exception("What the crew '%s' did for %s broke down", self._name, key)
        finally:
            with self._lock:
                del self._busy[key]
