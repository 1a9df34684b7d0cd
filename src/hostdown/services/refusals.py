"""Counting what was refused, in bounded memory: so many reasons, so many hosts, then one bucket."""

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.model import HostRecord
from hostdown.services.cell_ports import Refusal

KEYS_MAX = 1000
"""Pairs of host and reason counted apart between two flushes; the rest counts for no host."""


class Counted(NamedTuple):
    """A count, and the cell where its host lives; "" where no host is proven."""

    cell: str
    refusal: Refusal


class Refusals:
    """Counts since the last `drain`, and totals since the worker started; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], Counted] = {}
        self._totals: Counter[str] = Counter()

    def count(self, record: HostRecord | None, reason: str, now: datetime) -> None:
        """One more for this reason. `record` is None unless a signature proved the host.

        `reason` is one of a fixed set, never text from outside.
        """
        cell, host = (record.cell, record.name) if record else ("", "")
        with self._lock:
            self._totals[reason] += 1
            self._add(Counted(cell, Refusal(host, reason, 1, now)))

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
