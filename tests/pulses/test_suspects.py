"""Hosts that others say are down, and that an observer never heard."""

from datetime import timedelta

import pytest
from tests.pulses.hosts import record, sent
from tests.pulses.test_lookout import QUIET_S, TEN, Tower

from hostdown.domain.fault_events import FaultEvent, FaultKind
from hostdown.domain.model import COMPUTE, HostRecord
from hostdown.domain.pulse import FAREWELL
from hostdown.services.cell_ports import CellRows, Heartbeat
from hostdown.services.lookout import FIRST
from hostdown.storage import Storage

MUTE, OTHER = record(21), record(22)
"""Hosts that report and send no pulses."""


class Crowd(Tower):
    """Beside ten hosts that pulse, two that only report; who reports is said."""

    def begin(self) -> None:
        self.first = timedelta(days=1)  # nobody is missed because of the observer's beginning
        super().begin()
        for each in (MUTE, OTHER):
            self.book.learn(each)

    def enrol(self) -> None:
        def work(rows: CellRows) -> None:
            for each in (*TEN, MUTE, OTHER):
                rows.services.create(each.name, COMPUTE, self.clock.now(), None)

        self.cell.write(work)
        self.report(*TEN, MUTE, OTHER)

    @property
    def cell(self):
        return self.store.cells.named("cell1")

    def report(self, *hosts: HostRecord) -> None:
        self.sequence += 1

        def work(rows: CellRows) -> None:
            for each in hosts:
                (service,) = rows.services.find(each.name, COMPUTE)
                beat = Heartbeat(service.id, self.clock.now(), self.sequence)
                rows.reports.heartbeats([beat])

        self.cell.write(work)

    def say(self, host: HostRecord, kind: FaultKind = FaultKind.DOWN) -> None:
        at = self.clock.now()
        event = FaultEvent(0, host.id, host.name, kind, "m", "", "", at, at, 1, "u", "u", "r", {})
        self.cell.write(lambda rows: rows.fault_events.put(event, at))

    def go_on(self, seconds: float, *reporting: HostRecord) -> None:
        """These report each two seconds; the ten pulse."""
        for number in range(round(seconds)):
            if number % 2 == 0:
                self.report(*reporting)
            self.pass_by(1)
            self.suspects.look()
            self.lookout.turn()

    def unheard(self) -> list[str]:
        seen = self.cell.read(lambda rows: rows.sights.all())
        return sorted(each.host_id for each in seen.silences)


@pytest.fixture
def crowd(store: Storage) -> Crowd:
    made = Crowd(store)
    made.open()
    made.enrol()
    made.go_on(FIRST.total_seconds() + 2, MUTE, OTHER)  # all are there, so nobody is missed
    return made


def test_one_whose_reports_stay_away_too_is_silent_after_two_of_them(crowd: Crowd) -> None:
    crowd.say(MUTE)
    crowd.go_on(QUIET_S, OTHER)
    assert crowd.unheard() == []
    crowd.go_on(2, OTHER)
    assert crowd.unheard() == [MUTE.id]


def test_without_a_word_of_others_it_is_not(crowd: Crowd) -> None:
    crowd.go_on(3 * QUIET_S)
    assert crowd.unheard() == []


def test_one_that_reports_is_not_whatever_is_said(crowd: Crowd) -> None:
    for _ in range(3):
        crowd.say(MUTE)
        crowd.go_on(10, MUTE)
    assert crowd.unheard() == []


def test_one_that_is_heard_is_not_even_if_it_does_not_report(crowd: Crowd) -> None:
    crowd.say(TEN[0])
    crowd.go_on(3 * QUIET_S)
    assert crowd.unheard() == []


@pytest.mark.parametrize("anew", [False, True], ids=["to it", "to the observer before it"])
def test_one_that_said_farewell_is_not(crowd: Crowd, anew: bool) -> None:
    crowd.sequence += 1
    assert crowd.book.take(sent(MUTE, crowd.sequence, FAREWELL), crowd.now_ns, crowd.now_ns)
    crowd.go_on(1)
    if anew:
        crowd.begin()
        crowd.open()
    crowd.say(MUTE)
    crowd.go_on(2 * QUIET_S)
    assert crowd.unheard() == []


@pytest.mark.parametrize("kind", [FaultKind.KDUMP, FaultKind.DEGRADED, FaultKind.UP])
def test_only_down_makes_it_suspect(crowd: Crowd, kind: FaultKind) -> None:
    crowd.say(MUTE, kind)
    crowd.go_on(2 * QUIET_S)
    assert crowd.unheard() == []


def test_what_is_taken_back_in_time_counts_for_nothing(crowd: Crowd) -> None:
    crowd.say(MUTE)
    crowd.go_on(QUIET_S / 2)
    crowd.say(MUTE, FaultKind.UP)
    crowd.go_on(2 * QUIET_S)
    assert crowd.unheard() == []


def test_what_is_taken_back_later_makes_nobody_live(crowd: Crowd) -> None:
    """An alert is resolved, too, when nothing measures the host any more."""
    crowd.say(MUTE)
    crowd.go_on(QUIET_S + 2)
    crowd.say(MUTE, FaultKind.UP)
    crowd.go_on(2)
    assert crowd.unheard() == [MUTE.id]
    crowd.clock.forward(3600)
    crowd.go_on(2)
    assert MUTE.id in crowd.unheard()


def test_it_is_so_no_more_once_it_reports(crowd: Crowd) -> None:
    crowd.say(MUTE)
    crowd.go_on(QUIET_S + 2)
    crowd.go_on(2, MUTE)
    assert crowd.unheard() == []


def test_nor_once_it_is_heard(crowd: Crowd) -> None:
    crowd.say(MUTE)
    crowd.go_on(QUIET_S + 2)
    crowd.pulse(MUTE)
    crowd.lookout.turn()
    assert crowd.unheard() == []


def test_one_that_was_heard_and_fell_silent_stays_so_though_it_reports(crowd: Crowd) -> None:
    """Its pulses are lost: that is no matter of what others say."""
    crowd.say(TEN[0])
    for _ in range(round(QUIET_S) + 5):
        crowd.pass_by(1, TEN[0])
        crowd.suspects.look()
    assert crowd.unheard() == [TEN[0].id]
    crowd.report(TEN[0])
    crowd.suspects.look()
    crowd.pass_by(1, TEN[0])
    assert crowd.unheard() == [TEN[0].id]


def test_a_wall_clock_that_jumps_makes_nobody_suspect(crowd: Crowd) -> None:
    crowd.say(MUTE)
    crowd.go_on(1)
    crowd.clock.time += timedelta(seconds=599)
    crowd.go_on(QUIET_S - 2)
    assert crowd.unheard() == []


def test_the_observer_after_this_one_does_not_begin_anew(crowd: Crowd) -> None:
    crowd.say(MUTE)
    crowd.go_on(QUIET_S + 2)
    crowd.begin()
    crowd.open()
    crowd.go_on(5)
    assert crowd.unheard() == [MUTE.id]
