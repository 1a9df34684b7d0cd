"""A host that died while there was no observer is missed by the next one, and nobody else is."""

from datetime import timedelta

import pytest
from tests.pulses.hosts import record, sent
from tests.pulses.test_lookout import TEN, Tower

from hostdown.domain.model import COMPUTE, HostRecord
from hostdown.services.cell_ports import CellRows, Heartbeat
from hostdown.services.lookout import FIRST
from hostdown.services.roll_call import RECENT
from hostdown.storage import Storage

DEAD, FAREWELL = TEN[1], 255
FIRST_S = FIRST.total_seconds()


class Town(Tower):
    """Whose hosts report."""

    def report(self, *hosts: HostRecord) -> None:
        def work(rows: CellRows) -> None:
            for host in hosts:
                found = rows.services.find(host.name, COMPUTE)
                made = found[0] if found else rows.services.create(host.name, COMPUTE, now, None)
                assert made is not None
                rows.reports.heartbeats([Heartbeat(made.id, now, self.sequence + 1)])

        now = self.clock.now()
        self.store.cells.named("cell1").write(work)

    def restart(self, *silent: HostRecord) -> None:
        """The next observer; these are not heard by it."""
        self.begin()
        self.open()
        self.pass_by(FIRST_S - 0.2, *silent)
        assert self.silent() == []
        self.pass_by(0.3, *silent)


@pytest.fixture
def town(store: Storage) -> Town:
    made = Town(store)
    made.open()
    made.report(*TEN)
    made.pass_by(1)
    return made


def test_a_host_that_died_before_the_observer_began_is_missed(town: Town) -> None:
    town.restart(DEAD)
    assert town.silent() == [DEAD.name]
    town.pass_by(3 * FIRST_S, DEAD)
    assert town.silent() == [DEAD.name]
    town.pass_by(0.2)
    assert town.silent() == []


def test_one_that_reports_lives_though_it_is_not_heard(town: Town) -> None:
    town.clock.forward(1)
    town.begin()
    town.open()
    town.pass_by(5, DEAD)
    town.report(DEAD)
    town.pass_by(3 * FIRST_S, DEAD)
    assert town.silent() == []


def test_one_that_said_farewell_is_not_missed_but_in_its_next_session(town: Town) -> None:
    town.sequence += 1
    town.book.take(sent(DEAD, town.sequence, FAREWELL), town.now_ns, town.now_ns)
    town.pass_by(1, DEAD)
    town.restart(DEAD)
    assert town.silent() == []
    again = record(2, session=2)
    town.begin()
    town.book.learn(again)
    town.open()
    town.pass_by(FIRST_S + 0.2, DEAD)
    assert town.silent() == [DEAD.name]


def test_one_that_says_farewell_to_another_observer_meanwhile_is_not_missed(town: Town) -> None:
    town.begin()
    town.open()
    town.pass_by(5, DEAD)
    cell = town.store.cells.named("cell1")
    cell.write(lambda rows: rows.farewells.put(DEAD.id, DEAD.session))
    town.pass_by(2 * FIRST_S, DEAD)
    assert town.silent() == []


def test_one_that_was_gone_long_before_or_never_reported_is_not_missed(town: Town) -> None:
    town.clock.time += RECENT + timedelta(seconds=1)
    town.restart(DEAD)
    assert town.silent() == []


def test_an_observer_that_hears_nobody_misses_nobody_until_it_hears_the_others(town: Town) -> None:
    town.begin()
    town.open()
    town.pass_by(2 * FIRST_S, *TEN)
    assert town.silent() == []
    assert town.vote().blind
    town.pass_by(2 * FIRST_S, DEAD)
    assert town.silent() == [DEAD.name]
