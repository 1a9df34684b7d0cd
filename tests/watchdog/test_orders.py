"""Looks at the slots of others, as the server orders them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.watchdog.things import HOST

from hostdown.agent.errors import NotHeard, Refused
from hostdown.agent.slot_orders import ORDERS_MAX, SlotOrders
from hostdown.agent.surroundings import Session
from hostdown.domain.watchdog import Mark, Renewal
from hostdown.drivers.memory_watch_slots import MemoryWatchSlots

SESSION = Session(HOST, b"secret", 4, 3, "boot id")
RENEWAL = Renewal("its boot", "its process", 9)
ORDER = {"order": 7, "do": "read", "host": HOST, "pool": "the pool", "boot": 3, "recovery": "r"}


@dataclass
class Server:
    fails: Exception | None = None
    told: list[Mapping[str, Any]] = field(default_factory=list)

    def post(
        self, path: str, content: Mapping[str, object], secret: bytes, unsigned: bool = False
    ) -> Mapping[str, object]:
        assert (path, secret) == (f"/agent/v1/hosts/{HOST}/slots", b"secret")
        if self.fails is not None:
            raise self.fails
        self.told.append(content)
        return {}


class Reader:
    """A host that looks, and how often it was woken."""

    def __init__(self) -> None:
        self.server, self.slots, self.woken = Server(), MemoryWatchSlots("the pool"), 0
        self.orders = SlotOrders(self.server, self.slots, self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def told(self, *orders: object) -> list[dict[str, object]]:
        """What it answers to these."""
        self.orders.take(SESSION, {"slot_orders": list(orders)})
        assert self.orders.turn()
        return [each for content in self.server.told for each in content["answers"]]


@pytest.fixture
def reader() -> Reader:
    made = Reader()
    made.slots.renew(HOST, RENEWAL)
    return made


def test_what_a_slot_says_is_told(reader: Reader) -> None:
    answer = {"order": 7, "renewal": RENEWAL._asdict(), "marked": False, "failure": None}
    assert reader.told(ORDER) == [answer]
    assert reader.server.told[0]["session"] == 4
    assert reader.woken == 1


def test_a_mark_is_made_and_told(reader: Reader) -> None:
    answer = {"order": 7, "renewal": None, "marked": True, "failure": None}
    assert reader.told(ORDER | {"do": "mark"}) == [answer]
    assert reader.slots.read(HOST).mark == Mark(3, "r")


def test_what_fails_is_told_with_its_reason(reader: Reader) -> None:
    other = ORDER | {"order": 8, "pool": "another pool", "do": "mark"}
    nobody = ORDER | {"order": 9, "host": HOST.replace("a", "c")}
    answers = {each["order"]: each for each in reader.told(other, nobody)}
    assert "the pool here is the pool" in str(answers[8]["failure"])
    assert "No such file" in str(answers[9]["failure"])
    assert all(not each["marked"] and not each["renewal"] for each in answers.values())
    assert reader.slots.read(HOST).mark is None


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {},
        ORDER | {"order": None},
        ORDER | {"do": "burn"},
        ORDER | {"host": "../../etc/passwd"},
    ],
)
def test_what_is_not_understood_is_left_to_others(reader: Reader, odd: object) -> None:
    assert [each["order"] for each in reader.told(odd, ORDER | {"order": 8})] == [8]


def test_answers_without_orders_are_those_of_older_servers(reader: Reader) -> None:
    for answer in ({}, {"slot_orders": None}, {"slot_orders": []}):
        reader.orders.take(SESSION, answer)
        assert reader.orders.turn()
    assert (reader.server.told, reader.woken) == ([], 0)


def test_an_answer_is_sent_until_it_is_heard_and_the_look_is_not_repeated(reader: Reader) -> None:
    reader.server.fails = NotHeard("Nobody is there.")
    reader.orders.take(SESSION, {"slot_orders": [ORDER]})
    assert not reader.orders.turn()
    reader.slots.renew(HOST, RENEWAL._replace(counter=10))
    reader.orders.take(SESSION, {"slot_orders": [ORDER]})
    reader.server.fails = None
    assert reader.orders.turn()
    assert reader.server.told[0]["answers"][0]["renewal"]["counter"] == 9
    assert reader.orders.turn()
    assert len(reader.server.told) == 1


def test_an_order_that_is_not_wanted_any_more_is_dropped(reader: Reader) -> None:
    reader.server.fails = NotHeard("Nobody is there.")
    reader.orders.take(SESSION, {"slot_orders": [ORDER]})
    assert not reader.orders.turn()
    reader.server.fails = None
    reader.orders.take(SESSION, {})
    assert reader.orders.turn()
    assert reader.server.told == []


def test_what_the_server_refuses_is_not_sent_for_ever(reader: Reader) -> None:
    reader.server.fails = Refused(400, "message-malformed", "Not understood.", {})
    reader.orders.take(SESSION, {"slot_orders": [ORDER]})
    assert reader.orders.turn()


def test_a_list_that_is_too_long_is_cut(reader: Reader) -> None:
    answers = reader.told(*(ORDER | {"order": number} for number in range(ORDERS_MAX + 5)))
    assert len(answers) == ORDERS_MAX
