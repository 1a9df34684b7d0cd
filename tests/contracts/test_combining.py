"""Writers that wait share a commit, and nothing else (docs/decisions/0004-combined-writers.md)."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread, Timer
from typing import Any

import pytest

from hostdown.storage.combine import BATCH_MAX, Combiner, Work
from hostdown.storage.transaction import Cursor, Transaction

PATIENCE_S = 30


class NoCursor:
    rowcount = 0

    def execute(self, sql: str, params: object = (), /) -> object:
        raise AssertionError(sql)

    executemany = execute

    def fetchall(self) -> list[tuple[Any, ...]]:
        return []


@dataclass
class Transactions:
    """Runs works in memory; `batches` tells how many each transaction had."""

    batches: list[int] = field(default_factory=list)
    broken: Exception | None = None

    def alone(self, work: Work) -> object:
        self.batches.append(1)
        cursor: Cursor = NoCursor()
        return work(Transaction(cursor))

    def batch(self, works: list[Work]) -> list[tuple[Any, Exception | None]]:
        self.batches.append(len(works))
        if self.broken is not None:
            raise self.broken
        return [self._tried(work) for work in works]

    def _tried(self, work: Work) -> tuple[Any, Exception | None]:
        cursor: Cursor = NoCursor()
        try:
            return work(Transaction(cursor)), None
        except Exception as error:  # noqa: BLE001 - the port's contract
            return None, error


@dataclass
class Queue:
    """One writer that is held up, and others that queue behind it."""

    transactions: Transactions
    outcomes: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.combiner = Combiner(self.transactions)
        self.entered, self.go_on = Event(), Event()
        self.threads: list[Thread] = []

    def hold_up(self, ends_with: BaseException | None = None) -> None:
        def held(_tx: Transaction) -> str:
            self.entered.set()
            assert self.go_on.wait(PATIENCE_S)
            if ends_with is not None:
                raise ends_with
            return "held"

        self.start("held", held)
        assert self.entered.wait(PATIENCE_S)

    def start(self, name: str, work: Callable[[Transaction], object]) -> None:
        def run() -> None:
            try:
                self.outcomes[name] = self.combiner.run(work)
            except BaseException as error:  # noqa: BLE001 - what this test looks at
                self.outcomes[name] = error

        queued = len(self.combiner._queue)
        thread = Thread(target=run)
        self.threads.append(thread)
        thread.start()
        while name != "held" and len(self.combiner._queue) == queued:
            thread.join(timeout=0.001)

    def finish(self) -> dict[str, object]:
        self.go_on.set()
        for thread in self.threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
        return self.outcomes


def fail(_tx: Transaction) -> None:
    raise LookupError("mine alone")


def test_a_lone_writer_has_a_transaction_of_its_own() -> None:
    transactions = Transactions()
    assert Combiner(transactions).run(lambda _tx: 7) == 7
    assert transactions.batches == [1]


def test_writers_that_wait_share_a_transaction_and_get_their_own_results() -> None:
    queue = Queue(Transactions())
    queue.hold_up()
    for name in "abc":
        queue.start(name, lambda _tx, n=name: n.upper())
    queue.start("bad", fail)
    outcomes = queue.finish()
    error = outcomes.pop("bad")
    assert isinstance(error, LookupError)
    assert outcomes == {"held": "held", "a": "A", "b": "B", "c": "C"}
    assert queue.transactions.batches == [1, 4]


def test_a_transaction_that_fails_as_a_whole_is_run_again_one_by_one() -> None:
    queue = Queue(Transactions(broken=OSError("disk")))
    queue.hold_up()
    queue.start("a", lambda _tx: "A")
    queue.start("bad", fail)
    outcomes = queue.finish()
    assert isinstance(outcomes.pop("bad"), LookupError)
    assert outcomes == {"held": "held", "a": "A"}
    assert queue.transactions.batches == [1, 2, 1, 1]


def test_a_transaction_has_a_limit() -> None:
    queue = Queue(Transactions())
    queue.hold_up()
    for number in range(BATCH_MAX + 5):
        queue.start(str(number), lambda _tx, n=number: n)
    outcomes = queue.finish()
    assert queue.transactions.batches == [1, BATCH_MAX, 5]
    assert {name: value for name, value in outcomes.items() if name != "held"} == {
        str(number): number for number in range(BATCH_MAX + 5)
    }


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(1)])
def test_a_leader_that_is_interrupted_leaves_nobody_waiting(end: BaseException) -> None:
    queue = Queue(Transactions())
    queue.hold_up(ends_with=end)
    for name in "abc":
        queue.start(name, lambda _tx, n=name: n)
    outcomes = queue.finish()
    assert outcomes == {"held": end, "a": "a", "b": "b", "c": "c"}


def test_a_leader_that_is_interrupted_in_a_batch_leaves_the_others_to_themselves() -> None:
    interrupts = iter([KeyboardInterrupt()])

    def interrupted(_tx: Transaction) -> str:
        for interrupt in interrupts:
            raise interrupt
        return "second try"

    queue = Queue(Transactions())
    queue.hold_up()
    queue.start("a", interrupted)
    queue.start("b", lambda _tx: "b")
    outcomes = queue.finish()
    left = [value for value in outcomes.values() if isinstance(value, KeyboardInterrupt)]
    assert len(left) == 1
    settled = {value for value in outcomes.values() if isinstance(value, str)}
    assert settled <= {"held", "b", "second try"}
    assert len(settled) == 2


def test_a_thread_that_is_interrupted_while_it_waits_leaves_the_queue() -> None:
    ran: list[str] = []
    queue = Queue(Transactions())
    queue.hold_up()
    # A command that ran in this process before may have left a handler of its own.
    left = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt = Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            queue.combiner.run(lambda _tx: ran.append("main"))
    finally:
        signal.signal(signal.SIGINT, left)
    queue.start("a", lambda _tx: "a")
    assert queue.finish() == {"held": "held", "a": "a"}
    assert ran == []


def test_leaders_follow_each_other_without_end() -> None:
    combiner = Combiner(Transactions())
    done: list[int] = []

    def write() -> None:
        done.extend(combiner.run(lambda _tx, n=n: n) for n in range(500))

    threads = [Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert sorted(done) == sorted(8 * list(range(500)))
