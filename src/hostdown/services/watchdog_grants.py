"""Which hosts an observer grants a credit for their watchdogs (NEVER-TWICE F6).

A grant is given only by marks that were looked at lately: an observer that is cut off from the
database must not keep a host alive that others wait for. Late is a look by when it began, for a
mark may have come right after.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from hostdown.domain.model import HostRecord
from hostdown.domain.watchdog import GRANTS_END_S
from hostdown.services.cell_ports import Cell
from hostdown.services.ports import Cells
from hostdown.services.together import try_all


class _Marks(NamedTuple):
    """Of one cell: the boot of each host that has one, and until when it is good; monotonic."""

    boots: Mapping[str, int]
    until: float


class WatchdogGrants:
    """One observer's. One thread looks, another one asks; what both touch is replaced whole."""

    def __init__(self, cells: Cells, monotonic: Callable[[], float]) -> None:
        self._cells = cells
        self._monotonic = monotonic
        self._seen: Mapping[str, _Marks] = {}
        """By cell."""

    def look(self) -> None:
        """Read the marks; raises CellUnavailable, and what was not read grows old."""
        try_all(partial(self._look_at, cell) for cell in self._cells.all())

    def _look_at(self, cell: Cell) -> None:
        until = self._monotonic() + GRANTS_END_S
        marks = cell.read(lambda rows: rows.no_grants.all())
        seen = _Marks({each.host_id: each.boot for each in marks}, until)
        self._seen = {**self._seen, cell.name: seen}

    def allow(self, record: HostRecord) -> bool:
        """Whether this boot of the host may live on.

        The time is that of asking: a pulse that this is the answer to was sent before.
        """
        seen = self._seen.get(record.cell)
        if seen is None or self._monotonic() >= seen.until:
            return False
        return seen.boots.get(record.id, -1) < record.boot


def no_grants(_record: HostRecord) -> bool:
    """Where nobody reads marks."""
    return False
