"""Each owner of receivers has a share of what is on its way."""

import socket
from datetime import datetime

from tests.telling.receivers import receiving
from tests.telling.senders import FakeSender

from hostdown.domain.deliveries import Channel, Delivery, Verdict
from hostdown.drivers.alarm_requests import AlarmRequests
from hostdown.drivers.http_sender import AT_ONCE_MAX, HttpSender
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.alarm_route import whose
from hostdown.services.shares import SharedSender

SEATS = 16


def delivery(project: str, number: int, url: str = "") -> Delivery:
    return Delivery(
        number, f"{project}{number}", Channel.ALARM, f"{project} http://x{number}:80", "h", 1, url,
        b"", datetime(2026, 3, 10),
    )  # fmt: skip


def many(project: str, count: int, first: int = 0) -> list[Delivery]:
    return [delivery(project, number) for number in range(first, first + count)]


def shared() -> tuple[FakeSender, SharedSender]:
    inner = FakeSender()
    inner.fate = lambda _: None
    return inner, SharedSender(inner, whose, SEATS)


def counts(inner: FakeSender) -> dict[str, int]:
    """How many of each owner are on their way."""
    found: dict[str, int] = {}
    for each in inner.open:
        found[whose(each)] = found.get(whose(each), 0) + 1
    return found


def test_one_owner_gets_a_fourth_of_the_free_seats_and_others_of_those_that_are_left() -> None:
    inner, sender = shared()
    for project in "abc":
        sender.begin(many(project, 9))
    assert inner.sent == ["a0", "a1", "a2", "a3", "b0", "b1", "b2", "c0", "c1"]


def test_nothing_goes_beyond_the_seats_there_are() -> None:
    inner, sender = shared()
    owners = [chr(ord("a") + number) for number in range(SEATS + 4)]
    for each in owners:
        sender.begin(many(each, 3))
    assert len(inner.open) == SEATS
    assert min(counts(inner).values()) == 1
    for _ in range(99):
        inner.end()
        if not sender.wait(0):
            break
        assert len(inner.open) <= SEATS
    assert sorted(inner.sent) == sorted(f"{each}{number}" for each in owners for number in range(3))


def test_what_waits_is_sent_once_there_is_room_in_its_order() -> None:
    inner, sender = shared()
    sender.begin(many("a", 6))
    for verdict in (Verdict.TAKEN, Verdict.FAILED):
        inner.end(verdict)
        assert {each.verdict for each in sender.wait(0)} == {verdict}
    assert inner.sent == ["a0", "a1", "a2", "a3", "a4", "a5"]
    assert sender.wait(0) == []
    sender.begin(many("a", 4, first=6))
    assert inner.sent[6:] == ["a6", "a7", "a8", "a9"]


def test_who_has_fewest_on_the_way_is_next() -> None:
    inner, sender = shared()
    for project in "abcdefgh":
        sender.begin(many(project, 9))
    assert counts(inner)["h"] == 1
    first = inner.open.pop(0)
    assert whose(first) == "a"
    inner.fail(first)
    sender.wait(0)
    assert whose(inner.open[-1]) == "h"


def test_slow_servers_of_four_projects_keep_no_other_project_waiting() -> None:
    """The slow ones accept a connection, and never answer."""
    requests = AlarmRequests(lambda _: True, SystemClock().now)
    sender = SharedSender(
        HttpSender(requests, lambda _: True, SystemClock().monotonic), whose, AT_ONCE_MAX
    )
    with socket.create_server(("127.0.0.1", 0), backlog=512) as silent, receiving() as well:
        slow = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        try:
            for project in "abcd":
                sender.begin(delivery(project, number, slow) for number in range(AT_ONCE_MAX))
            sender.wait(0)
            sender.begin([delivery("e", 1, well.url)])
            while not (ended := sender.wait(10)):
                pass
        finally:
            sender.close()
    assert [(each.delivery.id, each.verdict) for each in ended] == [("e1", Verdict.TAKEN)]
