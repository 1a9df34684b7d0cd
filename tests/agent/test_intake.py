"""The intake under any order of reports, workers and failures: the newest wins, nothing twice."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agent.house import House
from tests.metrics.kept import KeptCounts
from tests.stores import fast_directory, sqlite_settings

from hostdown.domain.errors import CellUnavailable, ReportReplayed, SessionEnded
from hostdown.domain.model import HostRecord
from hostdown.drivers.simulated_hypervisor import SimulatedHypervisor
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.host_cache import LOOKUPS_PER_S_MAX
from hostdown.services.refusals import KEYS_MAX, Refusals
from hostdown.services.reports import Report, ReportIntake
from hostdown.storage import open_storage

T = TypeVar("T")

HOSTS = ("a", "b")
RESOURCES = SimulatedHypervisor("x").resources()


@contextmanager
def opened() -> Iterator[House]:
    with fast_directory() as directory:
        storage = open_storage(sqlite_settings(Path(directory)))
        try:
            house = House(storage)
            house.file = Path(directory) / "hostdown.sqlite"
            yield house
        finally:
            storage.close()


def report(session: int, sequence: int) -> Report:
    """A report of a host whose resources change with every third one."""
    return Report(
        session, sequence, since(sequence), RESOURCES._replace(vcpus_used=since(sequence))
    )


def since(sequence: int) -> int:
    return max(1, sequence - sequence % 3)


def known(house: House, name: str) -> HostRecord:
    found = house.storage.directory.read(lambda rows: rows.hosts.named(name))
    assert found is not None
    return found


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("report"),
            st.integers(0, 1),
            st.sampled_from(HOSTS),
            st.integers(2, 12),
        ),
        st.tuples(st.just("flush"), st.integers(0, 1), st.none(), st.none()),
        st.tuples(st.just("fail"), st.integers(0, 1), st.none(), st.none()),
    ),
    max_size=40,
)


class Failing:
    """A cell that may be told to fail its writes."""

    def __init__(self, cell: Cell) -> None:
        self.name = cell.name
        self.read = cell.read
        self._cell = cell
        self.broken = False

    def write(self, work: Callable[[CellRows], T]) -> T:
        if self.broken:
            raise CellUnavailable(cell=self.name)
        return self._cell.write(work)

    def named(self, name: str) -> "Failing":
        return self

    def all(self) -> list["Failing"]:
        return [self]


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_whatever_the_order_the_newest_report_is_what_stays(
    steps: list[tuple[str, int, str | None, int | None]],
) -> None:
    with opened() as house:
        for name in HOSTS:
            house.reporting(name)
        cells = [Failing(house.storage.cells.all()[0]) for _ in range(2)]
        workers = [ReportIntake(house.storage.directory, cell) for cell in cells]
        newest: dict[str, tuple[int, datetime]] = {}
        taken: set[tuple[int, str, int]] = set()
        highest: dict[tuple[int, str], int] = {}
        for kind, number, name, sequence in steps:
            house.clock.forward(1)
            now = house.clock.now()
            cells[number].broken = kind == "fail"
            if name is None or sequence is None:
                flush(workers[number], now, fails=kind == "fail")
                continue
            try:
                workers[number].take(known(house, name), report(1, sequence), now)
            except ReportReplayed:
                assert sequence <= highest[number, name]
                continue
            assert sequence > highest.get((number, name), 1)
            highest[number, name] = sequence
            assert (number, name, sequence) not in taken
            taken.add((number, name, sequence))
            if sequence > newest.get(name, (0, now))[0]:
                newest[name] = (sequence, now)
        check(house, workers, cells, newest, taken)


def flush(worker: ReportIntake, now: datetime, fails: bool) -> None:
    try:
        worker.flush(now)
    except CellUnavailable:
        assert fails


def check(
    house: House,
    workers: list[ReportIntake],
    cells: list[Failing],
    newest: dict[str, tuple[int, datetime]],
    taken: set[tuple[int, str, int]],
) -> None:
    for worker, cell in zip(workers, cells, strict=True):
        cell.broken = False
        worker.flush(house.clock.now())
    for name, (sequence, seen_at) in newest.items():
        service = house.service(name)
        assert service is not None
        twins = [n for n, host, s in taken if (host, s) == (name, sequence)]
        assert service.last_seen_up is not None
        if len(twins) == 1:
            assert service.last_seen_up == seen_at
        assert service.last_seen_up >= seen_at
        assert used(house, name) == since(sequence)


def used(house: House, name: str) -> int:
    """What the compute node of a host says of its processors: the first sequence that says so."""
    with closing(sqlite3.connect(house.file)) as database:
        select = "SELECT vcpus_used FROM compute_nodes WHERE host = ?"
        return int(database.execute(select, (name,)).fetchone()[0])


def test_a_flush_that_fails_keeps_the_newest_and_tries_again(house: House) -> None:
    house.reporting("a")
    cell = Failing(house.storage.cells.all()[0])
    worker = ReportIntake(house.storage.directory, cell)
    cell.broken = True
    for sequence in (2, 3):
        house.clock.forward(1)
        worker.take(known(house, "a"), report(1, sequence), house.clock.now())
        with pytest.raises(CellUnavailable):
            worker.flush(house.clock.now())
        assert worker.behind
    seen_at = house.clock.now()
    cell.broken = False
    house.clock.forward(1)
    worker.flush(house.clock.now())
    assert not worker.behind
    service = house.service("a")
    assert service is not None
    assert service.last_seen_up == seen_at


def test_reports_refusals_and_writes_that_fail_are_counted(house: House) -> None:
    house.reporting("a")
    cell, counts = Failing(house.storage.cells.all()[0]), KeptCounts()
    worker = ReportIntake(house.storage.directory, cell, counts)
    for sequence in (2, 3):
        worker.take(known(house, "a"), report(1, sequence), house.clock.now())
    with pytest.raises(ReportReplayed):
        worker.take(known(house, "a"), report(1, 3), house.clock.now())
    worker.refusals.count(None, "malformed", house.clock.now(), 4)
    cell.broken = True
    with pytest.raises(CellUnavailable):
        worker.flush(house.clock.now())
    assert counts.counts == {
        ("reports_total",): 2,
        ("reports_refused_total", "malformed"): 4,
        ("report_writes_failed_total",): 1,
    }


def test_a_deletion_reaches_the_cache_with_the_next_refresh(house: House) -> None:
    house.reporting("a")
    record = known(house, "a")
    intake, _ = house.worker()
    intake.refresh()
    assert intake.hosts.get(record.id, house.clock.now()) == record
    gone = record._replace(deleted_at=house.clock.now())
    house.storage.directory.write(lambda rows: rows.hosts.replace(record, gone))
    assert intake.hosts.get(record.id, house.clock.now()) == record
    intake.refresh()
    assert intake.hosts.get(record.id, house.clock.now()) == gone


def test_an_older_row_never_covers_a_newer_one_in_the_cache(house: House) -> None:
    house.reporting("a")
    record = known(house, "a")
    gone = record._replace(deleted_at=house.clock.now())
    house.intake.hosts.put(gone)
    house.intake.hosts.put(record._replace(session=5))
    assert house.intake.hosts.get(record.id, house.clock.now()) == gone


def test_guessed_host_ids_cost_a_bounded_number_of_looks(house: House) -> None:
    looks = 0
    directory = house.storage.directory

    class Counting:
        write = staticmethod(directory.write)

        def read(self, work: Callable[[DirectoryRows], T]) -> T:
            nonlocal looks
            looks += 1
            return directory.read(work)

    intake = ReportIntake(Counting(), house.storage.cells)
    for number in range(2 * LOOKUPS_PER_S_MAX):
        intake.hosts.get(f"guess-{number}", house.clock.now())
    assert looks == LOOKUPS_PER_S_MAX
    house.clock.forward(1)
    intake.hosts.get("guess", house.clock.now())
    assert looks == LOOKUPS_PER_S_MAX + 1


def test_a_session_begun_at_another_worker_is_found_at_once(house: House) -> None:
    host = house.reporting("a")
    other, _ = house.worker()
    other.refresh()
    house.reporting("a", store=host.store)
    record = known(house, "a")
    seen = other.hosts.get(record.id, house.clock.now())
    assert seen is not None
    assert seen.session == 1
    other.take(seen, report(2, 5), house.clock.now())
    with pytest.raises(SessionEnded):
        other.take(known(house, "a"), report(1, 9), house.clock.now())


def test_refusals_are_counted_in_bounded_memory() -> None:
    refusals = Refusals()
    now = datetime(2026, 1, 1)
    base = HostRecord("i", "n", "c", b"", "m", "b", 1, 1, "v", now, None)
    for number in range(2 * KEYS_MAX):
        moment = now + timedelta(seconds=number)
        refusals.count(base._replace(name=f"host{number}"), "malformed", moment)
    counted = refusals.drain()
    assert len(counted) == KEYS_MAX + 1
    assert sum(c.refusal.times for c in counted) == 2 * KEYS_MAX
    rest = next(c for c in counted if not c.refusal.host)
    assert (rest.cell, rest.refusal.times) == ("", KEYS_MAX)
    assert rest.refusal.last_at == now + timedelta(seconds=2 * KEYS_MAX - 1)
    refusals.restore(counted)
    assert sorted(refusals.drain()) == sorted(counted)
    assert refusals.drain() == []
    assert refusals.totals() == {"malformed": 2 * KEYS_MAX}
