"""Each owner of receivers has a share of what is on its way."""

from datetime import datetime

from tests.telling.senders import FakeSender

from hostdown.domain.deliveries import Channel, Delivery, Verdict
from hostdown.services.shares import SharedSender


def delivery(owner: str, number: int) -> Delivery:
    return Delivery(
        number, f"{owner}{number}", Channel.ALARM, f"{owner} http://x{number}:80", "h", 1, "", b"",
        datetime(2026, 3, 10),
    )  # fmt: skip


def shared(most: int = 2) -> tuple[FakeSender, SharedSender]:
    inner = FakeSender()
    inner.fate = lambda _: None
    return inner, SharedSender(inner, lambda each: each.receiver.partition(" ")[0], most)


def test_one_owner_s_wait_and_another_s_do_not() -> None:
    inner, sender = shared()
    sender.begin([delivery("a", number) for number in range(4)])
    sender.begin([delivery("b", number) for number in range(2)])
    assert inner.sent == ["a0", "a1", "b0", "b1"]


def test_what_waits_is_sent_once_something_of_its_owner_has_ended() -> None:
    inner, sender = shared()
    sender.begin([delivery("a", number) for number in range(5)])
    for verdict in (Verdict.TAKEN, Verdict.FAILED):
        inner.end(verdict)
        assert {each.verdict for each in sender.wait(0)} == {verdict}
    assert inner.sent == ["a0", "a1", "a2", "a3", "a4"]
    inner.end()
    assert [each.delivery.id for each in sender.wait(0)] == ["a4"]
    sender.begin([delivery("a", number) for number in range(5, 9)])
    assert inner.sent[5:] == ["a5", "a6"]
    assert sender.wait(0) == []
