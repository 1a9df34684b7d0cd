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
    __slots__ = ("error", "result", "settled", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.settled = False
        self.result: Any = None
        self.error: Exception | None = None

    def settle(self, result: object, error: Exception | None) -> None:
        self.result = result
        self.error = error
        self.settled = True


class Combiner:
    """Lets threads write through one connection.

    Each thread queues its work, then waits to be leader; when it gets there its work may have been
    done by an earlier one. So no wake-up can be lost: whatever ends a leader, even a
    KeyboardInterrupt, frees the lock, and the works that it leaves are led by their own threads.
    """

    def __init__(self, transactions: Together) -> None:
        self._transactions = transactions
        self._queue: deque[_Request] = deque()
        self._lead = Lock()

    def run(self, work: Callable[[Transaction], T]) -> T:
        """The work's result, once it is durable; raises what the work or the commit raised."""
        request = _Request(work)
        self._queue.append(request)
        try:
            with self._lead:
                while not request.settled:
                    self._lead_one_batch(request)
        finally:
            if not request.settled:  # this thread was interrupted: nobody waits for the result
                with suppress(ValueError):
                    self._queue.remove(request)
        if request.error is not None:
            raise request.error
        result: T = request.result
        return result

    def _lead_one_batch(self, own: _Request) -> None:
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_MAX))]
        try:
            if len(batch) == 1:
                self._alone(batch[0])
            else:
                self._batch(batch)
        finally:
            # Only a BaseException leaves some unsettled: nothing of theirs was committed. What
            # interrupted this thread may be its own work, which nobody else must run.
            others = [r for r in batch if not r.settled and r is not own]
            self._queue.extendleft(reversed(others))

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
