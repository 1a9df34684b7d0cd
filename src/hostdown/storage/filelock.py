"""A lock between processes that writes to one SQLite file, fair where SQLite's own is not.

SQLite's waiters poll: a busy process takes the lock again and again before a waiting one looks, and
waits of over a second were measured. Here whoever wants the lock first takes a turnstile and keeps
it until the lock is his, so that the one who just let go queues behind him. Both are `flock`s, so
a process that dies frees them; they belong to the open file, so that a lock is opened after a
fork, never before.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from hostdown.storage.transaction import Unavailable

_WAIT_FIRST_S = 0.0001
_WAIT_MAX_S = 0.002


class FileLock:
    """Holds two side files open; used by one thread at a time."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._turnstile = _open(path.with_name(path.name + ".turn"))
        try:
            self._lock = _open(path)
        except OSError:
            os.close(self._turnstile)
            raise

    @contextmanager
    def held(self) -> Iterator[None]:
        """Raises Unavailable if somebody else holds it for `timeout_s`."""
        self._take(self._turnstile)
        try:
            self._take(self._lock)
        finally:
            fcntl.flock(self._turnstile, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._lock)
        os.close(self._turnstile)

    def _take(self, descriptor: int) -> None:
        # flock has no timeout: ask, and wait a little longer each time. Waits are counted rather
        # than read from a clock.
        never = Event()
        waited_s, wait_s = 0.0, _WAIT_FIRST_S
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if waited_s >= self._timeout_s:
                    raise Unavailable("another process holds the write lock") from None
            never.wait(wait_s)
            waited_s += wait_s
            wait_s = min(2 * wait_s, _WAIT_MAX_S)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
