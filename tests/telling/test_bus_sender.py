"""What is put on a bus one after another, and what its failure makes of the rest."""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime

import orjson
import pytest

from hostdown.domain.deliveries import Channel, Delivery, Ended, Verdict
from hostdown.drivers import bus_sender
from hostdown.drivers.bus_sender import BusSender, NotTaken
from hostdown.services.lanes import Lanes

TOO_LARGE = 666
NOW = datetime(2026, 3, 10, 12)


class FakeBus:
    """Takes everything while it is there."""

    place = "192.0.2.1:5672"

    def __init__(self) -> None:
        self.got: list[tuple[str, object]] = []
        self.takes = 10**6
        self.closed = False

    def publish(self, topic: str, message: Mapping[str, object]) -> None:
        if not self.takes:
            raise NotTaken("nobody listens", retry=True)
        if message["n"] == TOO_LARGE:
            raise NotTaken("it is too large", retry=False)
        self.takes -= 1
        self.got.append((topic, message["n"]))

    def close(self) -> None:
        self.closed = True


def delivery(number: int, lane: str = "host1", body: bytes | None = None) -> Delivery:
    told = orjson.dumps({"n": number}) if body is None else body
    return Delivery(number, f"d{number}", Channel.BUS, "bus", lane, number, "t.info", told, NOW)


def sent(sender: BusSender, *deliveries: Delivery) -> list[Ended]:
    sender.begin(deliveries)
    return sender.wait(0)


def test_each_goes_to_its_topic_in_the_order_given() -> None:
    bus = FakeBus()
    ended = sent(BusSender(bus), *map(delivery, range(3)))
    assert bus.got == [("t.info", 0), ("t.info", 1), ("t.info", 2)]
    assert [each.verdict for each in ended] == [Verdict.TAKEN] * 3


def test_after_a_failure_nothing_is_sent_and_all_is_sent_again_in_its_order() -> None:
    bus = FakeBus()
    sender = BusSender(bus)
    lanes = Lanes()
    lanes.add([delivery(number, lane=f"host{number}") for number in range(5)])
    bus.takes = 2
    for each in sent(sender, *lanes.next(0.0)):
        if each.verdict is Verdict.TAKEN:
            lanes.taken(each.delivery)
        else:
            assert each.reason == "The bus did not take it: nobody listens."
            lanes.failed(each.delivery, 0.0)
    assert [number for _, number in bus.got] == [0, 1]
    bus.takes = 9
    for at in (10.0, 20.0):
        for each in sent(sender, *lanes.next(at)):
            lanes.taken(each.delivery)
    assert [number for _, number in bus.got] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("body", [b"no message", b'{"n":1}' + b" " * 100, b'{"n":666}'])
def test_what_can_never_be_sent_is_refused_and_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(bus_sender, "MESSAGE_BYTES_MAX", 50)
    bus = FakeBus()
    ended = sent(BusSender(bus), delivery(1, body=body), delivery(2))
    assert [each.verdict for each in ended] == [Verdict.REFUSED, Verdict.TAKEN]
    assert bus.got == [("t.info", 2)]


def test_a_bus_that_is_away_is_told_once_and_its_return_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "hostdown")
    bus = FakeBus()
    sender = BusSender(bus)
    bus.takes = 0
    for _ in range(3):
        sent(sender, delivery(1))
    bus.takes = 9
    sent(sender, delivery(1), delivery(2))
    assert [record.getMessage() for record in caplog.records] == [
        "Notifications wait until 192.0.2.1:5672 takes them. "
        "The bus did not take it: nobody listens.",
        "Notifications go to 192.0.2.1:5672 again.",
    ]


def test_it_waits_until_it_is_woken_and_closes_its_bus() -> None:
    bus = FakeBus()
    sender = BusSender(bus)
    waker = threading.Timer(0.02, sender.wake)
    waker.start()
    assert sender.wait(60) == []
    waker.join()
    assert sender.wait(0) == []
    sender.close()
    assert bus.closed
