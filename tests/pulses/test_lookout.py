"""An observer finds hosts silent, tells it, and doubts itself where it hears almost nobody."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from tests.agent.house import TestClock
from tests.pulses.hosts import EPOCH, SECOND_NS, record, sent

from hostdown.domain.model import HostRecord
from hostdown.domain.sight import Patience, Vote
from hostdown.services.lookout import FIRST, Hearing, Lookout
from hostdown.services.pulses import PulseBook
from hostdown.services.suspects import Suspects
from hostdown.storage import Storage

QUIET_S = 6.0
PATIENCE = Patience(round(0.4 * SECOND_NS), round(0.8 * SECOND_NS))
TEN = [record(number) for number in range(1, 11)]


@dataclass
class Tower:
    """An observer over ten hosts; time goes on by tenths of a second, in which hosts pulse."""

    store: Storage
    clock: TestClock = field(default_factory=TestClock)
    hearing: Hearing = field(default_factory=Hearing)
    sequence: int = 0
    lost: int = 0
    first: timedelta = FIRST

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A new process."""
        self.book = PulseBook(EPOCH, self.clock)
        for each in TEN:
            self.book.learn(each)
        self.hearing = Hearing()
        cell = self.store.cells.named("cell1")
        suspects = Suspects(cell, self.book, self.clock, QUIET_S)
        self.suspects = suspects
        self.lookout = Lookout(
            "here", cell, self.book, self.hearing, PATIENCE, self.clock, suspects, self.first
        )

    @property
    def now_ns(self) -> int:
        return round(self.clock.seconds * SECOND_NS)

    def pulse(self, host: HostRecord) -> None:
        self.sequence += 1
        assert self.book.take(sent(host, self.sequence), self.now_ns, self.now_ns)

    def open(self) -> None:
        self.hearing.begin(self.now_ns, self.lost)

    def pass_by(self, seconds: float, *silent: HostRecord, reads: bool = True) -> None:
        """All but the silent ones pulse; an observer that does not read knows of none of it."""
        for _ in range(round(seconds * 10)):
            self.clock.forward(0.1)
            for host in TEN:
                if host not in silent:
                    self.pulse(host)
            if reads:
                self.hearing.read(self.now_ns, self.lost)
            self.lookout.turn()

    def silent(self) -> list[str]:
        seen = self.store.cells.named("cell1").read(lambda rows: rows.sights.all())
        names = {each.id: each.name for each in TEN}
        return [names[each.host_id] for each in seen.silences]

    def vote(self) -> Vote:
        seen = self.store.cells.named("cell1").read(lambda rows: rows.sights.all())
        (vote,) = seen.votes
        return vote


@pytest.fixture
def tower(store: Storage) -> Tower:
    made = Tower(store)
    made.open()
    made.pass_by(1)
    return made


def test_all_that_pulse_are_heard(tower: Tower) -> None:
    assert tower.silent() == []
    assert tower.vote()[2:] == (10, 10, False)


def test_a_host_is_silent_after_eight_intervals_and_back_with_its_next_pulse(tower: Tower) -> None:
    tower.pass_by(0.7, TEN[3])
    assert tower.silent() == []
    tower.pass_by(0.1, TEN[3])
    assert tower.silent() == ["compute4"]
    since = tower.clock.now() - timedelta(seconds=0.8)
    seen = tower.store.cells.named("cell1").read(lambda rows: rows.sights.all())
    assert abs(seen.silences[0].since - since) < timedelta(milliseconds=1)
    tower.pass_by(60, TEN[3])
    assert tower.silent() == ["compute4"]
    tower.pass_by(0.1)
    assert tower.silent() == []
    tower.pass_by(0.8, TEN[3])
    assert tower.silent() == ["compute4"]


def test_what_was_not_read_yet_is_no_silence(tower: Tower) -> None:
    tower.pass_by(5, *TEN, reads=False)
    assert tower.silent() == []
    for host in TEN:
        tower.pulse(host)
    tower.hearing.read(tower.now_ns, 0)
    tower.lookout.turn()
    assert tower.silent() == []


def test_after_a_loss_silence_begins_anew(tower: Tower) -> None:
    tower.pass_by(0.6, TEN[0])
    tower.lost = 3
    tower.pass_by(0.8, TEN[0])
    assert tower.silent() == []
    tower.pass_by(0.1, TEN[0])
    assert tower.silent() == ["compute1"]


