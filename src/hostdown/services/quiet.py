"""Hosts that no observer hears: owners are told when their reports stop, and when they go on.

Nobody writes anything at the moment at which a report becomes too old, so somebody has to look. A
host that most observers find silent was told of before (`services.unreachable`).
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from hostdown.domain.host_words import SILENT
from hostdown.domain.liveness import LivenessPolicy, Window, is_silent_to_owners, window
from hostdown.domain.model import COMPUTE, Caller, Change, Service
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.leadership import Leadership

REPORTS = Caller("", "reports", None, (), "-")
STOPPED, GO_ON = "host.silent", "host.heard"
BATCH_MAX = 100
"""Hosts that one transaction tells of."""


class Quiet:
    """Of one cell. Called by one thread, the one that campaigns."""

    def __init__(self, cell: Cell, leadership: Leadership, liveness: LivenessPolicy) -> None:
        self._cell = cell
        self._leadership = leadership
        self._liveness = liveness

    def turn(self, now: datetime) -> None:
        """Tell of those of which another word holds than was told; raises CellUnavailable."""
        if self._leadership.term is None:
            return
        life = window(now, self._liveness)
        found = self._cell.read(lambda rows: rows.services.find(None, COMPUTE))
        news = [each for each in found if is_silent_to_owners(each, life) is not each.told_silent]
        for begun in range(0, len(news), BATCH_MAX):
            some = news[begun : begun + BATCH_MAX]
            self._cell.write(partial(self._tell, some=some, life=life, now=now))

    def _tell(self, rows: CellRows, some: Iterable[Service], life: Window, now: datetime) -> None:
        if not self._leadership.holds(rows):
            return
        for each in some:
            seen = rows.services.get(each.id)
            if seen is None or is_silent_to_owners(seen, life) is seen.told_silent:
                continue
            is_now = not seen.told_silent
            event = STOPPED if is_now else GO_ON
            change = Change(now, REPORTS, event, {SILENT: seen.told_silent}, {SILENT: is_now})
            rows.journal.record(change, seen)
