"""Calls into a library that can hang, each in a thread of its own, so that a caller gets on.

Nothing ends a call that hangs in foreign code. It is left behind, counted, and there is a most of
such; when that is reached nothing new is begun until one comes back.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class TookTooLong(Exception):
    """The call has not come back in time. It goes on, and may still have its effect."""


class _Call(Generic[T]):
    def __init__(self, work: Callable[[], T], ended: Callable[[], None]) -> None:
        self._work = work
        self._ended = ended
        self._done = threading.Event()
        self._result: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._result.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._error = error
        finally:
            self._ended()
            self._done.set()

    def result(self, limit_s: float) -> T:
        if not self._done.wait(limit_s):
            raise TookTooLong(f"no answer in {limit_s:g} s")
        if self._error is not None:
            raise self._error
        return self._result[0]


class BoundedCalls:
    """At most `at_once_max` calls at a time, those included that hang."""

    def __init__(self, name: str, at_once_max: int) -> None:
        self._name = name
        self._free = threading.Semaphore(at_once_max)

    def run(self, work: Callable[[], T], limit_s: float) -> T:
        """What `work` returns or raises; raises TookTooLong after `limit_s` seconds."""
        if not self._free.acquire(timeout=limit_s):
            raise TookTooLong(f"no earlier call came back in {limit_s:g} s")
        call = _Call(work, self._free.release)
        threading.Thread(target=call.run, name=self._name, daemon=True).start()
        return call.result(limit_s)