def test_one_that_is_cut_off_doubts_itself_and_not_its_hosts(
    tower: Tower, caplog: pytest.LogCaptureFixture
) -> None:
    tower.pass_by(300, *TEN)
    assert tower.silent() == []
    assert tower.vote()[2:] == (0, 10, True)
    assert caplog.text.count("may be the one cut off") == 1
    tower.pass_by(0.3)
    assert tower.vote()[2:] == (10, 10, False)


def test_hosts_that_fall_silent_one_after_another_within_an_interval_are_no_failure(
    tower: Tower,
) -> None:
    tower.clock.forward(0.05)
    for host in TEN[5:]:
        tower.pulse(host)
    for _ in range(200):
        tower.clock.forward(0.01)
        tower.hearing.read(tower.now_ns, 0)
        tower.lookout.turn()
        assert tower.silent() == []


def test_four_of_ten_at_once_are_believed(tower: Tower) -> None:
    tower.pass_by(0.8, *TEN[:4])
    assert tower.silent() == ["compute1", "compute2", "compute3", "compute4"]
    assert not tower.vote().blind
    tower.pass_by(1, *TEN)  # and then it is cut off
    assert tower.silent() == ["compute1", "compute2", "compute3", "compute4"]
    assert tower.vote()[2:] == (0, 6, True)


def test_a_host_that_said_farewell_or_is_deleted_is_not_silent(tower: Tower) -> None:
    tower.sequence += 1
    tower.book.take(sent(TEN[0], tower.sequence, 255), tower.now_ns, tower.now_ns)
    gone = TEN[1]._replace(deleted_at=tower.clock.now())
    tower.book.learn(gone)
    tower.pass_by(2, TEN[0], TEN[1])
    assert tower.silent() == []
    assert tower.vote()[2:] == (8, 8, False)


def test_a_silent_host_that_is_deleted_is_forgotten(tower: Tower) -> None:
    tower.pass_by(1, TEN[1])
    assert tower.silent() == ["compute2"]
    tower.book.learn(TEN[1]._replace(deleted_at=tower.clock.now()))
    tower.pass_by(0.1, TEN[1])
    assert tower.silent() == []


def test_the_next_observer_knows_who_was_silent_and_goes_on_counting(tower: Tower) -> None:
    tower.pass_by(1, TEN[1])
    beats = tower.vote().beats
    tower.begin()
    tower.lookout.turn()  # it hears nobody yet
    tower.open()
    tower.pass_by(1, TEN[1])
    assert tower.silent() == ["compute2"]
    assert tower.vote().beats > beats
    tower.pass_by(0.1)
    assert tower.silent() == []


def test_it_gives_a_sign_of_life_and_writes_nothing_else(tower: Tower) -> None:
    beats = tower.vote().beats
    tower.pass_by(10)
    assert 30 <= tower.vote().beats - beats <= 40


def test_an_observer_that_loses_pulses_gives_no_sign_of_life(tower: Tower) -> None:
    """Those of a host that was silent and is back may be among them."""
    tower.pass_by(1, TEN[0])
    assert tower.silent() == ["compute1"]
    before = tower.vote().beats
    for _ in range(20):
        tower.lost += 1
        tower.pass_by(0.1, TEN[0])
    assert tower.vote().beats == before
    tower.pass_by(1.2, TEN[0])
    assert tower.vote().beats > before


def test_an_observer_that_is_behind_gives_no_sign_of_life(tower: Tower) -> None:
    beats = tower.vote().beats
    tower.pass_by(2, reads=False)
    assert tower.vote().beats - beats <= 1
    tower.pass_by(1)
    assert tower.vote().beats - beats >= 3


def test_a_pulse_that_comes_while_its_host_is_found_silent_brings_it_back(tower: Tower) -> None:
    wait_for = tower.book.wait_for

    def late(host: str) -> None:
        tower.pulse(TEN[3])
        wait_for(host)

    tower.book.wait_for = late  # type: ignore[method-assign] # a moment that no test can hit
    tower.pass_by(0.8, TEN[3])
    assert tower.silent() == ["compute4"]
    tower.pass_by(0.1, TEN[3])
    assert tower.silent() == []


def test_a_single_pulse_that_is_seen_late_is_no_return_and_the_next_one_is(tower: Tower) -> None:
    tower.pass_by(1, TEN[3])
    tower.clock.forward(0.1)
    tower.pulse(TEN[3])
    tower.clock.forward(0.9)
    for each in TEN:
        if each is not TEN[3]:
            tower.pulse(each)
    tower.pass_by(0.1, TEN[3])
    assert tower.silent() == ["compute4"]
    tower.pass_by(0.1)
    assert tower.silent() == []
