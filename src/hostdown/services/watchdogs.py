"""What agents tell of watchdogs, and how orders to look at slots reach them (NEVER-TWICE F6, F7).

Whoever waits for a reset reckons with C, W and the pools that stand here. So they are durable
before a pool gives a credit, never change within a boot, and no pool is added to a boot that gets
no grants any more or was proven over: somebody may be waiting for just those that are there.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hostdown.domain.credit_errors import WatchdogChanged
from hostdown.domain.model import HostRecord
from hostdown.domain.slots import Do, Said
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.watchdog_ports import SlotOrder, Watchdog

POOLS_MAX = 16
"""Pools that may give one host a credit, over a boot."""
ORDERS_MAX = 16
"""Orders that a host is given at a time."""
ORDER_LIFE = timedelta(seconds=5)
"""For so long an order is given; what comes later is late."""


class Told(NamedTuple):
    """What an agent says of this boot. `pools`: where its slot is renewed; `armed`: its device is
    open."""

    self_fence_after_ms: int
    reset_ms: int
    pools: Sequence[str]
    armed: bool


class Answered(NamedTuple):
    """What came of an order."""

    order: int
    said: Said


def tell(cell: Cell, record: HostRecord, told: Told, now: datetime) -> tuple[str, ...]:
    """Keep it; the pools that may give the host a credit. Raises WatchdogChanged."""

    def look(rows: CellRows) -> Watchdog | None:
        return rows.watchdogs.get(record.id, record.boot)

    found = cell.read(look)
    if found is None or (_is_the_same(found, told) and _is_news(found, told)):
        cell.write(lambda rows: _keep(rows, record, told, now))
        found = cell.read(look)
    if found is None:  # a newer boot has told meanwhile
        return ()
    if not _is_the_same(found, told):
        c_ms, w_ms = found.self_fence_after_ms, found.reset_ms
        raise WatchdogChanged(name=record.name, c_ms=c_ms, w_ms=w_ms)
    return found.pools


def _is_the_same(found: Watchdog, told: Told) -> bool:
    """Whether C and W are."""
    known = found.self_fence_after_ms, found.reset_ms
    return known == (told.self_fence_after_ms, told.reset_ms)


def _is_news(found: Watchdog, told: Told) -> bool:
    arms = told.armed and found.armed_at is None
    return arms or not set(told.pools) <= set(found.pools)


def _keep(rows: CellRows, record: HostRecord, told: Told, now: datetime) -> None:
    """A proof is written, and a mark made, under the ledger's number: never beside this.

    What is told with another C or W is not believed: a wait by those that stand would be too short.
    """
    rows.ledger.next()
    c_ms, w_ms = told.self_fence_after_ms, told.reset_ms
    first = Watchdog(record.id, record.boot, record.boot_id, c_ms, w_ms, now, None, ())
    rows.watchdogs.begin(first)
    found = rows.watchdogs.get(record.id, record.boot)
    if found is None or not _is_the_same(found, told):
        return
    if told.armed:
        rows.watchdogs.arm(record.id, record.boot, now)
    mark = rows.no_grants.get(record.id)
    is_marked = mark is not None and mark.boot >= record.boot
    if is_marked or rows.proofs.covering(record.id, record.boot):
        return
    new = [pool for pool in dict.fromkeys(told.pools) if pool not in found.pools]
    rows.watchdogs.add_pools(record.id, record.boot, new[: POOLS_MAX - len(found.pools)], now)


def orders(rows: CellRows, record: HostRecord, now: datetime) -> list[SlotOrder]:
    """What the host is to do for others."""
    return rows.slot_orders.waiting(record.id, now - ORDER_LIFE, ORDERS_MAX)


def take(cell: Cell, record: HostRecord, answers: Sequence[Answered], now: datetime) -> None:
    """Keep what came of them; of one that nobody waits for any more nothing."""

    def work(rows: CellRows) -> None:
        number = rows.ledger.next()
        for each in answers:
            rows.slot_orders.answer(each.order, record.id, each.said, now)
        if rows.slot_orders.waiting(record.id, now - ORDER_LIFE, 1):
            rows.ledger.changed([record.id], number)  # there were more than it was given

    cell.write(work)


def over(rows: CellRows, host_id: str, recovery: int) -> bool:
    """Nobody waits for the host's watchdog any more; whether somebody did."""
    for do in Do:
        rows.slot_orders.drop(recovery, do)
    return rows.no_grants.lift(host_id, recovery)
