"""What was found out about tokens, for a while, without the tokens themselves."""

import hashlib
import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Up to `count_max` values by token; beyond it the oldest go. Safe to use from many threads.

    Only a hash of each token is kept, so that a dump of the memory holds none of them.
    """

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._kept: dict[bytes, tuple[T, float]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, token: str, now_s: float) -> T | None:
        """What was put, until its time is over; `now_s` is monotonic."""
        found = self._kept.get(_key(token))
        return found[0] if found is not None and now_s < found[1] else None

    def put(self, token: str, value: T, until_s: float) -> None:
        """Keep a value until a monotonic moment, in place of what there was."""
        key = _key(token)
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (value, until_s)
            while len(self._kept) > self._count_max:
                del self._kept[next(iter(self._kept))]


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
