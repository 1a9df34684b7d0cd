"""Hosts that others say are down, and whose reports stay away as well.

Of a host that sends no pulses, or none since an observer began, silence says nothing: it is judged
by its reports. That they stay away is measured by our own monotonic clock, beginning when the event
was seen: a wall clock that jumps makes nobody suspect.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.fault_events import STANDS_FOR, WORTH, FaultEvent, begins, standing
from hostdown.domain.model import COMPUTE
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.ports import Clock
from hostdown.services.pulses import PulseBook

QUIET_INTERVALS = 2
"""Report intervals without a report."""


class _Quiet(NamedTuple):
    """A host that has reported last then, and since when that is all, monotonic."""

    host: str
    reported_at: datetime
    since: float


class Suspects:
    """Called by one thread; `ids` is replaced whole, so that others may read it."""

    def __init__(self, cell: Cell, book: PulseBook, clock: Clock, quiet_s: float) -> None:
        self._cell = cell
        self._book = book
        self._clock = clock
        self._quiet_s = quiet_s
        self._quiet: dict[str, _Quiet] = {}
        self.ids: frozenset[str] = frozenset()
        """Hosts that are suspect until they report, whatever else is said of them."""

    def look(self) -> None:
        """Who is suspect now; raises CellUnavailable."""
        self._quiet = self._cell.read(self._read)
        self.ids = frozenset(each for each in self._quiet if self._is_suspect(each))

    def _read(self, rows: CellRows) -> dict[str, _Quiet]:
        now = self._clock.now()
        events = _by_host(rows.fault_events.since(now - STANDS_FOR))
        accused = {
            host_id: each[0].host
            for host_id, each in events.items()
            if any(WORTH[one.kind].begins for one in each)
        }
        known = {host_id: quiet.host for host_id, quiet in self._quiet.items()}
        asked = known | accused
        away = self._away(rows) if asked else set()
        found = {}
        for host_id, host in asked.items():
            if host_id in away:
                continue
            service = next(iter(rows.services.find(host, COMPUTE)), None)
            if service is not None and service.last_seen_up is not None:
                said = standing(events.get(host_id, ()), service.last_seen_up, now)
                quiet = self._seen(host_id, host, service.last_seen_up, begins(said))
                if quiet is not None:
                    found[host_id] = quiet
        return found

    def _away(self, rows: CellRows) -> set[str]:
        """Whose agents said farewell in their newest sessions, to whichever observer."""
        left = rows.farewells.all()
        return {each.id for each in self._book.records() if left.get(each.id) == each.session}

    def _seen(self, host_id: str, host: str, reported_at: datetime, said: bool) -> _Quiet | None:
        before = self._quiet.get(host_id)
        if before is not None and before.reported_at == reported_at:
            return before if said or self._is_suspect(host_id) else None
        return _Quiet(host, reported_at, self._clock.monotonic()) if said else None

    def _is_suspect(self, host_id: str) -> bool:
        return self._clock.monotonic() - self._quiet[host_id].since >= self._quiet_s


def _by_host(events: Iterable[FaultEvent]) -> dict[str, list[FaultEvent]]:
    found: dict[str, list[FaultEvent]] = {}
    for each in events:
        found.setdefault(each.host_id, []).append(each)
    return found
