"""How an observer says that it is there, and what hosts are told because of it."""

import logging
from collections.abc import Mapping
from datetime import timedelta

import orjson
import pytest
from tests.agent.house import Host, House
from tests.agent.test_reports import signed
from tests.pulses.hosts import BEGUN, record

from hostdown.agent.pulses import Pulsing
from hostdown.domain.pulse import nonce_of
from hostdown.services.observer_ports import Observer
from hostdown.services.observers import (
    OTHER_LOOKS_MAX,
    Announcement,
    Ear,
    PulseOffers,
    no_offer,
)
from hostdown.storage import Storage

OURS = Observer("control1", 8774, b"e" * 16, BEGUN)
OTHER = OURS._replace(epoch=b"f" * 16)


@pytest.fixture
def house(store: Storage) -> House:
    return House(store)


def stands(store: Storage) -> Observer | None:
    return store.directory.read(lambda rows: rows.observers.get("control1"))


def test_an_announcement_is_made_once(store: Storage) -> None:
    place = Announcement(store.directory, OURS)
    assert not place.made
    for _ in range(3):
        place.keep()
        assert place.made
        assert stands(store) == OURS


def test_another_observer_is_left_for_a_while_and_then_its_place_is_taken_back(
    store: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    place = Announcement(store.directory, OURS)
    place.keep()
    store.directory.write(lambda rows: rows.observers.put(OTHER))
    for _ in range(OTHER_LOOKS_MAX - 1):
        place.keep()
        assert stands(store) == OTHER
    place.keep()
    assert stands(store) == OURS
    assert "is there another server with this [DEFAULT] host?" in caplog.text


def test_an_offer_is_made_of_the_newest_observer_and_of_the_hosts_session(store: Storage) -> None:
    offers = PulseOffers(store.directory, "control1", timedelta(milliseconds=100))
    offers.refresh()
    host = record()
    assert offers(host) is None
    for observer in (OURS, OTHER._replace(port=9)):
        store.directory.write(lambda rows, o=observer: rows.observers.put(o))
        offers.refresh()
        offer = offers(host)
        assert offer is not None
        nonce = nonce_of(host.secret, observer.epoch, 1, "boot-1")
        assert offer.ears == (Ear((), observer.port, nonce),)
    assert no_offer(host) is None


def test_hosts_are_told_of_every_servers_observer_and_of_none_that_they_could_not_find(
    store: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    there = Observer("control2", 8774, b"2" * 16, BEGUN, ("192.0.2.2", "198.51.100.2"))
    nowhere = Observer("control3", 8774, b"3" * 16, BEGUN)
    for observer in (OURS, there, nowhere):
        store.directory.write(lambda rows, o=observer: rows.observers.put(o))
    offers = PulseOffers(store.directory, "control1", timedelta(milliseconds=100))
    for _ in range(2):
        offers.refresh()
    offer = offers(record())
    assert offer is not None
    assert [each.addresses for each in offer.ears] == [(), there.addresses]
    assert caplog.text.count("cannot send their pulses to server 'control3'") == 1


def test_a_server_that_has_another_name_now_is_offered_once_as_it_is(store: Storage) -> None:
    where = ("192.0.2.1",)
    now = Observer("control1", 8774, b"1" * 16, BEGUN + timedelta(days=1), where)
    before = Observer("control2", 8774, b"2" * 16, BEGUN, where)
    for observer in (before, now):
        store.directory.write(lambda rows, o=observer: rows.observers.put(o))
    offers = PulseOffers(store.directory, "control1", timedelta(milliseconds=100))
    offers.refresh()
    offer, host = offers(record()), record()
    assert offer is not None
    nonce = nonce_of(host.secret, now.epoch, host.session, host.boot_id)
    assert offer.ears == (Ear(where, 8774, nonce),)


class Told:
    """`agent.pulses.Pulses` that only remembers."""

    def __init__(self) -> None:
        self.last: Pulsing | None = None
        self.ended = 0

    def go_on(self, pulsing: Pulsing) -> None:
        self.last = pulsing

    def end(self, name: str) -> None:
        self.ended += 1

    def known(self, name: str, version: int) -> None:
        """Nobody asks."""


def answered(host: Host) -> Mapping[str, object]:
    path, body, headers = host.wire.sent[-1]
    sequence = orjson.loads(body)["sequence"]
    assert host.store.identity is not None
    body = orjson.dumps(orjson.loads(body) | {"sequence": sequence + 1})
    raw = host.client.raw(*signed(host, path, body, int(headers["X-Hostdown-Time"])))
    answer: Mapping[str, object] = orjson.loads(raw.body)
    return answer


def test_a_report_is_answered_with_what_pulses_need(house: House) -> None:
    host = house.reporting("compute1")
    assert answered(host)["pulse"] is None
    directory = house.storage.directory
    directory.write(lambda rows: rows.observers.put(OURS))
    offers = PulseOffers(directory, "control1", timedelta(milliseconds=250))
    offers.refresh()
    house.intake, house.app = house.worker(offers)
    told = Told()
    again = house.host("compute1", store=host.store, pulses=told)
    again.turns(2)
    identity = again.store.identity
    assert identity is not None
    nonce = nonce_of(identity.secret, OURS.epoch, identity.session, "boot-1")
    assert answered(again)["pulse"] == {
        "interval_ms": 250,
        "observers": [{"addresses": [], "port": 8774, "nonce": nonce.hex()}],
    }
    assert told.last is not None
    assert told.last[:4] == ("compute1", identity.id, identity.secret, "boot-1")
    assert told.last.terms == (0.25, {(("house",), 8774): nonce})


def test_only_a_server_that_wants_none_ends_pulses(house: House) -> None:
    told = Told()
    host = house.host("compute1", pulses=told)
    host.turns(2)
    assert told.ended == 0
    host.turns(1)
    assert told.ended == 1
    host.wire.cut = True
    host.turns(3)
    assert told.ended == 1
    host.agent.drop()
    assert told.ended == 2
