"""Watchdogs and slots on the wire: kept once for each boot, bounded, repeatable."""

from typing import Any

import pytest
from tests.agent.house import Host, House
from tests.agent.test_admin import ask
from tests.agent.test_instances import NEW, answered, asked, refusal

from hostdown.domain.model import HostRecord
from hostdown.domain.slots import Do, Said
from hostdown.domain.watchdog import Renewal
from hostdown.services.cell_ports import Cell
from hostdown.services.permit_ports import Proof
from hostdown.services.watchdog_ports import NoGrant, SlotOrder, Watchdog
from hostdown.services.watchdogs import ORDER_LIFE, ORDERS_MAX, POOLS_MAX

TOLD = {"self_fence_after_ms": 2000, "reset_ms": 2500, "pools": ["p1"], "armed": False}


@pytest.fixture
def host(house: House) -> Host:
    return house.reporting("compute1")


@pytest.fixture
def cell(house: House) -> Cell:
    return house.storage.cells.all()[0]


@pytest.fixture
def record(house: House, host: Host) -> HostRecord:
    found = house.storage.directory.read(lambda rows: rows.hosts.named("compute1"))
    assert found is not None
    return found


def told(house: House, host: Host, **fields: object) -> object:
    return answered(house, host, "watchdog", **{**TOLD, **fields})["pools"]


def kept(cell: Cell, record: HostRecord) -> Watchdog:
    found = cell.read(lambda rows: rows.watchdogs.get(record.id, record.boot))
    assert found is not None
    return found


def test_pools_are_confirmed_once_they_are_kept_and_only_come(
    house: House, host: Host, cell: Cell, record: HostRecord
) -> None:
    began = house.clock.now()
    assert told(house, host) == ["p1"]
    house.clock.forward(1)
    assert told(house, host, pools=["p2"]) == ["p1", "p2"]
    assert told(house, host, pools=[]) == ["p1", "p2"]
    assert kept(cell, record) == Watchdog(
        record.id, 1, record.boot_id, 2000, 2500, began, None, ("p1", "p2")
    )


def test_a_boot_is_armed_for_good(house: House, host: Host, cell: Cell, record: HostRecord) -> None:
    told(house, host)
    house.clock.forward(1)
    first = house.clock.now()
    for armed in (True, False, True):
        told(house, host, armed=armed)
        assert kept(cell, record).armed_at == first
        house.clock.forward(1)


@pytest.mark.parametrize("field", ["self_fence_after_ms", "reset_ms"])
def test_neither_c_nor_w_changes_within_a_boot(
    house: House, host: Host, cell: Cell, record: HostRecord, field: str
) -> None:
    told(house, host)
    before = kept(cell, record)
    other = {**TOLD, field: 9000, "pools": ["p2"], "armed": True}
    status, code, message = refusal(asked(house, host, "watchdog", **other))
    assert (status, code) == (409, "watchdog-changed")
    assert "2000 ms" in message
    assert "2500 ms" in message
    assert kept(cell, record) == before


def test_no_pool_is_added_while_somebody_waits_for_the_others(
    house: House, host: Host, cell: Cell, record: HostRecord
) -> None:
    told(house, host)
    mark = NoGrant(record.id, record.boot, 7, house.clock.now())
    cell.write(lambda rows: rows.no_grants.put(mark))
    assert told(house, host, pools=["p2"]) == ["p1"]
    cell.write(lambda rows: rows.no_grants.put(mark._replace(boot=0)))
    assert told(house, host, pools=["p2"]) == ["p1", "p2"]
    proof = Proof(record.id, record.boot, "host", "watchdog", house.clock.now(), "c", {})
    cell.write(lambda rows: rows.proofs.add(proof))
    assert told(house, host, pools=["p3"]) == ["p1", "p2"]


def test_a_boot_has_so_many_pools(house: House, host: Host) -> None:
    many = [f"p{number:02}" for number in range(POOLS_MAX)]
    assert told(house, host, pools=many[1:]) == many[1:]
    assert told(house, host, pools=["q1", "q2"]) == [*many[1:], "q1"]
    assert refusal(asked(house, host, "watchdog", **{**TOLD, "pools": [*many, "q"]}))[0] == 400


