"""Waits until a silent host's own watchdog has reset it; nothing is done to the host (F7).

It begins with the recovery, beside all that is done there, and goes on while that waits for
whatever. An armed host is reset once it has had no credit for C, whoever may have stalled. A credit
is a grant of an observer, or a renewal of its slot on one of its pools. So: nobody grants it
anything from t1 on (the mark), and every slot says the same at t0 and when it is read by an order
that was given at max(t0, t1) and the whole wait later. All these are times of this leader's own
monotonic clock, taken on the safe side of what they stand for; another leader begins anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hostdown.domain.errors import HostdownError
from hostdown.domain.recovery import Held, Stage
from hostdown.domain.slots import Do, Finding, Look, Renewals, looked
from hostdown.services import watchdog_steps as steps
from hostdown.services.cell_ports import CellRows
from hostdown.services.fence_ports import FencePaths
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Entry, Recovery
from hostdown.services.recovery_steps import BEFORE
from hostdown.services.slot_readers import SlotReaders
from hostdown.services.watchdog_ports import NoGrant, SlotOrder, Watchdog
from hostdown.services.watchdogs import ORDER_LIFE

LOOK_EVERY_S = 0.25
"""How late an answer may be taken up."""
STILL_AFTER_S = 1.0
"""Between the first look and one that tells whether the host lives: two of its renewals."""
AGAIN_S = 2.0
"""After a look that failed."""
WRITING_AGAIN_S = 5.0
"""After one that found that the host lives."""
ANSWERED_WITHIN_S = ORDER_LIFE.total_seconds()


@dataclass(slots=True)
class _Wait:
    """For one host's reset. `since`: t0, and `marked_at`: t1. `ordered_at`: when the look was
    ordered that is not judged yet."""

    dog: Watchdog | None = None
    mark: NoGrant | None = None
    marked_at: float = 0.0
    renewals: Renewals | None = None
    since: float = 0.0
    read_at: datetime | None = None
    ordered_at: float | None = None
    asked_at: datetime | None = None
    turn: int = 0
    due: float = 0.0
    look_due: float = 0.0
    finding: Finding = Finding.LOOKING
    reason: str | None = None
    entries: list[Entry] = field(default_factory=list)
    """Not told yet."""


class Waits:
    """Of one cell's hosts. Called by one thread."""

    def __init__(self, desk: Desk, fences: FencePaths) -> None:
        self._desk = desk
        self._fences = fences
        self._readers = SlotReaders(desk)
        self._waits: dict[int, _Wait] = {}

    def look_at(self, recoveries: Sequence[Recovery]) -> None:
        """These are all that are open. One that an operator holds waits for nothing."""
        waiting = [each for each in recoveries if each.stage in BEFORE]
        known = self._waits
        self._waits = {
            each.id: known.get(each.id) or _Wait()
            for each in waiting
            if each.held is not Held.OPERATOR
        }

    def finding(self, seen: Recovery) -> tuple[Finding | None, str | None]:
        """What is known of the host by its slots, and why it is no more; None: it is not armed."""
        found = self._waits.get(seen.id)
        return (None, None) if found is None or found.dog is None else (found.finding, found.reason)

    def go_on(self, seen: Recovery, now: datetime) -> None:
        """If it is time; raises what databases raise."""
        wait = self._waits.get(seen.id)
        if wait is None or self._now() < wait.due:
            return
        wait.due = self._now() + LOOK_EVERY_S
        life = self._desk.life(now)
        dog, mark, silent = self._desk.cell.read(
            lambda rows: (
                steps.armed(rows, seen),
                steps.marked(rows, seen),
                steps.silent(rows, seen.host, life),
            )
        )
        if dog is None or not self._is_waited_for(seen):
            self._anew(seen)
        elif not silent:
            self._anew(seen)
            self._lift(seen, mark, now)
        else:
            if wait.dog != dog or wait.mark != mark:
                wait = self._anew(seen, dog, mark)
            self._look(seen, wait, now)

    def _now(self) -> float:
        return self._desk.clock.monotonic()

    def _is_waited_for(self, seen: Recovery) -> bool:
        """Whether somebody wrote down that this host has a watchdog."""
        try:
            levels = self._fences.of(seen.host)
        except HostdownError:  # told where the host is to be fenced
            return False
        return any(each.driver == steps.WATCHDOG for each in levels)

    def _anew(
        self, seen: Recovery, dog: Watchdog | None = None, mark: NoGrant | None = None
    ) -> _Wait:
        """Of a mark that another leader made this one knows only now."""
        due = self._now() + LOOK_EVERY_S
        self._waits[seen.id] = _Wait(dog=dog, mark=mark, marked_at=self._now(), due=due)
        return self._waits[seen.id]

    def _lift(self, seen: Recovery, mark: NoGrant | None, now: datetime) -> None:
        """Where the recovery waits it is cancelled, and the mark lifted with that; where slots are
        marked the host is reset, whatever is heard of it."""
        if mark is None or seen.stage is not Stage.FENCING:
            return
        at_work = [each for each in self._fences.of(seen.host) if each.number == seen.level]
        if any(each.driver == steps.WATCHDOG for each in at_work):
            return
        life = self._desk.life(now)
        self._desk.write(lambda rows: steps.lift(rows, seen, life, now))

    # --------------------------------------------------------------------------------------- looks

    def _look(self, seen: Recovery, wait: _Wait, now: datetime) -> None:
        if wait.ordered_at is not None:
            self._judge(seen, wait, now)
        elif self._now() >= wait.look_due:
            self._order(seen, wait, now)

    def _order(self, seen: Recovery, wait: _Wait, now: datetime) -> None:
        """A look at each slot; the first one comes with the mark."""
        dog = wait.dog
        assert dog is not None  # noqa: S101 - else nobody waits
        wait.turn += 1
        orders, why = self._readers.orders(seen, dog, Do.READ, wait.turn, now)
        if why is not None:
            self._find(wait, Finding.UNREAD, why, now)
            if wait.mark is not None and not wait.entries:
                return
        life, is_marked, ordered_at = self._desk.life(now), wait.mark is not None, self._now()

        def work(rows: CellRows) -> bool:
            if not steps.silent(rows, seen.host, life) or steps.armed(rows, seen) != dog:
                return False
            if not is_marked:
                wait.mark = steps.mark(rows, seen, dog, now)
            steps.order(rows, seen, Do.READ, orders)
            steps.say(rows, seen, wait.entries)
            return True

        if not self._desk.write(work):
            self._anew(seen)
            return
        if not is_marked:
            wait.marked_at = self._now()
        wait.entries = []
        if why is None:
            wait.ordered_at, wait.asked_at = ordered_at, now

    def _judge(self, seen: Recovery, wait: _Wait, now: datetime) -> None:
        """Once each reader has answered, or it is too late."""
        dog, ordered_at = wait.dog, wait.ordered_at
        assert dog is not None  # noqa: S101 - else nobody waits
        assert ordered_at is not None  # noqa: S101 - else there is nothing to judge
        orders = [
            each
            for each in self._desk.cell.read(lambda rows: rows.slot_orders.of(seen.id))
            if each.do is Do.READ
        ]
        is_late = self._now() >= ordered_at + ANSWERED_WITHIN_S
        if not is_late and any(each.said is None for each in orders):
            return
        wait.ordered_at = None
        found = looked(_by_pool(dog.pools, orders), dog.boot_id, wait.renewals)
        if found.reason is not None:
            self._find(wait, found.finding, found.reason, now)
        elif found.finding is Finding.LOOKING:
            wait.renewals, wait.since, wait.read_at = found.renewals, self._now(), now
            wait.look_due = self._now() + STILL_AFTER_S
            facts = {"pools": _told(found.renewals), "readers": _names(orders)}
            wait.entries.append(Entry(now, "Its slots were read.", facts))
        else:
            self._still(seen, wait, ordered_at, orders, now)

    def _find(self, wait: _Wait, finding: Finding, reason: str, now: datetime) -> None:
        """Nothing is proven by this look, and what was read before counts no more."""
        if wait.reason != reason:
            wait.entries.append(Entry(now, reason, {}))
        wait.finding, wait.reason, wait.renewals = finding, reason, None
        lives = finding is Finding.WRITING
        wait.look_due = self._now() + (WRITING_AGAIN_S if lives else AGAIN_S)

    def _still(
        self,
        seen: Recovery,
        wait: _Wait,
        ordered_at: float,
        orders: Sequence[SlotOrder],
        now: datetime,
    ) -> None:
        """They say what they said before."""
        dog, mark, renewals = wait.dog, wait.mark, wait.renewals
        assert dog is not None  # noqa: S101 - else nobody waits
        assert mark is not None  # noqa: S101 - it came with the first look
        assert renewals is not None  # noqa: S101 - else this were the first look
        if wait.finding is not Finding.STILL:
            wait.finding, wait.reason = Finding.STILL, None
        until = max(wait.since, wait.marked_at) + steps.how_long_s(dog)
        wait.look_due = until
        if ordered_at < until:
            return
        evidence = {
            "how": "its slots were read twice",
            "pools": _told(renewals),
            "readers": _names(orders),
            "read_at": str(wait.read_at),
            "ordered_again_at": str(wait.asked_at),
        }
        life = self._desk.life(now)

        def work(rows: CellRows) -> bool:
            still = steps.silent(rows, seen.host, life)
            return still and steps.prove(rows, seen, dog, mark, evidence, now)

        self._desk.write(work)
        self._anew(seen)


def _by_pool(pools: Sequence[str], orders: Sequence[SlotOrder]) -> Look:
    return {pool: [each.said for each in orders if each.pool == pool] for pool in pools}


def _told(renewals: Renewals) -> dict[str, object]:
    return {pool: each._asdict() for pool, each in renewals.items()}


def _names(orders: Sequence[SlotOrder]) -> list[str]:
    return sorted({each.reader for each in orders})
