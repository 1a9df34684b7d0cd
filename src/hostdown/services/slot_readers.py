"""Who looks at a silent host's slots: hosts that are up and report its pools."""

from collections.abc import Sequence
from datetime import datetime

from hostdown.domain.slots import Do, Look
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Recovery
from hostdown.services.watchdog_ports import SlotOrder, Watchdog
from hostdown.services.watchdogs import ORDER_LIFE

READERS_MAX = 2
"""Hosts that are asked for each pool, where there are so many."""
ANSWERED_WITHIN_S = ORDER_LIFE.total_seconds()
"""A look that is not answered by then has failed."""


class SlotReaders:
    """Of one cell. Called by one thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def orders(
        self, seen: Recovery, dog: Watchdog, do: Do, turn: int, now: datetime
    ) -> tuple[list[SlotOrder], str | None]:
        """One for each reader of each pool; else none, and a sentence that says why.

        `turn`: another one gives others a chance, where there are more.
        """
        made: list[SlotOrder] = []
        for pool in dog.pools:
            found = self._readers(seen, pool, turn, now)
            if not found:
                return [], f"No host that is up has pool {pool}: nobody can look at its slot there."
            made += [
                SlotOrder(0, seen.id, seen.host_id, seen.boot, pool, reader, do, now)
                for reader in found
            ]
        return made, None

    def answers(self, seen: Recovery, ordered_at: float) -> list[SlotOrder] | None:
        """What came of the look that was ordered then, monotonic, once each reader has answered or
        it is too late; None before."""
        found = self._desk.cell.read(lambda rows: rows.slot_orders.of(seen.id))
        orders = [each for each in found if each.do is Do.READ]
        is_late = self._desk.clock.monotonic() >= ordered_at + ANSWERED_WITHIN_S
        return orders if is_late or all(each.said is not None for each in orders) else None

    def _readers(self, seen: Recovery, pool: str, turn: int, now: datetime) -> Sequence[str]:
        """Their ids."""
        since = self._desk.life(now).earliest
        names = self._desk.cell.read(lambda rows: rows.watchdogs.readers(pool, since))
        others = [name for name in names if name != seen.host]
        first = (seen.id + turn) * READERS_MAX
        chosen = {others[(first + n) % len(others)] for n in range(READERS_MAX) if others}
        records = [self._desk.record(name) for name in sorted(chosen)]
        return [each.id for each in records if each is not None]


def by_pool(pools: Sequence[str], orders: Sequence[SlotOrder]) -> Look:
    """What came of the orders of one look."""
    return {pool: [each.said for each in orders if each.pool == pool] for pool in pools}
