"""Brings back the servers of hosts that failed, with nobody watching (DESIGN §9).

A turn reads, decides, records, and only then acts; what was recorded is what the next leader goes
on from. The one thing that acts outside of the database is a power-off: it is written down before
it is sent, and once it is, nothing but its end ends the attempt (NEVER-TWICE F2).
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from hostdown.domain.errors import HostdownError
from hostdown.domain.host_fault import in_maintenance
from hostdown.domain.liveness import Window, is_silent, window
from hostdown.domain.model import HostRecord, Service
from hostdown.domain.recovery import LOOK_EVERY, NEXT, Do, Ears, Event, Held, Stage, next_step
from hostdown.domain.zones import zone
from hostdown.services import recovery_steps as steps
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.evacuator_ports import Evacuator
from hostdown.services.fence_crew_ports import FenceCrew, Reached
from hostdown.services.fence_ports import FenceLevel, FencePaths
from hostdown.services.fencing import cut_and_look, look, sent_on_level
from hostdown.services.leadership import Leadership, led
from hostdown.services.ports import Clock
from hostdown.services.recovery_ports import Entry, Recovery
from hostdown.services.storm import View
from hostdown.services.surveys import Surveyor

LOG = logging.getLogger(__name__)

AGAIN = timedelta(seconds=30)
"""After this a recovery that is held for want of a way to fence its host is tried again."""

PUT_OFF_MAX = timedelta(seconds=60)
"""No step is put off for longer."""


class RecoveryPolicy(NamedTuple):
    """When a host is fenced.

    `missed_after`: so long after a host's last pulse observers know that it is silent.
    """

    enabled: bool
    hold_off: timedelta
    missed_after: timedelta = timedelta(seconds=5)


class Recoverer:
    """Recovers the hosts of one cell. Called by one thread."""

    def __init__(
        self,
        cell: Cell,
        surveyor: Surveyor,
        leadership: Leadership,
        fences: FencePaths,
        crew: FenceCrew,
        evacuator: Evacuator,
        policy: RecoveryPolicy,
        clock: Clock,
    ) -> None:
        self._cell = cell
        self._directory = surveyor.directory
        self._surveyor = surveyor
        self._leadership = leadership
        self._fences = fences
        self._crew = crew
        self._evacuator = evacuator
        self._policy = policy
        self._clock = clock
        self._since: dict[str, float] = {}
        """When this leader saw first that a host has a recovery, monotonic, by the host's id."""

    def turn(self, now: datetime) -> None:
        """Begin what is to be begun, take what is due further; raises CellUnavailable."""
        if not self._policy.enabled or not self._leadership.campaign():
            return
        for reached in self._crew.results():
            self._try(reached.recovery, partial(self._take, reached, now))
        self._evacuator.turn(now)
        failed, recoveries = self._cell.read(
            lambda rows: (rows.sights.unreachable(), rows.recoveries.open())
        )
        self._look_at(recoveries)
        busy = {each.host for each in recoveries}
        for service in failed:
            if service.host not in busy and _has_failed(service, self._life(now)):
                self._begin(service, now)
        for seen in recoveries:
            if not self._leadership.campaign():  # a turn with many of them outlasts a lease
                return
            if _is_due(seen, now):
                self._try(seen.id, partial(self._advance, seen, now))

    def _look_at(self, recoveries: Sequence[Recovery]) -> None:
        now = self._clock.monotonic()
        self._since = {each.host_id: self._since.get(each.host_id, now) for each in recoveries}

    def _held_off_for(self, seen: Recovery) -> timedelta:
        """How long the hold-off goes on by our own clock: the other one may have been set."""
        passed = timedelta(seconds=self._clock.monotonic() - self._since[seen.host_id])
        left = self._policy.hold_off - passed
        return left if seen.stage is Stage.HOLDING_OFF else timedelta()

    def _try(self, number: int, work: Callable[[], None]) -> None:
        try:
            work()
        except HostdownError as error:
            LOG.warning("Recovery %d waits: %s", number, error)

    def _begin(self, service: Service, now: datetime) -> None:
        record = self._record(service.host)
        if record is None or service.unreachable_at is None:
            return
        domain = zone(service, self._surveyor.zones.current())
        made = steps.begun(record, domain, service.unreachable_at, now)

        def work(rows: CellRows) -> None:
            found = self._leadership.holds(rows) and rows.recoveries.add(made)
            if found:
                facts = {"unreachable_at": service.unreachable_at, "boot": record.boot}
                rows.timelines.add(found.id, Entry(now, "Most observers find it silent.", facts))

        self._since[record.id] = self._clock.monotonic()
        self._cell.write(work)
        until = service.unreachable_at + self._policy.hold_off
        LOG.warning("Host %s is unreachable; it has until %s to come back", service.host, until)

    def _advance(self, seen: Recovery, now: datetime) -> None:
        record = self._record(seen.host)
        event, details = self._befell(seen, record, now)
        if event is Event.LIFE_OF_PROVEN:  # a newer boot may have begun between the two looks
            record = self._record(seen.host)
            event, details = self._befell(seen, record, now)
        if event is Event.CLEAN and not self._evacuator.lets_up(seen, now):
            event = None
        if event is not None:
            self._step(seen, event, details, now, record)
        elif seen.stage in (Stage.HOLDING_OFF, Stage.HELD):
            self._fence(seen, now)
        elif seen.stage is Stage.FENCING:
            self._go_on(seen, record, now)
        elif seen.stage is Stage.EVACUATING:
            self._evacuator.evacuate(seen, now)
        elif seen.stage is Stage.DONE:
            self._cell.write(partial(steps.later, seen=seen, due_at=now + steps.LOOK_AGAIN))

    def _befell(
        self, seen: Recovery, record: HostRecord | None, now: datetime
    ) -> tuple[Event | None, str]:
        boot = record.boot if record is not None and record.id == seen.host_id else None
        ears = self._ears(now)
        return self._cell.read(lambda rows: steps.befell(rows, seen, boot, now, ears))

    # --------------------------------------------------------------------------------- fencing

    def _fence(self, seen: Recovery, now: datetime) -> None:
        """Commit an attempt, unless something holds it."""
        left = self._held_off_for(seen)
        if left > timedelta():
            self._wait(seen, now + min(left, steps.LOOK_AGAIN))
            return
        if seen.held in (Held.GATE, Held.OPERATOR):
            self._wait(seen, now + steps.LOOK_AGAIN)
            return
        try:
            levels = _active(self._fences.of(seen.host))
        except HostdownError as error:
            self._hold(seen, Held.NO_LEVEL, str(error), now)
            return
        if not levels:
            self._hold(seen, Held.NO_LEVEL, "Nothing is said about how it can be fenced.", now)
            return
        self._attempt(seen, levels[0].number, now)

    def _wait(self, seen: Recovery, due_at: datetime) -> None:
        """One whose device reads Off is not healthy: that waits for nobody but an operator."""
        levels = () if seen.held is Held.OPERATOR else _active(self._fences.of(seen.host))
        for number, path in ((each.number, each.path) for each in levels[:1]):
            if path is not None:
                self._crew.begin(seen.id, partial(look, seen.id, number, path, self._clock.now))
        self._cell.write(partial(steps.later, seen=seen, due_at=due_at))

    def _attempt(self, seen: Recovery, level: int, now: datetime, is_off: bool = False) -> None:
        view = View(self._surveyor.zones.current(), self._ears(now), now)
        self._write(partial(steps.attempt, seen=seen, level=level, view=view, is_off=is_off))

    def _hold(self, seen: Recovery, by: Held, reason: str, now: datetime) -> None:
        self._write(partial(steps.hold, seen=seen, by=by, reason=reason, now=now, again=AGAIN))

    def _go_on(self, seen: Recovery, record: HostRecord | None, now: datetime) -> None:
        levels = _active(self._fences.of(seen.host))
        level = next((each for each in levels if each.number == seen.level), None)
        do = Do.NEXT_LEVEL if level is None else next_step(sent_on_level(seen), now)
        if level is None or do is Do.NEXT_LEVEL:
            self._next_level(seen, levels, "It did not go off in time.", now)
            return
        path = level.path
        assert path is not None  # noqa: S101 - an active level has one
        if not self._crew.is_free(seen.id):  # what is not sent is not written down as sent
            self._cell.write(partial(steps.later, seen=seen, due_at=now + LOOK_EVERY))
        elif do is Do.LOOK:
            self._crew.begin(seen.id, partial(look, seen.id, level.number, path, self._clock.now))
            self._cell.write(partial(steps.later, seen=seen, due_at=now + LOOK_EVERY))
        elif record is not None and self._write(partial(steps.sending, seen=seen, now=now)):
            foreign = partial(steps.is_foreign, level=level, record=record)
            ask = self._leadership.is_fresh
            work = partial(cut_and_look, seen.id, level.number, path, foreign, ask, self._clock.now)
            self._crew.begin(seen.id, work)

    def _next_level(
        self, seen: Recovery, levels: Sequence[FenceLevel], why: str, now: datetime
    ) -> None:
        after = next((each.number for each in levels if each.number > seen.level), None)
        work = partial(steps.next_level, seen=seen, after=after, why=why, now=now, again=AGAIN)
        self._write(work)

    def _take(self, reached: Reached, now: datetime) -> None:
        """What a device said; nothing if the recovery has gone on meanwhile."""
        found = self._cell.read(lambda rows: rows.recoveries.open())
        seen = next((each for each in found if each.id == reached.recovery), None)
        record = None if seen is None else self._record(seen.host)
        if seen is None or record is None:
            return
        levels = _active(self._fences.of(seen.host))
        level = next((each for each in levels if each.number == reached.level), None)
        if level is None:
            return
        reached = steps.judged(reached, level, record)
        may_begin = seen.stage in (Stage.HOLDING_OFF, Stage.HELD)
        if (seen.stage, seen.level) == (Stage.FENCING, level.number):
            self._take_on(seen, levels, reached, level, now)
        elif may_begin and seen.held is not Held.OPERATOR and steps.is_off(reached):
            self._attempt(seen, level.number, now, is_off=True)

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
            self._write(partial(steps.observed, seen=seen, level=level, reached=reached))
        elif not reached.retry:
            self._next_level(seen, levels, reached.error or "It refuses.", now)

    # ---------------------------------------------------------------------------- what comes of it

    def _step(
        self, seen: Recovery, event: Event, why: str, now: datetime, record: HostRecord | None
    ) -> None:
        if (seen.stage, event) not in NEXT:
            self._cell.write(partial(steps.later, seen=seen, due_at=now + steps.LOOK_AGAIN))
            return
        self._write(partial(steps.step, seen=seen, event=event, why=why, now=now, record=record))

    def _write(self, work: Callable[[CellRows], bool]) -> bool:
        return led(self._cell, self._leadership, work)

    def _record(self, host: str) -> HostRecord | None:
        return self._directory.read(lambda rows: rows.hosts.named(host))

    def _ears(self, now: datetime) -> Ears:
        return Ears(self._life(now), self._policy.missed_after)

    def _life(self, now: datetime) -> Window:
        return window(now, self._surveyor.liveness)


def _has_failed(service: Service, life: Window) -> bool:
    """Whether anything is to be done about it."""
    return is_silent(service, life) and not service.forced_down and not in_maintenance(service)


def _is_due(seen: Recovery, now: datetime) -> bool:
    """Also where it was put off by a clock that was set back since."""
    return not now < seen.due_at <= now + PUT_OFF_MAX


def _active(levels: Sequence[FenceLevel]) -> list[FenceLevel]:
    return [each for each in levels if each.path is not None]
