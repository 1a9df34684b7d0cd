"""Who grants permits and recovers hosts for all servers of a cell (NEVER-TWICE P5)."""

from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.lease import Lease
from hostdown.services.ports import Clock

CONTROLLER = "controller"
"""Its row."""


class Leadership(Lease[CellRows]):
    """One candidate's, for one cell. Not safe between threads."""

    def __init__(self, cell: Cell, me: str, clock: Clock) -> None:
        super().__init__(cell, CONTROLLER, me, clock, _hear_all)


def _hear_all(rows: CellRows) -> None:
    """Nobody knows what became of the commits before: all hosts are heard first (P5)."""
    rows.hearing.ask(rows.ledger.next())
