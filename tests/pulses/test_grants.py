"""What a petter is granted: only by marks that were looked at lately, and only that."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from tests.agent.house import TestClock
from tests.pulses.hosts import EPOCH, SECOND_NS, read, record, sent

from hostdown.domain.errors import CellUnavailable
from hostdown.domain.pulse import FAREWELL, PETTER
from hostdown.services.pulses import PulseBook
from hostdown.services.watchdog_grants import WatchdogGrants
from hostdown.services.watchdog_ports import NoGrant

HOST = record()._replace(boot=3)
AT = datetime(2026, 3, 1, 12)


class Marks:
    """A cell of which only the marks are read. `befalls`: what happens while it is."""

    name = "cell1"

    def __init__(self) -> None:
        self.marks: list[NoGrant] = []
        self.befalls: Callable[[], None] = lambda: None

    def read(self, work: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - as `Cell.read`
        found = list(self.marks)
        self.befalls()

        class Rows:
            class no_grants:
                all = staticmethod(lambda: found)

        return work(Rows)

    def all(self) -> list["Marks"]:
        return [self]


class Bench:
    """An observer with its marks and a clock."""

    def __init__(self) -> None:
        self.clock = TestClock()
        self.cell = Marks()
        self.grants = WatchdogGrants(self.cell, self.clock.monotonic)  # type: ignore[arg-type] # a cell in place of cells
        self.book = PulseBook(EPOCH, self.clock, self.grants.allow)
        self.book.learn(HOST)
        self._sequence = 0

    def granted(self) -> bool:
        self._sequence += 1
        now_ns = round(self.clock.monotonic() * SECOND_NS)
        said = sent(HOST, self._sequence, PETTER)
        return read(HOST, self.book.take(said, now_ns, now_ns)).granted


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_nobody_is_granted_anything_before_the_first_look(bench: Bench) -> None:
    assert not bench.granted()
    bench.grants.look()
    assert bench.granted()


def test_a_look_is_good_for_half_a_second_from_its_beginning(bench: Bench) -> None:
    bench.cell.befalls = lambda: bench.clock.forward(0.3)
    bench.grants.look()
    bench.clock.forward(0.19)
    assert bench.granted()
    bench.clock.forward(0.02)
    assert not bench.granted()


def test_a_look_that_fails_leaves_the_one_before_to_grow_old(bench: Bench) -> None:
    def fail() -> None:
        raise CellUnavailable(cell="cell1")

    bench.grants.look()
    bench.cell.befalls = fail
    bench.clock.forward(0.4)
    with pytest.raises(CellUnavailable):
        bench.grants.look()
    assert bench.granted()
    bench.clock.forward(0.2)
    assert not bench.granted()


@pytest.mark.parametrize(("boot", "granted"), [(2, True), (3, False), (4, False)])
def test_a_mark_covers_its_boot_and_those_before(bench: Bench, boot: int, granted: bool) -> None:
    bench.cell.marks = [NoGrant(HOST.id, boot, 1, AT), NoGrant(record(2).id, 9, 2, AT)]
    bench.grants.look()
    assert bench.granted() is granted


def test_a_host_of_a_cell_that_is_not_read_gets_none(bench: Bench) -> None:
    bench.grants.look()
    assert not bench.grants.allow(HOST._replace(cell="cell2"))


def test_a_pulse_of_a_petter_is_no_life(bench: Bench) -> None:
    bench.grants.look()
    assert bench.granted()
    assert bench.book.newest_ns(HOST.id) is None
    assert bench.book.stirred.empty()
    bench.book.take(sent(HOST, 1), 5, 5)
    bench.book.take(sent(HOST, 2, FAREWELL), 6, 6)
    assert bench.granted()
    assert bench.book.is_gone(HOST.id)


def test_other_pulses_are_granted_nothing(bench: Bench) -> None:
    bench.grants.look()
    for path in (0, FAREWELL):
        assert not read(HOST, bench.book.take(sent(HOST, 1, path), 5, 5)).granted
