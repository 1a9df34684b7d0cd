"""What is done when a recovery is about to take a step."""

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import TypeVar

from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.recovery_ports import Recovery

T = TypeVar("T")
RECENT = 300


class Moment(StrEnum):
    """Right before the transaction, or the call, that does it."""

    HOLDING_OFF = "holding-off"
    HELD = "held"
    FENCING = "fencing"
    SENDING = "sending"
    """It is about to be written down that a power-off is sent."""
    CUT = "cut"
    """That was written; now it would be sent."""
    SEEN = "seen"
    """The device said Off, and nobody knows it yet."""
    FENCED = "fenced"
    EVACUATING = "evacuating"
    BROUGHT = "brought"
    """Its servers' evacuations are about to be accepted."""
    DONE = "done"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    VOID = "void"


class Traps:
    """Each springs once."""

    def __init__(self) -> None:
        self._set: list[tuple[str, Moment, Callable[[], None]]] = []

    def __bool__(self) -> bool:
        return bool(self._set)

    def put(self, host: str, moment: Moment, action: Callable[[], None]) -> None:
        self._set.append((host, moment, action))

    def clear(self) -> None:
        self._set.clear()

    def spring(self, host: str, moment: Moment) -> None:
        """May end or stop the process of whoever calls."""
        for each in [each for each in self._set if each[:2] == (host, moment)]:
            self._set.remove(each)
            each[2]()

    def preview(self, cell: Cell, work: Callable[[CellRows], T]) -> None:
        """Spring what is set for what `work` is about to do: it is done, and undone."""
        found: list[tuple[str, Moment]] = []

        def look(rows: CellRows) -> None:
            before = {each.id: each for each in rows.recoveries.find(RECENT)}
            work(rows)
            for after in rows.recoveries.find(RECENT):
                found.extend((after.host, each) for each in _moments(before.get(after.id), after))
            raise _Undone

        with suppress(_Undone):
            cell.write(look)
        for host, moment in found:
            self.spring(host, moment)


class _Undone(Exception):
    """Nothing of it is written."""


def _moments(before: Recovery | None, after: Recovery) -> list[Moment]:
    found = []
    if before is None or before.stage is not after.stage:
        found.append(Moment(after.stage.value))
    if before is not None and before.sent_at != after.sent_at:
        found.append(Moment.SENDING)
    if before is not None and before.evacuated_at != after.evacuated_at:
        found.append(Moment.BROUGHT)
    return found
