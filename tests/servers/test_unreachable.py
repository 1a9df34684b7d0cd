"""The leader writes down which hosts most observers find silent."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from tests.servers.moving import SceneClock
from tests.servers.scene import LIVENESS, Scene

from hostdown.domain.liveness import State, is_unreachable, state
from hostdown.domain.model import COMPUTE, Service
from hostdown.domain.sight import Vote
from hostdown.services.cell_ports import CellRows, Heartbeat
from hostdown.services.leadership import Leadership
from hostdown.services.lease import LEASE_S
from hostdown.services.sight_ports import Silence
from hostdown.services.unreachable import VOTE_LIFE_S, Verdicts
from hostdown.storage import Storage


@dataclass
class Watched(Scene):
    """Hosts a, b, c, observers that say what the test wants, and who leads."""

    beats: int = 0
    silent: dict[str, dict[str, datetime]] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in "abc":
            self.host(name)
        self.verdicts = self.another("leader")

    def another(self, name: str) -> Verdicts:
        clock = SceneClock(self)
        leadership = Leadership(self.cell, name, clock)
        return Verdicts(self.cell, self.storage.directory, leadership, clock.monotonic)

    def say(self, observer: str, *hosts: str) -> None:
        """From now on it hears all but these; it lives as long as it is in `silent`."""
        before = self.silent.get(observer, {})
        self.silent[observer] = {each: before.get(each, self.now) for each in hosts}

    def turn(self, seconds: float = 0.1) -> list[str]:
        """Observers give a sign of life, the leader has its turn; who is unreachable then."""
        self.now += timedelta(seconds=seconds)
        self.beats += 1
        self.cell.write(self._tell)
        self.verdicts.turn(self.now)
        return self.unreachable()

    def _tell(self, rows: CellRows) -> None:
        ids = {name: self.record(name).id for name in "abc"}
        for observer, hosts in self.silent.items():
            rows.sights.put(Vote(observer, self.beats, 3, 3, observer in self.blind))
            rows.sights.remove(observer, list(ids.values()))
            rows.sights.add([Silence(observer, ids[each], at) for each, at in hosts.items()])

    @property
    def seconds(self) -> float:
        return SceneClock(self).monotonic()

    def misses(self, host: str, since: float) -> bool:
        host_id = self.record(host).id
        return self.cell.read(lambda rows: self.verdicts.misses(rows, host_id, since))

    def unreachable(self) -> list[str]:
        return [each.host for each in self.cell.read(lambda rows: rows.sights.unreachable())]

    def service(self, host: str) -> Service:
        (found,) = self.cell.read(lambda rows: rows.services.find(host, COMPUTE))
        return found

    def state(self, host: str) -> State:
        return state(self.service(host), self.now, LIVENESS)

    def told(self, host: str) -> list[str]:
        changes = self.cell.read(lambda rows: rows.journal.history(host, 9))
        return [each.event_type for each in changes]


@pytest.fixture
def scene(store: Storage) -> Watched:
    made = Watched(store)
    made.say("one")
    assert made.turn() == []
    assert made.turn() == []
    return made


def test_a_host_that_the_only_observer_does_not_hear_is_unreachable_until_it_does(
    scene: Watched,
) -> None:
    scene.say("one", "b")
    assert scene.turn() == ["b"]
    assert [scene.state(host) for host in "abc"] == [State.UP] * 3
    assert [is_unreachable(scene.service(host)) for host in "abc"] == [False, True, False]
    assert scene.service("b").unreachable_at == scene.now
    assert not scene.service("b").forced_down
    for _ in range(3):
        assert scene.turn() == ["b"]
    scene.say("one")
    assert scene.turn() == []
    assert not is_unreachable(scene.service("b"))
    assert scene.told("b") == ["host.reachable", "host.unreachable"]


def test_it_takes_most_of_those_who_live_and_hear(scene: Watched) -> None:
    scene.say("one", "b")
    scene.say("two")
    scene.say("three")
    assert scene.turn() == ["b"]  # the two are new: nobody knows yet that they live
    assert scene.turn() == []
    scene.say("two", "b")
    assert scene.turn() == ["b"]
    scene.blind.add("two")
    assert scene.turn() == []
    del scene.silent["two"], scene.silent["three"]
    for _ in range(round(VOTE_LIFE_S / 0.1) + 1):
        scene.turn()
    assert scene.unreachable() == ["b"]


def test_what_was_found_stays_while_nobody_has_a_vote(scene: Watched) -> None:
    scene.say("one", "b")
    scene.turn()
    scene.say("one", "a", "b", "c")
    scene.blind.add("one")
    assert scene.turn() == ["b"]
    scene.silent.clear()
    assert scene.turn(60) == ["b"]


def test_a_report_is_life_whatever_observers_hear(scene: Watched) -> None:
    scene.say("one", "b")
    scene.turn()
    assert is_unreachable(scene.service("b"))
    scene.now += timedelta(seconds=0.1)
    beat = Heartbeat(scene.service("b").id, scene.now, 7)
    scene.cell.write(lambda rows: rows.reports.heartbeats([beat]))
    assert scene.turn() == ["b"]
    assert not is_unreachable(scene.service("b"))


def test_only_who_leads_writes_and_the_next_one_knows_what_was_written(scene: Watched) -> None:
    other = scene.another("other")
    other.turn(scene.now)
    scene.say("one", "b")
    scene.now += timedelta(seconds=0.1)
    scene.cell.write(scene._tell)
    other.turn(scene.now)
    assert scene.unreachable() == []
    assert scene.turn() == ["b"]
    scene.say("one")
    scene.verdicts = other
    scene.turn(LEASE_S)
    scene.turn(LEASE_S)
    assert scene.turn() == []


def test_a_deleted_host_is_nobody(scene: Watched) -> None:
    scene.say("one", "b")
    scene.turn()
    scene.cell.write(lambda rows: rows.services.delete(scene.service("b"), scene.now))
    assert scene.turn() == []
    assert scene.turn() == []


def test_a_host_that_was_heard_while_the_leader_was_busy_is_told_so(scene: Watched) -> None:
    scene.say("one", "b")
    scene.turn()
    first = scene.service("b").unreachable_at
    scene.now += timedelta(seconds=2)
    scene.say("one")
    scene.say("one", "b")  # silent again before anybody looked
    assert scene.turn() == []
    assert scene.turn() == ["b"]
    again = scene.service("b").unreachable_at
    assert first is not None
    assert again is not None
    assert again > first
    assert scene.told("b") == ["host.unreachable", "host.reachable", "host.unreachable"]


def test_a_host_is_missed_only_by_signs_of_life_given_since(scene: Watched) -> None:
    scene.say("one", "b")
    scene.turn()
    since = scene.seconds
    assert not scene.misses("b", since)
    scene.turn()
    assert scene.misses("b", since)
    assert not scene.misses("a", since)
    assert not scene.misses("b", since + 0.01)  # that one may have been given before
    scene.say("one")
    scene.cell.write(scene._tell)  # heard again, and nobody has written it down yet
    assert scene.unreachable() == ["b"]
    assert not scene.misses("b", since)
    scene.say("one", "b")
    scene.cell.write(scene._tell)
    assert not scene.misses("b", since)


def test_most_of_all_who_have_a_vote_must_miss_it(scene: Watched) -> None:
    for name in ("one", "two", "three"):
        scene.say(name, "b")
    for _ in range(3):
        scene.turn()
    since = scene.seconds
    del scene.silent["two"], scene.silent["three"]  # they hang, and keep their votes for a second
    for _ in range(5):
        assert scene.turn() == ["b"]
    assert not scene.misses("b", since)
    for _ in range(6):
        scene.turn()
    assert scene.misses("b", since)
