"""Who does, for all servers of a deployment, what only one may do (NEVER-TWICE P5).

The holder lets a number in its row grow; whoever sees it stand still for LEASE_S takes over, by
compare-and-set. Nobody compares clocks. A holder that was stopped for a while cannot know that it
was replaced, so everything that it writes is written in a transaction that finds it holding.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from hostdown.services.leader_ports import LeaderRows, Led
from hostdown.services.ports import Clock

LEASE_S = 1.8
"""A holder whose number stands still for so long is taken for dead: then another one holds within
two seconds of its death, for it is looked at all the time, and may have written right before."""

BEAT_EVERY_S = 0.5
"""How often the holder lets it grow."""

T = TypeVar("T")


class Leasing(Protocol):
    """Rows of a database that knows who holds what."""

    @property
    def leaders(self) -> LeaderRows: ...


R = TypeVar("R", bound=Leasing)
R_co = TypeVar("R_co", bound=Leasing, covariant=True)


class Store(Protocol[R_co]):
    """The database: a cell, or the directory."""

    def read(self, work: Callable[[R_co], T]) -> T: ...
    def write(self, work: Callable[[R_co], T]) -> T: ...


class Lease(Generic[R]):
    """One candidate's, for the row `name`. Not safe between threads."""

    def __init__(
        self,
        store: Store[R],
        name: str,
        me: str,
        clock: Clock,
        taken: Callable[[R], None] = lambda _: None,
    ) -> None:
        """`me` is another one for each process that ever runs; `taken` is part of the transaction
        in which this one begins to hold."""
        self._store = store
        self._name = name
        self._me = me
        self._clock = clock
        self._on_take = taken
        self._seen: Led | None = None
        self._seen_at = clock.monotonic()
        self._looked = False
        self.term: int | None = None
        """The term in which this one holds; None while it does not."""

    def campaign(self) -> bool:
        """Stay the holder, or become it once nobody is; whether this one holds."""
        now = self._clock.monotonic()
        if self.term is not None and now - self._seen_at < BEAT_EVERY_S:
            return True
        seen = self._store.read(lambda rows: rows.leaders.get(self._name))
        if not self._looked or seen != self._seen:
            mine = self._looked and seen is not None and seen.holder == self._me
            is_older = mine and self.term is not None and _is_older(seen, self._seen)
            self._looked, self._seen, self._seen_at = True, seen, now
            if is_older:
                self.term = None  # the database was put back: whatever was known is not any more
                return self._take(seen, now)
            if seen is not None and not mine:
                self.term = None
                return False
        if self.term is None and seen is not None and now - self._seen_at < LEASE_S:
            return False
        return self._take(seen, now)

    def is_fresh(self) -> bool:
        """Whether nobody else can hold yet; any thread may ask."""
        return self.term is not None and self._clock.monotonic() - self._seen_at < LEASE_S / 2

    def holds(self, rows: Leasing) -> bool:
        """Whether this one holds, in the transaction that acts on it."""
        found = rows.leaders.get(self._name)
        return found is not None and (found.holder, found.term) == (self._me, self.term)

    def _take(self, seen: Led | None, now: float) -> bool:
        term = 1 if seen is None else seen.term + (0 if self.term is not None else 1)
        after = Led(self._me, term, 1 if seen is None else seen.beats + 1)
        is_new = self.term is None

        def work(rows: R) -> bool:
            taken = rows.leaders.put(self._name, seen, after)
            if taken and is_new:
                self._on_take(rows)
            return taken

        taken = self._store.write(work)
        if taken:
            self._seen, self._seen_at = after, now
        self.term = term if taken else None
        return taken


def _is_older(seen: Led | None, left: Led | None) -> bool:
    """Whether the row is as it was before this one wrote it last."""
    if seen is None or left is None:
        return True
    return (seen.term, seen.beats) < (left.term, left.beats)
