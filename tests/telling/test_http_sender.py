"""How webhooks are sent, against receivers that answer, do not, or lead elsewhere."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from ipaddress import ip_network

import pytest
from tests.telling.receivers import Receiver, receiving

from hostdown.domain.deliveries import Channel, Delivery, Ended, Verdict
from hostdown.domain.networks import Address, may_reach
from hostdown.drivers import http_sender
from hostdown.drivers.http_sender import ANSWER_BYTES_MAX, HttpSender, NoRequest, Request
from hostdown.drivers.system_clock import SystemClock

LOOPBACK = [ip_network("127.0.0.0/8")]


def delivery(url: str, name: str = "d1") -> Delivery:
    body = b'{"told": true}'
    return Delivery(1, name, Channel.ALARM, "r", "h", 1, url, body, datetime(2026, 3, 10))


def request(of: Delivery) -> Request:
    return Request(of.target, ["Content-Type: application/json", f"X-Own: {of.id}"], of.body)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def sender() -> Iterator[HttpSender]:
    with sending(lambda _: True) as made:
        yield made


@contextmanager
def sending(
    allowed: Callable[[Address], bool], request_of: Callable[[Delivery], Request] = request
) -> Iterator[HttpSender]:
    """A sender that is closed at the end."""
    made = HttpSender(request_of, allowed, SystemClock().monotonic)
    try:
        yield made
    finally:
        made.close()


def send(sender: HttpSender, *deliveries: Delivery) -> list[Ended]:
    sender.begin(deliveries)
    ended: list[Ended] = []
    while len(ended) < len(deliveries):
        ended += sender.wait(10)
    return ended


def test_what_is_taken_arrives_as_it_is(sender: HttpSender, receiver: Receiver) -> None:
    (ended,) = send(sender, delivery(f"{receiver.url}/hook?a=1"))
    assert (ended.verdict, ended.reason) == (Verdict.TAKEN, "")
    (got,) = receiver.got
    assert (got.path, got.body) == ("/hook?a=1", b'{"told": true}')
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-own"] == "d1"
    assert "expect" not in got.headers
    assert got.headers["user-agent"] == "hostdown"


def test_many_go_at_once_and_all_are_told_of(sender: HttpSender, receiver: Receiver) -> None:
    many = [delivery(receiver.url, f"d{number}") for number in range(600)]
    ended = send(sender, *many)
    assert sorted(each.delivery.id for each in ended) == sorted(each.id for each in many)
    assert {each.verdict for each in ended} == {Verdict.TAKEN}
    assert sorted(got.headers["x-own"] for got in receiver.got) == sorted(e.id for e in many)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.TAKEN), (202, Verdict.TAKEN),
        (400, Verdict.REFUSED), (401, Verdict.REFUSED), (404, Verdict.REFUSED),
        (410, Verdict.REFUSED),
        (408, Verdict.FAILED), (429, Verdict.FAILED), (500, Verdict.FAILED),
        (503, Verdict.FAILED),
    ],
)  # fmt: skip
def test_what_an_answer_means(
    sender: HttpSender, receiver: Receiver, status: int, verdict: Verdict
) -> None:
    receiver.answer = lambda _: (status, {}, b"why")
    (ended,) = send(sender, delivery(receiver.url))
    assert ended.verdict is verdict
    assert ended.reason == ("" if verdict is Verdict.TAKEN else f"It answered {status}.")
    assert ended.reached


def test_no_redirect_is_followed(sender: HttpSender, receiver: Receiver) -> None:
    with receiving() as inside:
        receiver.answer = lambda _: (302, {"Location": inside.url}, b"")
        (ended,) = send(sender, delivery(receiver.url))
        assert ended.verdict is Verdict.REFUSED
        assert ended.reason == "It answered 302, and no redirect is followed."
        assert inside.got == []


@pytest.mark.parametrize(("status", "verdict"), [(200, Verdict.TAKEN), (500, Verdict.FAILED)])
def test_of_a_long_answer_the_rest_is_not_read(
    sender: HttpSender, receiver: Receiver, status: int, verdict: Verdict
) -> None:
    """A healthy receiver that talks much would be called all day."""
    receiver.answer = lambda _: (status, {}, b"x" * (2 * ANSWER_BYTES_MAX))
    (ended,) = send(sender, delivery(receiver.url))
    assert ended.verdict is verdict
    assert ended.reached


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0177.0.0.1", "2130706433", "[::1]", "127.1", "0x7f000001",
        "0x7f.1", "127%2e0.0.1", "[::ffff:127.0.0.1]", "LOCALHOST", "a.localhost",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_reached_however_it_is_written(
    receiver: Receiver, host: str
) -> None:
    port = receiver.server_address[1]
    with sending(lambda address: may_reach(address, [], [])) as sender:
        (ended,) = send(sender, delivery(f"http://{host}:{port}/"))
    assert ended.verdict is Verdict.REFUSED
    assert "may not be reached from here." in ended.reason
    assert receiver.got == []


def test_an_address_that_is_allowed_is_reached(receiver: Receiver) -> None:
    with sending(lambda address: may_reach(address, [], LOOPBACK)) as sender:
        (ended,) = send(sender, delivery(receiver.url))
    assert ended.verdict is Verdict.TAKEN


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://127.0.0.1/", "http://", "x y", "http://h/é", "http://h/\0"],
)
def test_only_http_is_spoken(sender: HttpSender, receiver: Receiver, url: str) -> None:
    ended = send(sender, delivery(url, "bad"), delivery(receiver.url, "good"))
    assert {each.delivery.id: each.verdict for each in ended} == {
        "bad": Verdict.REFUSED,
        "good": Verdict.TAKEN,
    }


def test_nobody_there_is_a_failure_that_says_so(sender: HttpSender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (ended,) = send(sender, delivery(f"http://127.0.0.1:{port}/"))
    assert ended.verdict is Verdict.FAILED
    assert "connect" in ended.reason.lower()
    assert not ended.reached


def test_who_does_not_answer_is_given_up_in_time_and_keeps_nobody_waiting(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_sender, "ANSWER_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent, sending(lambda _: True) as sender:
        slow = delivery(f"http://127.0.0.1:{silent.getsockname()[1]}/", "slow")
        sender.begin([slow, delivery(receiver.url, "quick")])
        assert [each.delivery.id for each in _next(sender)] == ["quick"]
        (last,) = _next(sender)
    assert (last.delivery.id, last.verdict) == ("slow", Verdict.FAILED)
    assert last.reached  # its machine took the connection


def test_a_connection_that_was_kept_counts_as_one(sender: HttpSender, receiver: Receiver) -> None:
    (first,) = send(sender, delivery(receiver.url, "first"))
    receiver.answer = lambda _: (503, {}, b"")
    (second,) = send(sender, delivery(receiver.url, "second"))
    assert (first.reached, second.reached) == (True, True)


def _next(sender: HttpSender) -> list[Ended]:
    while not (ended := sender.wait(10)):
        pass
    return ended


def test_what_cannot_be_sent_says_why() -> None:
    def request_of(of: Delivery) -> Request:
        raise NoRequest("There is no key.", retry=of.id == "later")

    with sending(lambda _: True, request_of) as sender:
        first, second = send(sender, delivery("", "later"), delivery("", "never"))
    assert (first.verdict, first.reason) == (Verdict.FAILED, "There is no key.")
    assert second.verdict is Verdict.REFUSED


def test_another_thread_wakes_it(sender: HttpSender) -> None:
    woken = threading.Timer(0.2, sender.wake)
    woken.start()
    assert sender.wait(60) == []
    woken.join()
    sender.wake()
    sender.wake()
    assert sender.wait(60) == []
