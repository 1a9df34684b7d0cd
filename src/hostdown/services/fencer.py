"""The controller's fencing: hold-off, attempts, levels, and what devices say (DESIGN §9).

A power-off is written down before it is sent, and once an attempt is committed, nothing but its end
ends it (NEVER-TWICE F2).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from hostdown.domain.errors import HostdownError
from hostdown.domain.fence_checks import WATCHDOG
from hostdown.domain.model import HostRecord
from hostdown.domain.recovery import LOOK_EVERY, Do, Held, Stage, next_step
from hostdown.domain.slots import Finding
from hostdown.services import fencing_steps as steps
from hostdown.services import hold_offs
from hostdown.services.cell_ports import CellRows
from hostdown.services.fence_crew_ports import FenceCrew, Reached
from hostdown.services.fence_ports import FenceLevel, FencePaths
from hostdown.services.fencing import cut_and_look, look, sent_on_level
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Recovery
from hostdown.services.recovery_steps import LOOK_AGAIN, hold
from hostdown.services.slot_marks import NOT_ARMED, SlotMarks
from hostdown.services.watchdog_waits import Waits

SPARE_S = 0.25
"""An observer's word counts for the end of the hold-off if it was given so shortly before: a host
becomes unreachable only after 0.8 s, and may be back three seconds after it fell silent."""
NOT_PROVEN = "It was not proven off in time."
AGAIN = timedelta(seconds=30)
"""After this a recovery that is held for want of a way to fence its host is tried again."""


class Fencer:
    """Called by one thread."""

    def __init__(self, desk: Desk, fences: FencePaths, crew: FenceCrew, waits: Waits) -> None:
        self._desk = desk
        self._waits = waits
        self._marks = SlotMarks(desk)
        self._fences = fences
        self._crew = crew
        self._since: dict[str, float] = {}
        """When this leader saw first that a host has a recovery, monotonic, by the host's id."""
        self._over: dict[str, float] = {}
        """When it saw first that the hold-off of that is over."""

    def look_at(self, recoveries: Sequence[Recovery]) -> None:
        """These are all that are open."""
        now = self._desk.clock.monotonic()
        self._since = {each.host_id: self._since.get(each.host_id, now) for each in recoveries}
        self._over = {host: at for host, at in self._over.items() if host in self._since}
        self._marks.look_at(recoveries)

    def hold_off(self, host_id: str) -> None:
        """From now on: a recovery of it begins."""
        self._since[host_id] = self._desk.clock.monotonic()
        self._over.pop(host_id, None)

    def results(self) -> list[Reached]:
        """What devices have said since the last call."""
        return self._crew.results()

    def wait_or_fence(self, seen: Recovery, now: datetime) -> None:
        """Commit an attempt, unless something holds it."""
        left = self._held_off_for(seen, now)
        if left > timedelta():
            self._wait(seen, now + min(left, LOOK_AGAIN))
            return
        if seen.held in (Held.GATE, Held.OPERATOR):
            self._wait(seen, now + LOOK_AGAIN)
        elif not self._waits_for_slots(seen, now):
            self._begin(seen, now)

    def go_on(self, seen: Recovery, record: HostRecord | None, now: datetime) -> None:
        """On the level at work, or to the next one."""
        levels = self._levels(seen)
        level = next((each for each in levels if each.number == seen.level), None)
        if level is not None and level.driver == WATCHDOG:
            why = self._marks.go_on(seen, now)
            if why is not None:
                self._next_level(seen, levels, why, now)
            return
        if level is None:
            self._next_level(seen, levels, "Nobody says any more how that is done.", now)
            return
        if not self._crew.is_free(seen.id):
            # What is not sent is not written down as sent, and what was sent may still do its work.
            self._desk.later(seen, now + LOOK_EVERY)
            return
        do = next_step(sent_on_level(seen), now)
        if do is Do.NEXT_LEVEL:
            why = self._lives(seen, now) or seen.reason
            self._next_level(seen, levels, " ".join(filter(None, (NOT_PROVEN, why))), now)
            return
        path = level.path
        assert path is not None  # noqa: S101 - all others have one
        if do is Do.LOOK:
            clock = self._desk.clock
            self._crew.begin(seen.id, partial(look, seen.id, level.number, path, clock.now))
            self._desk.later(seen, now + LOOK_EVERY)
        elif record is not None and self._may_send(seen, now):
            foreign = partial(steps.is_foreign, level=level, record=record)
            ask, clock = partial(self._is_at_it, seen), self._desk.clock
            work = partial(cut_and_look, seen.id, level.number, path, foreign, ask, clock.now)
            self._crew.begin(seen.id, work)

    def take(self, reached: Reached, now: datetime) -> None:
        """What a device said; nothing if the recovery has gone on meanwhile."""
        seen = self._desk.cell.read(lambda rows: rows.recoveries.get(reached.recovery))
        record = None if seen is None else self._desk.record(seen.host)
        if seen is None or record is None:
            return
        levels = self._levels(seen)
        level = next((each for each in levels if each.number == reached.level), None)
        if level is None:
            return
        reached = steps.judged(seen, reached, level, record)
        may_begin = seen.stage in (Stage.HOLDING_OFF, Stage.HELD)
        if (seen.stage, seen.level) == (Stage.FENCING, level.number):
            self._take_on(seen, levels, reached, level, now)
        elif (
            may_begin
            and seen.held is not Held.OPERATOR
            and steps.is_off(reached)
            and self._lives(seen, now) is None
        ):
            self._attempt(seen, level.number, now, misses=None)

    # ----------------------------------------------------------------------------------- its steps

    def _levels(self, seen: Recovery) -> list[FenceLevel]:
        """No level where nobody says how the host is fenced: `_begin` tells that."""
        try:
            return _active(self._fences.of(seen.host))
        except HostdownError:
            return []

    def _waits_for_slots(self, seen: Recovery, now: datetime) -> bool:
        """An armed host that writes to its slots lives, and is fenced only by an operator's leave;
        until its slots were read nobody knows."""
        finding, why = self._waits.finding(seen, now)
        if seen.released or finding not in (Finding.WRITING, Finding.LOOKING):
            return False
        if finding is Finding.LOOKING:
            self._desk.later(seen, now + LOOK_EVERY)
        else:
            self._hold(seen, Held.SLOTS, why or "Its slots are written to.", now, LOOK_AGAIN)
        return True

    def _begin(self, seen: Recovery, now: datetime) -> None:
        """An attempt on the first level."""
        try:
            levels = _active(self._fences.of(seen.host))
        except HostdownError as error:
            self._hold(seen, Held.NO_LEVEL, str(error), now)
            return
        if not levels:
            self._hold(seen, Held.NO_LEVEL, "Nothing is said about how it can be fenced.", now)
        elif all(each.driver == WATCHDOG for each in levels) and not self._marks.is_armed(seen):
            why = f"{NOT_ARMED} Nothing else is said about how it can be fenced."
            self._hold(seen, Held.NO_LEVEL, why, now)
        elif levels[0].driver == WATCHDOG and self._waits.finding(seen, now)[0] is Finding.STILL:
            # It writes nothing: waiting proves it, sooner than marks would, and harms nobody.
            self._desk.later(seen, now + LOOK_AGAIN)
        else:
            since = self._over.setdefault(seen.host_id, self._desk.clock.monotonic()) - SPARE_S
            number, misses = levels[0].number, self._desk.misses
            self._attempt(seen, number, now, lambda rows: misses(rows, seen.host_id, since))

    def _lives(self, seen: Recovery, now: datetime) -> str | None:
        """Why a device that reads Off does not tell the truth: its slots are written to (F3)."""
        finding, why = self._waits.finding(seen, now)
        return why or "Its slots are written to." if finding is Finding.WRITING else None

    def _held_off_for(self, seen: Recovery, now: datetime) -> timedelta:
        """How long the hold-off goes on by our own clock: the other one may have been set."""
        passed = timedelta(seconds=self._desk.clock.monotonic() - self._since[seen.host_id])
        if seen.stage is not Stage.HOLDING_OFF:
            return timedelta()
        return hold_offs.left(self._desk.cell, seen, self._desk.policy.hold_off, passed, now)

    def _wait(self, seen: Recovery, due_at: datetime) -> None:
        """One whose device reads Off is not healthy: that waits for nobody but an operator."""
        levels = () if seen.held is Held.OPERATOR else self._levels(seen)
        for number, path in ((each.number, each.path) for each in levels[:1]):
            if path is not None:
                work = partial(look, seen.id, number, path, self._desk.clock.now)
                self._crew.begin(seen.id, work, is_urgent=False)
        self._desk.later(seen, due_at)

    def _may_send(self, seen: Recovery, now: datetime) -> bool:
        """Whether it was written down that a power-off is about to be sent."""
        view, what = self._desk.view(now), "A power-off is to be sent."
        return self._desk.write(partial(steps.may_send, seen=seen, view=view, what=what))

    def _is_at_it(self, seen: Recovery) -> bool:
        """Whether this server surely leads still, and the recovery is where it was: while a device
        was slow to say which machine it is, an operator may have said that the host is off, or its
        next boot have proven it, and what would be switched off now is a host that came back.

        Called by the crew's threads.
        """
        try:
            found = self._desk.cell.read(lambda rows: rows.recoveries.get(seen.id))
        except HostdownError:
            return False
        if found is None or found.stage is not Stage.FENCING:
            return False
        is_same = (found.level, found.level_at) == (seen.level, seen.level_at)
        return is_same and self._desk.leadership.is_fresh()

    def _attempt(
        self,
        seen: Recovery,
        level: int,
        now: datetime,
        misses: Callable[[CellRows], bool] | None,
    ) -> None:
        view = self._desk.view(now)
        work = partial(steps.attempt, seen=seen, level=level, view=view, misses=misses)
        self._desk.write(work)

    def _hold(
        self, seen: Recovery, by: Held, reason: str, now: datetime, again: timedelta = AGAIN
    ) -> None:
        self._desk.write(partial(hold, seen=seen, by=by, reason=reason, now=now, again=again))

    def _next_level(
        self, seen: Recovery, levels: Sequence[FenceLevel], why: str, now: datetime
    ) -> None:
        number = next((each.number for each in levels if each.number > seen.level), None)
        work = partial(steps.next_level, seen=seen, number=number, why=why, now=now, again=AGAIN)
        self._desk.write(work)

    def _take_on(
        self,
        seen: Recovery,
        levels: Sequence[FenceLevel],
        reached: Reached,
        level: FenceLevel,
        now: datetime,
    ) -> None:
        """Of the level at work."""
        if reached.seen is not None:
            is_still = not steps.is_off(reached) or self._waits.is_still(seen, now)
            self._desk.write(
                lambda rows: steps.observed(rows, seen, level, reached, is_still=is_still)
            )
        elif reached.retry:
            self._desk.write(lambda rows: steps.unanswered(rows, seen, reached, now))
        else:
            self._next_level(seen, levels, reached.error or "It refuses.", now)


def _active(levels: Sequence[FenceLevel]) -> list[FenceLevel]:
    return [each for each in levels if each.path is not None or each.driver == WATCHDOG]
