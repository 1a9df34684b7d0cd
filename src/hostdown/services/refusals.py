"""Counting what was refused, in bounded memory: so many reasons, so many hosts, then one bucket."""

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from hostdown.domain.errors import HostdownError
from hostdown.domain.metric_table import REFUSED
from hostdown.domain.model import HostRecord
from hostdown.services.cell_ports import Cell, Refusal
from hostdown.services.metric_ports import NOTHING_COUNTED, Counts
from hostdown.services.ports import Cells
from hostdown.services.together import try_all

KEYS_MAX = 1000
"""Pairs of host and reason counted apart between two flushes; the rest counts for no host."""


class Counted(NamedTuple):
    """A count, and the cell where its host lives; "" where no host is proven."""

    cell: str
    refusal: Refusal


class Refusals:
    """Counts since the last `drain`, and totals since the worker started; safe between threads."""

    def __init__(self, counts: Counts = NOTHING_COUNTED) -> None:
        self._all = counts
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], Counted] = {}
        self._totals: Counter[str] = Counter()

    def count(self, record: HostRecord | None, reason: str, now: datetime, times: int = 1) -> None:
        """More for this reason. `record` is None unless a signature proved the host.

        `reason` is one of a fixed set, never text from outside.
        """
        self._all.add(REFUSED, (reason,), times)
        cell, host = (record.cell, record.name) if record else ("", "")
        with self._lock:
            self._totals[reason] += times
            self._add(Counted(cell, Refusal(host, reason, times, now)))

    def drain(self) -> list[Counted]:
        """What was counted since the last call."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return list(counts.values())

    def restore(self, counts: Iterable[Counted]) -> None:
        """Take back what could not be written."""
        with self._lock:
            for counted in counts:
                self._add(counted)

    def totals(self) -> dict[str, int]:
        """By reason, since the worker started."""
        with self._lock:
            return dict(self._totals)

    def _add(self, new: Counted) -> None:
        key = (new.refusal.host, new.refusal.reason)
        if key not in self._counts and len(self._counts) >= KEYS_MAX:
            new = Counted("", new.refusal._replace(host=""))
            key = ("", new.refusal.reason)
        seen = self._counts.get(key, new._replace(refusal=new.refusal._replace(times=0)))
        last_at = max(seen.refusal.last_at, new.refusal.last_at)
        times = seen.refusal.times + new.refusal.times
        self._counts[key] = Counted(seen.cell, new.refusal._replace(times=times, last_at=last_at))


def write_refusals(refusals: Refusals, cells: Cells) -> None:
    """Each count goes to its host's cell; what nobody is proven to have sent to the first.

    What cannot be written is kept; then raises what the database raised.
    """
    counted = refusals.drain()
    all_cells = cells.all()
    home = all_cells[0].name
    try_all(
        partial(_write, refusals, cell, [c for c in counted if (c.cell or home) == cell.name])
        for cell in all_cells
    )


def _write(refusals: Refusals, cell: Cell, counted: list[Counted]) -> None:
    if not counted:
        return
    try:
        cell.write(lambda rows: rows.reports.refusals([c.refusal for c in counted]))
    except HostdownError:
        refusals.restore(counted)
        raise
