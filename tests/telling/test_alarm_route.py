"""Alarms that fire: what is delivered, what is kept, and what a crash repeats."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import perf_counter

import orjson
import pytest
from tests.domain.test_alarms import NOW, PROJECT, alarm, where

from hostdown.domain import alarm_matching
from hostdown.domain.alarms import Alarm, AlarmChange, OwnerEvent, State
from hostdown.domain.deliveries import Channel, Delivery, Event
from hostdown.services import alarm_allowance, alarm_route
from hostdown.services.alarm_route import RECEIVER_CHARS_MAX, AlarmRoute, whose
from hostdown.services.alarms import CHANGES_MAX
from hostdown.storage import Storage

OTHERS = "o" * 32


def event(number: int, *servers: str, host: str = "host1") -> Event:
    """Something that happened to a host, with the servers that it is about."""
    return Event(number, f"e{number}", "cell1", NOW, host, "host.x", {"servers": servers}, "req-1")


def owner_events(of: Event) -> Sequence[OwnerEvent]:
    """A stand-in: one event for each server, of the project whose letter its name begins with."""
    servers = of.payload["servers"]
    assert isinstance(servers, tuple)
    return [
        OwnerEvent(
            id=f"{of.id}-{server}",
            type="compute.instance.update",
            project_id=server[0] * 32,
            traits={"instance_id": server, "state": "error"},
            at=of.at,
        )
        for server in servers
    ]


class Scene:
    """A route over a store."""

    def __init__(self, store: Storage) -> None:
        self.store = store
        self.route = AlarmRoute(owner_events)

    def add(self, *alarms: Alarm) -> None:
        for each in alarms:
            self.store.directory.write(lambda rows, each=each: rows.alarms.add(each))

    def tell(self, *events: Event, now: datetime = NOW) -> list[Delivery]:
        return self.store.directory.write(lambda rows: self.route.deliveries(rows, events, now))

    def alarm(self, alarm_id: str) -> Alarm:
        found = self.store.directory.read(lambda rows: rows.alarms.get(alarm_id))
        assert found is not None
        return found

    def history(self, alarm_id: str) -> list[AlarmChange]:
        return self.store.directory.read(lambda rows: rows.alarm_changes.of(alarm_id))


@pytest.fixture
def scene(store: Storage) -> Scene:
    return Scene(store)


def test_an_alarm_that_fires_calls_each_action_once(scene: Scene) -> None:
    urls = ("http://a.example/x", "https://user:word@b.example:8443/y?z=1", "http://[2001:db8::1]/")
    scene.add(alarm("a", where("instance_id", "p1"), alarm_actions=urls))
    made = scene.tell(event(7, "p1", "p2"), now=NOW + timedelta(1))
    assert [each.target for each in made] == list(urls)
    assert [each.receiver for each in made] == [
        f"{PROJECT} http://a.example:80",
        f"{PROJECT} https://b.example:8443",
        f"{PROJECT} http://[2001:db8::1]:80",
    ]
    assert {(each.channel, each.lane, each.batch) for each in made} == {(Channel.ALARM, "host1", 7)}
    assert len({each.id for each in made}) == 3
    told = orjson.loads(made[0].body)
    assert (told["alarm_name"], told["previous"], told["current"]) == (
        "a",
        "insufficient data",
        "alarm",
    )
    assert told["reason_data"]["event"]["message_id"] == "e7-p1"
    after = scene.alarm("a")
    assert (after.state, after.state_at, after.changes) == (State.ALARM, NOW + timedelta(1), 1)
    (line,) = scene.history("a")
    assert (line.type, line.user_id, line.on_behalf_of) == ("state transition", None, PROJECT)
    assert orjson.loads(line.detail) == {"state": "alarm", "transition_reason": told["reason"]}


def test_only_enabled_alarms_of_the_owner_fire(scene: Scene) -> None:
    scene.add(
        alarm("a", project_id=OTHERS),
        alarm("b", enabled=False),
        alarm("c", where("instance_id", "p2")),
        alarm("d", event_type="compute.host.*"),
    )
    assert scene.tell(event(1, "p1")) == []
    assert scene.tell(event(2)) == []
    assert [scene.alarm(name).state for name in "abcd"] == [State.INSUFFICIENT_DATA] * 4


def test_an_alarm_is_told_once_until_somebody_sets_it_back(scene: Scene) -> None:
    scene.add(alarm("a"))
    assert len(scene.tell(event(1, "p1"), event(2, "p1"))) == 1
    assert scene.tell(event(3, "p1")) == []
    seen = scene.alarm("a")
    back = seen._replace(state=State.OK, changes=seen.changes + 1)
    assert scene.store.directory.write(lambda rows: rows.alarms.replace(seen, back))
    (made,) = scene.tell(event(4, "p1"))
    assert orjson.loads(made.body)["previous"] == "ok"


def test_one_that_repeats_is_told_of_every_event(scene: Scene) -> None:
    scene.add(alarm("a", repeat_actions=True))
    made = scene.tell(event(1, "p1", "p2"), event(2, "p1"))
    assert [each.batch for each in made] == [1, 1, 2]
    assert [orjson.loads(each.body)["previous"] for each in made] == [
        "insufficient data",
        "alarm",
        "alarm",
    ]
    assert len(scene.history("a")) == 3
    assert scene.alarm("a").changes == 3


def test_what_a_crash_repeats_has_the_same_ids_and_is_written_once(scene: Scene) -> None:
    scene.add(alarm("a"), alarm("b", repeat_actions=True))
    events = [event(1, "p1"), event(2, "p1")]
    first, again = scene.tell(*events), scene.tell(*events)
    assert {each.id for each in first} == {each.id for each in again}
    assert len(first) == 3
    assert len(scene.history("a")) == 1
    assert len(scene.history("b")) == 2
    later = scene.tell(event(2, "p1"), event(3, "p1"))
    assert len(later) == 2
    assert len(scene.history("b")) == 3


def test_an_alarm_without_actions_still_changes_its_state(scene: Scene) -> None:
    scene.add(alarm("a", alarm_actions=()))
    assert scene.tell(event(1, "p1")) == []
    assert scene.alarm("a").state is State.ALARM


def test_a_line_of_the_log_is_an_action(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.add(alarm("a", name="two\nlines", alarm_actions=("log://", "http://a/")))
    with caplog.at_level(logging.INFO, alarm_route.LOG.name):
        (made,) = scene.tell(event(1, "p1"))
    assert made.target == "http://a/"
    (line,) = [each.getMessage() for each in caplog.records]
    assert line.startswith("Alarm 'two\\nlines': Event <id=e1-p1,")
    assert "\n" not in line


def test_a_receiver_is_called_by_a_name_that_can_be_kept(scene: Scene) -> None:
    scene.add(alarm("a", alarm_actions=(f"http://{'x' * 250}/1", f"http://{'x' * 250}/2")))
    first, second = scene.tell(event(1, "p1"))
    assert first.receiver == second.receiver
    assert first.receiver.startswith(f"{PROJECT} ")
    assert len(first.receiver) <= RECEIVER_CHARS_MAX
    assert whose(first) == PROJECT
    long = alarm("b", project_id="q" * 255, alarm_actions=("http://b/",))
    scene.add(long)
    (other,) = scene.store.directory.write(
        lambda rows: AlarmRoute(
            lambda of: [OwnerEvent(of.id, "x", long.project_id, {}, of.at)]
        ).deliveries(rows, [event(2)], NOW)
    )
    assert len(other.receiver) == 36 + len(" http://b:80")


def of_p(made: list[Delivery]) -> int:
    return sum(each.receiver.startswith("p") for each in made)


def test_a_project_has_no_more_called_at_once_than_is_good_for_all(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alarm_allowance, "FIRED_MAX", 3)
    scene.add(alarm("a", repeat_actions=True), alarm("b", project_id=OTHERS))
    made = scene.tell(*(event(number, "p1", "o1") for number in range(5)))
    assert (of_p(made), len(made)) == (3, 4)
    (line,) = [each.getMessage() for each in caplog.records]
    assert line.endswith(
        "too much of it waits: 2 calls were left out, and their alarms did not fire"
    )
    assert scene.alarm("a").changes == 3
    assert of_p(scene.tell(event(9, "p1"))) == 1


def test_nor_for_long(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alarm_allowance, "SAVED_MAX", 10)
    monkeypatch.setattr(alarm_allowance, "SAVED_A_SECOND", 2)
    scene.add(alarm("a", repeat_actions=True), alarm("b", project_id=OTHERS))
    called = []
    for second in range(12):
        events = [event(10 * second + number, "p1", "o1") for number in range(4)]
        called.append(of_p(scene.tell(*events, now=NOW + timedelta(seconds=second))))
    assert called == [4, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2]
    assert len(caplog.records) == 1  # of a minute
    scene.tell(event(999, "o1"), now=NOW + timedelta(seconds=90))
    scene.tell(event(1000, "p1"), now=NOW + timedelta(seconds=91))
    assert [each.getMessage() for each in caplog.records[1:]] == [
        f"Alarms of project {PROJECT} called too much at once, or too much of it waits: 14 calls "
        "were left out, and their alarms did not fire"
    ]


def test_while_too_much_waits_for_its_receivers_nothing_is_added(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_allowance, "WAITING_MAX", 3)
    scene.add(alarm("a", repeat_actions=True), alarm("b", project_id=OTHERS))

    def tell(*events: Event, now: datetime) -> int:
        made = scene.tell(*events, now=now)
        scene.store.directory.write(lambda rows: rows.deliveries.add(made))
        return of_p(made)

    assert tell(*(event(number, "p1", "o1") for number in range(5)), now=NOW) == 3
    later = NOW + timedelta(seconds=60)
    assert tell(event(7, "p1", "o1"), now=later) == 0
    waiting = scene.store.directory.read(lambda rows: rows.deliveries.after(Channel.ALARM, 0, 9))
    drop = [each.id for each in waiting if each.receiver.startswith("p")][:2]
    scene.store.directory.write(lambda rows: rows.deliveries.drop(drop))
    assert tell(event(8, "p1"), now=later + alarm_allowance.COUNTED_EVERY) == 1


def test_what_was_not_compared_is_told_of(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alarm_matching, "COMPARED_MAX", 2)
    wide = [alarm(name, where("x", "1", "ne")) for name in "ab"]
    scene.add(*wide, alarm("c", where("instance_id", "p1")))
    made = scene.tell(event(1, "p1"))
    assert [orjson.loads(each.body)["alarm_id"] for each in made] == ["c"]
    (line,) = [each.getMessage() for each in caplog.records]
    assert line.startswith("1 events were compared with the first ")


def test_a_history_is_no_longer_than_it_may_be(scene: Scene) -> None:
    scene.add(alarm("a", repeat_actions=True))
    scene.tell(*(event(number, "p1") for number in range(CHANGES_MAX + 5)))
    places = [each.place for each in scene.history("a")]
    assert places == list(range(CHANGES_MAX + 5, 5, -1))


def test_five_hundred_alarms_fire_in_a_moment(scene: Scene) -> None:
    """Of a thousand; some 60 ms on two slow cores, most of it the database's."""
    servers = [f"p{number}" for number in range(1000)]
    scene.add(*(alarm(name, where("instance_id", name)) for name in servers))
    begun = perf_counter()
    made = scene.tell(*(event(number, f"p{number}") for number in range(500)))
    assert len(made) == 500
    assert perf_counter() - begun < 2
