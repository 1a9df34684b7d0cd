"""What becomes of recoveries, in the log of the server that leads."""

import logging
from collections.abc import Iterable, Sequence

from hostdown.domain.recovery import OVER, Stage
from hostdown.services.cell_ports import Cell
from hostdown.services.recovery_ports import Recovery

LOG = logging.getLogger(__name__)


class RecoveryLog:
    """Of one cell. Called by one thread. One that is new tells what it finds that is not well."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._told: dict[int, Recovery] | None = None

    def tell(self, recoveries: Sequence[Recovery]) -> None:
        """These are all that are open; raises CellUnavailable, and tells it later."""
        now_open = {each.id: each for each in recoveries}
        is_new, told = self._told is None, self._told or {}
        for each in (*recoveries, *self._ended(told.keys() - now_open.keys())):
            is_well = each.stage in OVER - {Stage.VOID} or each.stage is Stage.DONE
            if _shown(each) != _shown(told.get(each.id)) and not (is_new and is_well):
                level = logging.INFO if is_well else logging.WARNING
                LOG.log(level, "Recovery %d of host %s: %s", each.id, each.host, _text(each))
        self._told = now_open

    def _ended(self, numbers: Iterable[int]) -> list[Recovery]:
        gone = sorted(numbers)
        if not gone:
            return []
        found = self._cell.read(lambda rows: [rows.recoveries.get(number) for number in gone])
        return [each for each in found if each is not None]


def _shown(seen: Recovery | None) -> tuple[object, ...]:
    return () if seen is None else (seen.stage, seen.held, seen.reason)


def _text(seen: Recovery) -> str:
    by = "" if seen.held is None else f" by {seen.held.value}"
    return f"{seen.stage.value}{by}. {seen.reason or ''}".rstrip()
