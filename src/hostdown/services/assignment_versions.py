"""Whose assignments changed, over all cells."""

from collections.abc import Sequence
from functools import partial

from hostdown.services.cell_ports import CellRows
from hostdown.services.observer_ports import HostVersion
from hostdown.services.ports import Cells


class CellVersions:
    """`services.observer_ports.Versions`. Each cell counts for itself; a mark of 0 begins anew.

    Not safe between threads: one looks.
    """

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._marks: dict[str, int] = {}

    def versions_since(self, mark: int) -> tuple[Sequence[HostVersion], int]:
        """Raises CellUnavailable; what the cells before it said is said again next time."""
        marks = self._marks if mark else {}
        changed: list[HostVersion] = []
        after = dict(marks)
        for cell in self._cells.all():
            since = marks.get(cell.name, 0)
            found = cell.read(partial(_changed, since=since))
            changed += found
            after[cell.name] = max([since, *(each.version for each in found)])
        self._marks = after
        return changed, 1 + sum(after.values())


def _changed(rows: CellRows, since: int) -> list[HostVersion]:
    return [HostVersion(*each) for each in rows.ledger.changed_since(since)]


class KnownVersions:
    """The newest version of each host as of the last `refresh`, so that a report's answer asks
    no database. Safe between threads, of which one refreshes.
    """

    def __init__(self, cells: Cells) -> None:
        self._versions = CellVersions(cells)
        self._mark = 0
        self._newest: dict[str, int] = {}

    def of(self, host_id: str) -> int:
        """0 for a host that never had an assignment."""
        return self._newest.get(host_id, 0)

    def refresh(self) -> None:
        """Learn what changed; raises CellUnavailable."""
        changed, self._mark = self._versions.versions_since(self._mark)
        for host_id, version in changed:
            self._newest[host_id] = max(version, self.of(host_id))
