"""Who acts for all servers of a deployment in what only one may do (NEVER-TWICE P5).

The leader lets a number in its row grow; whoever sees it stand still for LEASE_S takes over, by
compare-and-set. Nobody compares clocks. A leader that was stopped for a while cannot know that it
was replaced, so everything that it writes is written in a transaction that finds it leading.
"""

from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.leader_ports import Led
from hostdown.services.ports import Clock

CONTROLLER = "controller"
"""The row of whoever grants permits."""

LEASE_S = 2.0
"""A leader whose number stands still for so long is taken for dead."""

BEAT_EVERY_S = 0.5
"""How often the leader lets it grow."""


class Leadership:
    """One candidate's, for one cell. Not safe between threads."""

    def __init__(self, cell: Cell, me: str, clock: Clock) -> None:
        """`me` is another one for each process that ever runs."""
        self._cell = cell
        self._me = me
        self._clock = clock
        self._seen: Led | None = None
        self._seen_at = clock.monotonic()
        self._looked = False
        self.term: int | None = None
        """The term in which this one leads; None while it does not."""

    def campaign(self) -> bool:
        """Stay the leader, or become it once nobody is; whether this one leads."""
        now = self._clock.monotonic()
        if self.term is not None and now - self._seen_at < BEAT_EVERY_S:
            return True
        seen = self._cell.read(lambda rows: rows.leaders.get(CONTROLLER))
        if not self._looked or seen != self._seen:
            mine = self._looked and seen is not None and seen.holder == self._me
            self._looked, self._seen, self._seen_at = True, seen, now
            if seen is not None and not mine:
                self.term = None
                return False
        if self.term is None and seen is not None and now - self._seen_at < LEASE_S:
            return False
        return self._take(seen, now)

    def holds(self, rows: CellRows) -> bool:
        """Whether this one leads, in the transaction that acts on it."""
        found = rows.leaders.get(CONTROLLER)
        return found is not None and (found.holder, found.term) == (self._me, self.term)

    def _take(self, seen: Led | None, now: float) -> bool:
        term = 1 if seen is None else seen.term + (0 if self.term is not None else 1)
        after = Led(self._me, term, 1 if seen is None else seen.beats + 1)
        taken = self._cell.write(lambda rows: rows.leaders.put(CONTROLLER, seen, after))
        if taken:
            self._seen, self._seen_at = after, now
        self.term = term if taken else None
        return taken
