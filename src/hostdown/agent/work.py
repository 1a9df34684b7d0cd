"""Keys that wait for their turn: each is worked on by one thread at a time.

That is the lock of an instance: start, stop, surrender and everything else that is done to it takes
its key here first (NEVER-TWICE "Start" and W3). A key that comes again while it is worked on gets
another turn afterwards.
"""

import heapq
import threading
from typing import Protocol

from hostdown.services.ports import Clock

LOOK_S = 1.0
"""How long a thread waits at most before it looks at the clock again."""


class Turns(Protocol):
    """Where a worker asks for turns."""

    def put(self, key: str, delay_s: float = 0.0) -> None:
        """A turn for `key`, in `delay_s` seconds or at the moment that it has already."""
        ...

    def close(self) -> None:
        """Nobody gets another turn."""
        ...


class WorkQueue:
    """Safe between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._order: list[tuple[float, str]] = []
        self._busy: set[str] = set()
        self._closed = False
        self._changed = threading.Condition()

    def put(self, key: str, delay_s: float = 0.0) -> None:
        """A turn for `key`, in `delay_s` seconds or at the moment that it has already."""
        due = self._clock.monotonic() + delay_s
        with self._changed:
            if due < self._due.get(key, float("inf")):
                self._due[key] = due
                heapq.heappush(self._order, (due, key))
                self._changed.notify()

    def take(self, wait: bool = True) -> str | None:
        """The key whose turn it is; None if the queue is closed, or if nobody is to wait."""
        with self._changed:
            while not self._closed:
                key, wait_s = self._next()
                if key is not None:
                    self._busy.add(key)
                    return key
                if not wait:
                    return None
                self._changed.wait(wait_s)
        return None

    def done(self, key: str) -> None:
        """Its turn ended."""
        with self._changed:
            self._busy.discard(key)
            if key in self._due:
                heapq.heappush(self._order, (self._due[key], key))
            self._changed.notify()

    def close(self) -> None:
        """Nobody gets another turn."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self) -> tuple[str | None, float]:
        """The first key that is due and free, or how long to wait."""
        now = self._clock.monotonic()
        while self._order:
            due, key = self._order[0]
            if self._due.get(key) != due or key in self._busy:
                heapq.heappop(self._order)  # an older turn, or `done` brings it back
            elif due > now:
                return None, min(due - now, LOOK_S)
            else:
                heapq.heappop(self._order)
                del self._due[key]
                return key, 0.0
        return None, LOOK_S