def test_it_is_shown_with_its_host(house: House, host: Host) -> None:
    assert ask(house, "GET", "/hosts/compute1").json["host"]["watchdog"] is None
    told(house, host, armed=True)
    assert ask(house, "GET", "/hosts/compute1").json["host"]["watchdog"] == {
        "armed_at": house.clock.now().isoformat(),
        "self_fence_after_ms": 2000,
        "reset_ms": 2500,
        "pools": ["p1"],
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"self_fence_after_ms": 0},
        {"reset_ms": 2**31},
        {"reset_ms": "2"},
        {"pools": "p1"},
        {"pools": [""]},
        {"pools": ["p" * 37]},
        {"pools": [1]},
        {"armed": 1},
        {"armed": None},
    ],
)
def test_what_is_malformed_is_refused(house: House, host: Host, wrong: dict[str, object]) -> None:
    assert refusal(asked(house, host, "watchdog", **{**TOLD, **wrong}))[:2] == (400, "malformed")


# ------------------------------------------------------------------------------------------ orders


def give(house: House, cell: Cell, reader: HostRecord, **facts: Any) -> SlotOrder:  # noqa: ANN401 - fields of one
    made = SlotOrder(0, 7, "h2", 3, "p1", reader.id, Do.READ, house.clock.now())

    def work(rows: Any) -> SlotOrder:  # noqa: ANN401 - rows of any store
        rows.slot_orders.add([made._replace(**facts)])
        rows.ledger.changed([reader.id], rows.ledger.next())
        found: SlotOrder = rows.slot_orders.of(facts.get("recovery", 7))[-1]
        return found

    return cell.write(work)


def orders(house: House, host: Host) -> list[dict[str, object]]:
    answer = answered(house, host, "assignments", known=0)
    found: list[dict[str, object]] = answer.get("slot_orders", [])  # type: ignore[assignment] # parsed JSON
    return found


def test_orders_stand_in_each_answer_until_they_are_late(
    house: House, host: Host, cell: Cell, record: HostRecord
) -> None:
    before = answered(house, host, "assignments", known=0)
    order = give(house, cell, record, do=Do.MARK)
    give(house, cell, record._replace(id="another"))
    told = answered(house, host, "assignments", known=before["version"])
    assert told["slot_orders"] == [
        {"order": order.id, "do": "mark", "host": "h2", "pool": "p1", "boot": 3, "recovery": "7"}
    ]
    again = answered(
        house, host, "assignments", seen={"database_id": "", "commit": 0}, known=told["version"]
    )
    assert again["slot_orders"] == told["slot_orders"]
    house.clock.forward(ORDER_LIFE.total_seconds() + 0.1)
    assert orders(house, host) == []


def test_answers_are_kept_once_and_only_by_whom_they_were_asked(
    house: House, host: Host, cell: Cell, record: HostRecord
) -> None:
    mine = give(house, cell, record)
    others = give(house, cell, record._replace(id="another"))
    form = {"boot_id": "b", "process": "n", "counter": 2**40}
    said = {"order": mine.id, "renewal": form, "marked": False, "failure": None}
    failed = {"order": mine.id, "renewal": None, "marked": False, "failure": "It hangs."}
    for answers in ([said, {**failed, "order": others.id}, {**failed, "order": 2**62}], [failed]):
        assert answered(house, host, "slots", answers=answers) == {}
    found = cell.read(lambda rows: rows.slot_orders.of(7))
    assert [each.said for each in found] == [Said(Renewal("b", "n", 2**40)), None]
    assert orders(house, host) == []


def test_who_was_given_not_all_is_told_that_there_is_more(
    house: House, host: Host, cell: Cell, record: HostRecord
) -> None:
    for number in range(ORDERS_MAX + 1):
        give(house, cell, record, pool=f"p{number}")
    first = answered(house, host, "assignments", known=0)
    given = first["slot_orders"]
    assert isinstance(given, list)
    assert len(given) == ORDERS_MAX
    said = [{"order": each["order"], "marked": True} for each in given]
    answered(house, host, "slots", answers=said)
    rest = answered(house, host, "assignments", seen=NEW, known=first["version"])["slot_orders"]
    assert [each["pool"] for each in rest] == [f"p{ORDERS_MAX}"]  # type: ignore[attr-defined] # a list


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [1],
        [{"order": 0, "marked": True}],
        [{"order": 1, "marked": 1}],
        [{"order": 1, "marked": True, "failure": "x" * 256}],
        [{"order": 1, "marked": True, "renewal": []}],
        [{"order": 1, "marked": True, "renewal": {"boot_id": "b", "process": "p"}}],
        [{"order": 1, "marked": True}] * (ORDERS_MAX + 1),
    ],
)
def test_malformed_answers_are_refused(house: House, host: Host, wrong: object) -> None:
    assert refusal(asked(house, host, "slots", answers=wrong))[:2] == (400, "malformed")
