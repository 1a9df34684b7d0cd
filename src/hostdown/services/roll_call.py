"""Hosts that an observer should hear, because they lived shortly before it began (DESIGN §9).

A host may die while its server is restarted, or with it. Nobody has heard it since, so no pulse of
it grows old; without this it would be missed for ever.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from hostdown.domain.model import COMPUTE
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.pulses import PulseBook

RECENT = timedelta(hours=1)
"""Who reported last longer ago is judged by reports alone."""


class RollCall:
    """One observer's. Called by one thread."""

    def __init__(self, cell: Cell, book: PulseBook, within: timedelta) -> None:
        """`within`: after it an observer has heard all that live, or they have reported."""
        self._cell = cell
        self._book = book
        self._within_ns = round(within.total_seconds() * 1_000_000_000)
        self._due_ns = 0
        self._expected: dict[str, datetime] = {}
        """Ids of hosts that were not heard yet, with their last reports."""

    def __len__(self) -> int:
        return len(self._expected)

    def begin(self, silent: Collection[str], now: datetime, now_ns: int) -> None:
        """Who should be heard, but for those known to be silent; raises CellUnavailable."""
        reported = self._cell.read(self._reported)
        self._due_ns = now_ns + self._within_ns
        for host, at in reported.items():
            if at > now - RECENT and host not in silent:
                self._expected[host] = at

    def strike(self, host: str) -> None:
        """It was heard, or it is known that it is not."""
        self._expected.pop(host, None)

    def missing(self, now_ns: int) -> set[str]:
        """Who should have been heard by now, asked again later; raises CellUnavailable."""
        if not self._expected or now_ns < self._due_ns:
            return set()
        reported = self._cell.read(self._reported)
        self._due_ns = now_ns + self._within_ns
        self._expected = {
            host: at
            for host, at in self._expected.items()
            if not self._book.is_gone(host) and reported.get(host) == at
        }
        return set(self._expected)

    def _reported(self, rows: CellRows) -> dict[str, datetime]:
        """When each host of this cell reported last, by id; without those that said farewell, to
        whichever observer."""
        left = rows.farewells.all()
        at = {each.host: each.last_seen_up for each in rows.services.find(None, COMPUTE)}
        found = {
            each.id: at.get(each.name)
            for each in self._book.records()
            if each.cell == self._cell.name and left.get(each.id) != each.session
        }
        return {host: seen for host, seen in found.items() if seen is not None}
