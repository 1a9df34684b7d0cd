"""Alarms from the event to the server that is called, as the notifier does it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_network
from typing import Any

import orjson
import pytest
from tests.domain.test_alarms import NOW, alarm
from tests.telling.receivers import Receiver, receiving
from tests.telling.test_alarm_route import Scene, event

from hostdown.domain.deliveries import LIFETIME, Channel
from hostdown.domain.networks import Address, may_reach
from hostdown.drivers.alarm_requests import LATE, AlarmRequests
from hostdown.drivers.http_sender import AT_ONCE_MAX, HttpSender
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.alarm_route import is_wanted, owner
from hostdown.services.deliverer import Deliverer
from hostdown.services.delivery_ports import Which
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.shares import SharedSender
from hostdown.storage import Storage

TURNS_MAX = 200
"""Each waits for half a second at most."""


class Clock:
    """Its monotonic time is the machine's, and a test's beside."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self._real = SystemClock()

    def now(self) -> datetime:
        return NOW + self.ahead

    def monotonic(self) -> float:
        return self._real.monotonic() + self.ahead.total_seconds()


class Calls:
    """A deliverer of alarms that may call loopback addresses alone."""

    def __init__(self, store: Storage) -> None:
        self.scene = Scene(store)
        self.clock = Clock()
        self.allowed = [ip_network("127.0.0.0/8")]
        requests = AlarmRequests(partial(is_wanted, store.directory), self.clock.now)
        http = HttpSender(requests, self._reaches, self.clock.monotonic)
        sender = SharedSender(http, owner, AT_ONCE_MAX)
        self.deliverer = Deliverer(store.directory, Channel.ALARM, sender, lambda: True, self.clock)

    def _reaches(self, address: Address) -> bool:
        return may_reach(address, [], self.allowed)

    def happens(self, number: int, server: str = "p1") -> None:
        directory = self.scene.store.directory
        directory.write(
            lambda rows: rows.deliveries.add(
                self.scene.route.deliveries(rows, [event(number, server)], NOW)
            )
        )

    def until_quiet(self) -> None:
        """All have ended, or failed."""
        for _ in range(TURNS_MAX):
            self.deliverer.turn()
            if all(failure is not None for failure in self.failures()):
                return
        raise AssertionError("something is still on its way")

    def until_dead(self) -> None:
        """The first of them is given up."""
        for _ in range(TURNS_MAX):
            self.deliverer.turn()
            if self.dead():
                return
        raise AssertionError("it is tried still")

    def failures(self) -> list[str | None]:
        """Of what is yet to be delivered."""
        directory = self.scene.store.directory
        found = directory.read(lambda rows: rows.deliveries.after(Channel.ALARM, 0, 99))
        return [each.failure for each in found]

    def dead(self) -> list[str | None]:
        directory = self.scene.store.directory
        found = directory.read(lambda rows: rows.dead_letters.list(Which(), 99))
        return [each.delivery.failure for each in found]


@pytest.fixture
def calls(store: Storage) -> Iterator[Calls]:
    made = Calls(store)
    yield made
    made.deliverer.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def test_a_call_is_aodh_s(calls: Calls, receiver: Receiver) -> None:
    url = f"{receiver.url}/hook?aodh-alarm-ssl-verify=0"
    calls.scene.add(alarm("a", alarm_actions=(url,)))
    calls.happens(1)
    calls.until_quiet()
    (got,) = receiver.got
    assert got.path == "/hook?aodh-alarm-ssl-verify=0"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-openstack-request-id"].startswith("req-")
    told = orjson.loads(got.body)
    assert list(told) == [
        "alarm_name", "alarm_id", "severity", "previous", "current", "reason", "reason_data",
    ]  # fmt: skip
    assert (calls.failures(), calls.dead()) == ([], [])


def test_who_does_not_answer_is_told_later(calls: Calls, receiver: Receiver) -> None:
    receiver.answer = lambda _: (503, {}, b"")
    calls.scene.add(alarm("a", alarm_actions=(receiver.url,)))
    calls.happens(1)
    calls.until_quiet()
    assert calls.failures() == ["It answered 503."]
    receiver.answer = lambda _: (200, {}, b"")
    calls.clock.ahead = timedelta(minutes=1)
    for _ in range(TURNS_MAX):
        calls.deliverer.turn()
        if not calls.failures():
            break
    assert calls.failures() == []
    first, second = receiver.got
    assert first.headers["x-openstack-request-id"] == second.headers["x-openstack-request-id"]


def test_it_is_tried_for_a_day_and_no_longer(calls: Calls, receiver: Receiver) -> None:
    receiver.answer = lambda _: (503, {}, b"")
    calls.scene.add(alarm("a", alarm_actions=(receiver.url,)))
    calls.happens(1)
    calls.until_quiet()
    calls.clock.ahead = LIFETIME
    calls.until_dead()
    assert (calls.failures(), calls.dead()) == ([], ["It answered 503."])


@pytest.mark.parametrize(
    "facts", [None, {"enabled": False}, {"alarm_actions": ("http://a.example/",)}]
)
def test_what_an_alarm_does_not_want_any_more_is_not_tried_again(
    calls: Calls, receiver: Receiver, facts: dict[str, Any] | None
) -> None:
    receiver.answer = lambda _: (503, {}, b"")
    calls.scene.add(alarm("a", alarm_actions=(receiver.url,)))
    calls.happens(1)
    calls.until_quiet()
    tried = len(receiver.got)
    _change(calls.scene, facts)
    calls.clock.ahead = LATE * 2
    calls.until_dead()
    assert calls.dead() == ["Its alarm is gone or disabled, or calls another address."]
    assert len(receiver.got) == tried


def _change(scene: Scene, facts: dict[str, Any] | None) -> None:
    seen = scene.alarm("a")

    def work(rows: DirectoryRows) -> None:
        if facts is None:
            rows.alarms.remove(seen.id)
        else:
            assert rows.alarms.replace(seen, seen._replace(**facts))

    scene.store.directory.write(work)


def test_a_redirect_leads_nowhere(calls: Calls, receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.answer = lambda _: (307, {"Location": inside.url}, b"")
        calls.scene.add(alarm("a", alarm_actions=(receiver.url,)))
        calls.happens(1)
        calls.until_quiet()
        assert calls.dead() == ["It answered 307, and no redirect is followed."]
        assert inside.got == []


def test_a_name_does_not_lead_into_the_server_s_network(calls: Calls, receiver: Receiver) -> None:
    calls.allowed = []
    url = f"http://localhost:{receiver.server_address[1]}/"
    calls.scene.add(alarm("a", alarm_actions=(url,)))
    calls.happens(1)
    calls.until_quiet()
    (reason,) = calls.dead()
    assert reason is not None
    assert reason.endswith("may not be reached from here.")
    assert receiver.got == []


def test_an_alarm_on_somebody_else_s_server_holds_up_nobody_else_s(
    calls: Calls, receiver: Receiver
) -> None:
    """One path of it fails, which is one project's; the other's goes on."""
    receiver.answer = lambda got: (503 if got.path == "/bad" else 200, {}, b"")
    calls.scene.add(
        alarm("a", alarm_actions=(f"{receiver.url}/bad",)),
        alarm("b", project_id="q" * 32, alarm_actions=(f"{receiver.url}/good",)),
    )
    calls.happens(1)
    calls.until_quiet()
    calls.happens(2, "q2")
    calls.until_quiet()
    paths = [got.path for got in receiver.got]
    assert (paths[0], paths.count("/good")) == ("/bad", 1)  # and /bad again, after its pauses
    assert calls.failures() == ["It answered 503."]
