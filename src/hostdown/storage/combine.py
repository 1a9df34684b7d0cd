"""Many writers, one durable commit (docs/decisions/0004-combined-writers.md).

A commit waits for the disk, 0.1 to 4 ms; whoever comes meanwhile queues. The next leader runs all
that queue in one transaction and commits once. A work that fails is undone alone, to its savepoint.
Nobody gets a result before the commit that holds it.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any, Protocol, TypeVar

from hostdown.storage.transaction import Transaction

T = TypeVar("T")
Work = Callable[[Transaction], Any]

BATCH_MAX = 64
"""Works in one transaction; so many still fit in a few milliseconds."""


class Together(Protocol):
    """A transaction at a time, used by one thread at a time."""

    def alone(self, work: Work) -> Any:  # noqa: ANN401 - whatever the work returns
        """Begin, run, commit; on any exception roll back and raise it."""
        ...

    def batch(self, works: list[Work]) -> list[tuple[Any, Exception | None]]:
        """Begin, run each work in a savepoint, commit.

        For each its result or what it raised. Raises, with nothing committed, if the transaction
        failed as a whole.
        """
        ...


class _Request:
    __slots__ = ("abandoned", "appointed", "error", "result", "settled", "wake", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.settled = False
        self.appointed = False
        self.abandoned = False
        self.result: Any = None
        self.error: Exception | None = None
        self.wake = Lock()
        self.wake.acquire()

    def settle(self, result: object, error: Exception | None) -> None:
        self.result = result
        self.error = error
        self.settled = True


class Combiner:
    """Lets threads write through one connection, one of them leading at a time.

    A thread queues its work and sleeps until it is done, or until it is appointed leader. Whatever
    ends a leader, even a KeyboardInterrupt, it appoints the next one, and puts back at the head of
    the queue what it took and did not do: so nobody sleeps for ever.
    """

    def __init__(self, transactions: Together) -> None:
        self._transactions = transactions
        self._mutex = Lock()
        self._queue: deque[_Request] = deque()
        self._led = False

    def run(self, work: Callable[[Transaction], T]) -> T:
        """The work's result, once it is durable; raises what the work or the commit raised."""
        request = _Request(work)
        try:
            with self._mutex:
                self._queue.append(request)
                request.appointed = not self._led
                self._led = True
            if not request.appointed:
                request.wake.acquire()
            while not request.settled:
                self._lead_one_batch(request)
        finally:
            self._leave(request)
        if request.error is not None:
            raise request.error
        result: T = request.result
        return result

    def _leave(self, request: _Request) -> None:
        with self._mutex:
            if not request.settled:  # this thread was interrupted: nobody waits for the result
                request.abandoned = True
                with suppress(ValueError):
                    self._queue.remove(request)
            if not request.appointed:
                return
            self._led = bool(self._queue)
            if self._led:
                self._queue[0].appointed = True
                self._queue[0].wake.release()

    def _lead_one_batch(self, own: _Request) -> None:
        with self._mutex:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_MAX))]
        try:
            if len(batch) == 1:
                self._alone(batch[0])
            else:
                self._batch(batch)
        finally:
            # Only a BaseException leaves some unsettled: nothing of theirs was committed. What
            # interrupted this thread may be its own work, which nobody else must run.
            others = [request for request in batch if request is not own]
            with self._mutex:
                self._queue.extendleft(
                    r for r in reversed(others) if not (r.settled or r.abandoned)
                )
            for request in others:
                if request.settled:
                    request.wake.release()

    def _alone(self, request: _Request) -> None:
        try:
            request.settle(self._transactions.alone(request.work), None)
        except Exception as error:  # noqa: BLE001 - handed to the thread whose work it is
            request.settle(None, error)

    def _batch(self, batch: list[_Request]) -> None:
        try:
            outcomes = self._transactions.batch([request.work for request in batch])
        except Exception:  # noqa: BLE001 - one at a time each thread gets its own error
            for request in batch:
                self._alone(request)
        else:
            for request, (result, error) in zip(batch, outcomes, strict=True):
                request.settle(result, error)
