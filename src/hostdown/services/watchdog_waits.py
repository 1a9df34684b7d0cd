"""Waits until a silent host's own watchdog has reset it; nothing is done to the host (F7).

It begins with the recovery, beside all that is done there, and goes on while that waits for
whatever. An armed host is reset once it has had no credit for C, whoever may have stalled. A credit
is a grant of an observer, or a renewal of its slot on one of its pools. So: nobody grants it
anything from t1 on (the mark), and every slot says the same at t0 and when it is read by an order
that was given at max(t0, t1) and the whole wait later. All these are times of this leader's own
monotonic clock, taken on the safe side of what they stand for; another leader begins anew.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hostdown.domain.errors import HostdownError
from hostdown.domain.fence_checks import WATCHDOG
from hostdown.domain.recovery import Stage
from hostdown.domain.slots import (
    STILL_S,
    Do,
    Finding,
    Renewals,
    Watched,
    after_look,
    unreadable,
)
from hostdown.services import watchdog_steps as steps
from hostdown.services.cell_ports import CellRows
from hostdown.services.fence_ports import FencePaths
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Entry, Recovery
from hostdown.services.recovery_steps import BEFORE
from hostdown.services.slot_readers import SlotReaders, by_pool
from hostdown.services.watchdog_ports import NoGrant, SlotOrder, Watchdog

LOOK_EVERY_S = 0.25
"""How late an answer may be taken up."""
STILL_AFTER_S = 1.0
"""Between the first look and one that tells whether the host lives: two of its renewals."""
AGAIN_S = 2.0
"""After a look that failed."""
WRITING_AGAIN_S = 5.0
"""After one that found that the host lives."""


@dataclass(slots=True)
class _Wait:
    """For one host's reset. `marked_at` is t1. `asked`: when the look was ordered that is not
    judged yet."""

    dog: Watchdog
    mark: NoGrant | None
    marked_at: float
    watched: Watched
    read_at: datetime | None = None
    asked: tuple[float, datetime] | None = None
    turn: int = 0
    look_due: float = 0.0
    entries: list[Entry] = field(default_factory=list)
    """Not told yet."""


class Waits:
    """Of one cell's hosts. Called by one thread."""

    def __init__(self, desk: Desk, fences: FencePaths) -> None:
        self._desk = desk
        self._fences = fences
        self._readers = SlotReaders(desk)
        self._due: dict[int, float] = {}
        """Of each recovery for which somebody may wait."""
        self._waits: dict[int, _Wait] = {}

    def look_at(self, recoveries: Sequence[Recovery]) -> None:
        """These are all that are open."""
        may = [each.id for each in recoveries if each.stage in BEFORE]
        self._due = {number: self._due.get(number, 0.0) for number in may}
        self._waits = {number: self._waits[number] for number in may if number in self._waits}

    def finding(self, seen: Recovery, now: datetime) -> tuple[Finding | None, str | None]:
        """What is known of the host by its slots, and why it is no more; None: it is not armed, or
        nothing is to be done about it. Nothing is known yet where the next look is the first one.
        """
        found = self._waits.get(seen.id)
        if found is not None:
            return found.watched.finding, found.watched.reason
        if not self._is_waited_for(seen):
            return None, None
        will_look = self._desk.cell.read(
            lambda rows: steps.may_wait(rows, seen, now) and steps.armed(rows, seen) is not None
        )
        return (Finding.LOOKING if will_look else None), None

    def is_still(self, seen: Recovery, now: datetime) -> bool:
        """Whether an Off of its device may be believed: its slots, where it is armed and anybody
        can read them, have said the same for long enough (F3)."""
        found = self._waits.get(seen.id)
        if found is None:
            return self.finding(seen, now)[0] is None
        return found.watched.finding is Finding.UNREAD or found.watched.still_s >= STILL_S

    def go_on(self, seen: Recovery, now: datetime) -> None:
        """If it is time; raises what databases raise."""
        if self._now() < self._due.get(seen.id, math.inf):
            return
        self._due[seen.id] = self._now() + LOOK_EVERY_S
        if not self._is_waited_for(seen):
            self._waits.pop(seen.id, None)
            return
        life = self._desk.life(now)
        may, dog, mark, silent = self._desk.cell.read(
            lambda rows: (
                steps.may_wait(rows, seen, now),
                steps.armed(rows, seen),
                steps.marked(rows, seen),
                steps.silent(rows, seen.host, life),
            )
        )
        before = self._waits.pop(seen.id, None)
        if not may or dog is None:
            return
        if not silent:
            self._lift(seen, mark, now)
            return
        if before is None or (before.dog, before.mark) != (dog, mark):
            # A mark that another leader made is known only now.
            before = _Wait(dog, mark, self._now(), Watched(self._now()))
        wait = self._waits[seen.id] = before
        if wait.asked is not None:
            self._judge(seen, wait, wait.asked, now)
        elif self._now() >= wait.look_due:
            self._order(seen, wait, now)

    def _now(self) -> float:
        return self._desk.clock.monotonic()

    def _is_waited_for(self, seen: Recovery) -> bool:
        """Whether somebody wrote down that this host has a watchdog."""
        try:
            levels = self._fences.of(seen.host)
        except HostdownError:  # told where the host is to be fenced
            return False
        return any(each.driver == WATCHDOG for each in levels)

    def _lift(self, seen: Recovery, mark: NoGrant | None, now: datetime) -> None:
        """Where the recovery waits it is cancelled, and the mark lifted with that; where slots are
        marked the host is reset, whatever is heard of it."""
        if mark is None or seen.stage is not Stage.FENCING:
            return
        at_work = [each for each in self._fences.of(seen.host) if each.number == seen.level]
        if any(each.driver == WATCHDOG for each in at_work):
            return
        life = self._desk.life(now)
        self._desk.write(lambda rows: steps.lift(rows, seen, life, now))

    # --------------------------------------------------------------------------------------- looks

    def _order(self, seen: Recovery, wait: _Wait, now: datetime) -> None:
        """A look at each slot; the first one comes with the mark."""
        wait.turn += 1
        orders, why = self._readers.orders(seen, wait.dog, Do.READ, wait.turn, now)
        if why is not None:
            self._found(wait, unreadable(wait.watched, why), now)
        if why is not None and wait.mark is not None and not wait.entries:
            return
        ordered_at, is_marked = self._now(), wait.mark is not None
        if not self._write_order(seen, wait, orders, now):
            del self._waits[seen.id]
            return
        if not is_marked:
            wait.marked_at = self._now()
        wait.asked = (ordered_at, now) if why is None else None

    def _write_order(
        self, seen: Recovery, wait: _Wait, orders: Sequence[SlotOrder], now: datetime
    ) -> bool:
        dog, mark, life, entries = wait.dog, wait.mark, self._desk.life(now), wait.entries
        made: list[NoGrant] = []

        def work(rows: CellRows) -> bool:
            if not steps.silent(rows, seen.host, life) or steps.armed(rows, seen) != dog:
                return False
            made.append(mark or steps.mark(rows, seen, dog, now))
            steps.order(rows, seen, Do.READ, orders)
            steps.say(rows, seen, entries)
            return True

        if not self._desk.write(work):
            return False
        wait.mark, wait.entries = made[-1], []
        return True

    def _judge(
        self, seen: Recovery, wait: _Wait, asked: tuple[float, datetime], now: datetime
    ) -> None:
        """Once each reader has answered, or it is too late."""
        orders = self._readers.answers(seen, asked[0])
        if orders is None:
            return
        wait.asked = None
        before, look = wait.watched, by_pool(wait.dog.pools, orders)
        after = after_look(wait.watched, look, wait.dog.boot_id, asked[0], self._now())
        self._found(wait, after, now)
        if wait.watched.since_s is None:
            return
        if before.since_s is None:
            wait.read_at = now
            facts = {"pools": _told(wait.watched.known), "readers": _names(orders)}
            wait.entries.append(Entry(now, "Its slots were read.", facts))
        elif asked[0] >= wait.look_due:
            evidence = {
                "how": "its slots were read twice",
                "pools": _told(wait.watched.known),
                "readers": _names(orders),
                "read_at": wait.read_at,
                "read_again_at": asked[1],
            }
            self._prove(seen, wait, evidence, now)

    def _found(self, wait: _Wait, after: Watched, now: datetime) -> None:
        """It is told, and says when the next look is due."""
        before, wait.watched = wait.watched, after
        if after.reason not in (None, before.reason):
            wait.entries.append(Entry(now, str(after.reason), {}))
        if after.since_s is None:
            lives = after.finding is Finding.WRITING
            wait.look_due = self._now() + (WRITING_AGAIN_S if lives else AGAIN_S)
        elif before.since_s is None:
            wait.look_due = self._now() + STILL_AFTER_S
        elif after.still_s < STILL_S:
            wait.look_due = after.since_s + STILL_S
        else:
            wait.look_due = max(after.since_s, wait.marked_at) + steps.how_long_s(wait.dog)

    def _prove(
        self, seen: Recovery, wait: _Wait, evidence: Mapping[str, object], now: datetime
    ) -> None:
        """Whatever comes of it, what was read before counts no more."""
        life, mark = self._desk.life(now), wait.mark
        assert mark is not None  # noqa: S101 - it came with the first look

        def work(rows: CellRows) -> bool:
            still = steps.silent(rows, seen.host, life)
            return still and steps.prove(rows, seen, wait.dog, mark, evidence, now)

        del self._waits[seen.id]
        self._desk.write(work)


def _told(renewals: Renewals) -> dict[str, object]:
    return {pool: each._asdict() for pool, each in renewals.items()}


def _names(orders: Sequence[SlotOrder]) -> list[str]:
    return sorted({each.reader for each in orders})
