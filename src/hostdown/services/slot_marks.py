"""Active fencing by a watchdog: its host's slots are marked, so that it is reset (NEVER-TWICE F6).

A host that is marked on every pool that may give it a credit, and that no observer grants anything,
is reset within the wait, whether it is heard or not: so it needs no second look. A pool on which
nothing can be written leaves it a credit, and there is no proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hostdown.domain.recovery import LOOK_EVERY
from hostdown.domain.slots import Do
from hostdown.services import fencing_steps
from hostdown.services import watchdog_steps as steps
from hostdown.services.cell_ports import CellRows
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Recovery
from hostdown.services.recovery_steps import put
from hostdown.services.slot_readers import SlotReaders
from hostdown.services.watchdog_ports import NoGrant, SlotOrder, Watchdog
from hostdown.services.watchdogs import ORDER_LIFE

NOT_ARMED = "Its watchdog is not armed."
MARKED_WITHIN_S = ORDER_LIFE.total_seconds()
"""A slot that is not marked by then is told to be unwritable."""


@dataclass(slots=True)
class _Run:
    """One turn of the level. `marked_at`: t1; `until`: t1 or t2, whichever is later, and the
    wait; None as long as not every slot is marked."""

    level_at: datetime | None
    dog: Watchdog
    mark: NoGrant
    marked_at: float
    until: float | None = None


class SlotMarks:
    """Of one cell's hosts. Called by one thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._readers = SlotReaders(desk)
        self._runs: dict[int, _Run] = {}
        self._turn = 0

    def look_at(self, recoveries: Sequence[Recovery]) -> None:
        """These are all that are open."""
        known = {each.id for each in recoveries}
        self._runs = {number: run for number, run in self._runs.items() if number in known}

    def is_armed(self, seen: Recovery) -> bool:
        """Whether anything resets it."""
        return self._desk.cell.read(lambda rows: steps.armed(rows, seen)) is not None

    def go_on(self, seen: Recovery, now: datetime) -> str | None:
        """On this level; why it has failed, if it has."""
        dog, orders = self._desk.cell.read(
            lambda rows: (steps.armed(rows, seen), rows.slot_orders.of(seen.id))
        )
        if dog is None:
            return NOT_ARMED
        run = self._runs.get(seen.id)
        if run is None or (run.level_at, run.dog) != (seen.level_at, dog):
            return self._begin(seen, dog, now)
        if run.until is None:
            marks = [each for each in orders if each.do is Do.MARK]
            return self._look(seen, run, marks, now)
        if self._now() >= run.until:
            self._prove(seen, run, now)
        else:
            self._desk.later(seen, now + LOOK_EVERY)
        return None

    def _now(self) -> float:
        return self._desk.clock.monotonic()

    def _begin(self, seen: Recovery, dog: Watchdog, now: datetime) -> str | None:
        self._turn += 1
        orders, why = self._readers.orders(seen, dog, Do.MARK, self._turn, now)
        if why is not None:
            return why
        view = self._desk.view(now)
        made: list[NoGrant] = []

        def work(rows: CellRows) -> bool:
            if not fencing_steps.may_send(rows, seen, view, "Its slots are to be marked."):
                return False
            made.append(steps.marked(rows, seen) or steps.mark(rows, seen, dog, now))
            steps.order(rows, seen, Do.MARK, orders)
            return True

        if self._desk.write(work):
            self._runs[seen.id] = _Run(seen.level_at, dog, made[-1], self._now())
        return None

    def _look(
        self, seen: Recovery, run: _Run, orders: Sequence[SlotOrder], now: datetime
    ) -> str | None:
        """Whether every slot is marked by now."""
        done = {each.pool for each in orders if each.said is not None and each.said.marked}
        missing = sorted(set(run.dog.pools) - done)
        if not missing:
            until = self._now() + steps.how_long_s(run.dog)
            facts = {"pools": run.dog.pools, "wait_s": steps.how_long_s(run.dog)}
            after = seen._replace(due_at=now + LOOK_EVERY)
            text = "Its slots are marked: its watchdog resets it."
            if self._desk.write(lambda rows: put(rows, seen, after, text, facts, now)):
                run.until = until
            return None
        if self._now() < run.marked_at + MARKED_WITHIN_S:
            self._desk.later(seen, now + LOOK_EVERY)
            return None
        del self._runs[seen.id]
        said = [each.said for each in orders if each.pool == missing[0] and each.said is not None]
        why = next((each.failure for each in said if each.failure), "nobody has answered in time.")
        return f"Its slot on pool {missing[0]} could not be marked: {why}"

    def _prove(self, seen: Recovery, run: _Run, now: datetime) -> None:
        evidence = {"how": "its slots were marked", "pools": run.dog.pools}
        del self._runs[seen.id]
        self._desk.write(lambda rows: steps.prove(rows, seen, run.dog, run.mark, evidence, now))
