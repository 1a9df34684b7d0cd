"""Watchdogs, no-grant marks and orders to look at slots, on every database."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from hostdown.domain.model import COMPUTE, Resources
from hostdown.domain.slots import Do, Said
from hostdown.domain.watchdog import Renewal
from hostdown.services.cell_ports import Cell, Heartbeat
from hostdown.services.watchdog_ports import NoGrant, SlotOrder, Watchdog

AT = datetime(2026, 3, 1, 12, 0, 0, 250)
LATER = AT + timedelta(seconds=1)
TOLD = Watchdog("h1", 3, "boot 3", 2000, 2500, AT, None, ())


def watchdog(cell: Cell, boot: int = 3) -> Watchdog | None:
    return cell.read(lambda rows: rows.watchdogs.get("h1", boot))


def test_what_a_boot_told_first_stays(cell: Cell) -> None:
    assert watchdog(cell) is None
    assert cell.write(lambda rows: rows.watchdogs.begin(TOLD))
    again = TOLD._replace(self_fence_after_ms=9000, told_at=LATER)
    assert not cell.write(lambda rows: rows.watchdogs.begin(again))
    assert watchdog(cell) == TOLD


def test_it_is_armed_once_and_pools_only_come(cell: Cell) -> None:
    cell.write(lambda rows: rows.watchdogs.begin(TOLD))
    for pools, at in (("b", "a"), AT), ((), AT), (("a", "A"), LATER):
        cell.write(lambda rows, p=pools, at=at: rows.watchdogs.add_pools("h1", 3, p, at))  # type: ignore[misc] # a lambda's defaults
    for at in (AT, LATER):
        cell.write(lambda rows, at=at: rows.watchdogs.arm("h1", 3, at))  # type: ignore[misc] # a lambda's default
    assert watchdog(cell) == TOLD._replace(armed_at=AT, pools=("A", "a", "b"))


def test_a_newer_boot_begins_anew_and_the_older_one_is_forgotten(cell: Cell) -> None:
    cell.write(lambda rows: rows.watchdogs.begin(TOLD))
    cell.write(lambda rows: rows.watchdogs.add_pools("h1", 3, ["a"], AT))
    newer = TOLD._replace(boot=4, boot_id="boot 4", armed_at=LATER)
    assert cell.write(lambda rows: rows.watchdogs.begin(newer))
    assert (watchdog(cell), watchdog(cell, 4)) == (None, newer)


def test_readers_are_those_that_report_the_pool_and_are_heard(cell: Cell) -> None:
    told = Resources(8, 4096, 100, 0, 0, 0, 0, "QEMU", 1, "h", "192.0.2.1", "{}", None, "p1")

    def make(rows: Any, host: str, pool: str) -> Any:  # noqa: ANN401 - rows of any store
        found = rows.services.create(host, COMPUTE, AT, None)
        rows.reports.resources(found.id, told._replace(pool_id=pool), AT)
        rows.reports.heartbeats([Heartbeat(found.id, AT if host == "late" else LATER, 1)])
        return found

    for host, pool in (
        ("b", "p1"),
        ("a", "p1"),
        ("c", "P1"),
        ("silent", "p1"),
        ("down", "p1"),
        ("late", "p1"),
    ):
        made = cell.write(lambda rows, host=host, pool=pool: make(rows, host, pool))  # type: ignore[misc] # a lambda's defaults
        if host == "silent":
            cell.write(lambda rows, made=made: rows.sights.reach(made, AT))  # type: ignore[misc] # a lambda's default
        if host == "down":
            forced = made._replace(forced_down=True)
            cell.write(lambda rows, made=made, forced=forced: rows.services.replace(made, forced))  # type: ignore[misc] # a lambda's defaults
    assert cell.read(lambda rows: rows.watchdogs.readers("p1", LATER)) == ["a", "b"]


def test_a_mark_is_lifted_by_its_own_recovery(cell: Cell) -> None:
    first, other = NoGrant("h1", 3, 7, AT), NoGrant("h2", 1, 8, AT)
    for mark in first, other:
        cell.write(lambda rows, mark=mark: rows.no_grants.put(mark))  # type: ignore[misc] # a lambda's default
    assert cell.read(lambda rows: rows.no_grants.all()) == [first, other]
    assert cell.read(lambda rows: rows.no_grants.get("h1")) == first
    assert not cell.write(lambda rows: rows.no_grants.lift("h1", 8))
    newer = NoGrant("h1", 4, 9, LATER)
    cell.write(lambda rows: rows.no_grants.put(newer))
    assert cell.write(lambda rows: rows.no_grants.lift("h1", 9))
    assert cell.read(lambda rows: rows.no_grants.all()) == [other]


def order(**facts: object) -> SlotOrder:
    made = SlotOrder(0, 7, "h1", 3, "p1", "r1", Do.READ, AT)
    return made._replace(**facts)  # type: ignore[arg-type] # checked by the test


@pytest.fixture
def orders(cell: Cell) -> list[SlotOrder]:
    made = [order(), order(reader="r2", do=Do.MARK, issued_at=LATER), order(recovery=8, pool="p2")]
    cell.write(lambda rows: rows.slot_orders.add([]))
    cell.write(lambda rows: rows.slot_orders.add(made))
    found = [
        each for of in (7, 8) for each in cell.read(lambda rows, of=of: rows.slot_orders.of(of))
    ]  # type: ignore[misc] # a lambda's default
    assert [each._replace(id=0) for each in found] == made
    return found


def test_a_reader_is_given_its_own_for_as_long_as_they_are_wanted(
    cell: Cell, orders: list[SlotOrder]
) -> None:
    def waiting(reader: str, since: datetime = AT, limit: int = 9) -> list[SlotOrder]:
        return cell.read(lambda rows: rows.slot_orders.waiting(reader, since, limit))

    first, second, third = orders
    assert waiting("r1") == [first, third]
    assert waiting("r1", limit=1) == [first]
    assert waiting("r2", since=LATER) == [second]
    assert waiting("r1", since=LATER) == []
    cell.write(lambda rows: rows.slot_orders.drop(7, Do.MARK))
    assert (waiting("r1"), waiting("r2")) == ([first, third], [])
    cell.write(lambda rows: rows.slot_orders.drop(7, Do.READ))
    assert waiting("r1") == [third]


def test_an_order_is_answered_once_by_whom_it_was_given(
    cell: Cell, orders: list[SlotOrder]
) -> None:
    first, second, third = orders
    read = Said(Renewal("boot 3", "nonce", 2**40))
    for number, reader, said, taken in (
        (first.id, "r2", read, False),
        (first.id, "r1", read, True),
        (first.id, "r1", Said(marked=True), False),
        (second.id, "r2", Said(marked=True), True),
        (third.id, "r1", Said(failure="It hangs."), True),
        (third.id + 9, "r1", read, False),
    ):
        done = cell.write(
            lambda rows, n=number, r=reader, s=said: rows.slot_orders.answer(n, r, s, LATER)  # type: ignore[misc] # a lambda's defaults
        )
        assert done is taken
    found = cell.read(lambda rows: [*rows.slot_orders.of(7), *rows.slot_orders.of(8)])
    assert [each.said for each in found] == [read, Said(marked=True), Said(failure="It hangs.")]
    assert {each.answered_at for each in found} == {LATER}
    assert cell.read(lambda rows: rows.slot_orders.waiting("r1", AT, 9)) == []
