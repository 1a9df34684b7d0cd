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
from hostdown.services.fence_crew_ports import FenceCrew, Reached
from hostdown.services.fence_ports import FenceLevel, FencePaths
from hostdown.services.fencing import cut_and_look, look, sent_on_level
from hostdown.services.leadership import Leadership
from hostdown.services.ports import Clock
from hostdown.services.recovery_ports import Entry, Recovery
from hostdown.services.surveys import Surveyor

LOG = logging.getLogger(__name__)

AGAIN = timedelta(seconds=30)
"""After this a recovery that is held for want of a way to fence its host is tried again."""

PUT_OFF_MAX = timedelta(seconds=60)
"""No step is put off for longer."""


class RecoveryPolicy(NamedTuple):
    """When a host is fenced, and which of its servers are brought back.

    `missed_after`: so long after a host's last pulse observers know that it is silent.
    """

    enabled: bool
    hold_off: timedelta
    ha_default: bool
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
        policy: RecoveryPolicy,
        clock: Clock,
    ) -> None:
        self._cell = cell
        self._directory = surveyor.directory
        self._surveyor = surveyor
        self._leadership = leadership
        self._fences = fences
        self._crew = crew
        self._policy = policy
        self._clock = clock
        self._accepted: dict[int, tuple[int, datetime | None]] = {}
        """On which level, begun when, a device took a power-off from this leader, by recovery."""
        self._since: dict[str, float] = {}
        """When this leader saw first that a host has a recovery, monotonic, by the host's id."""

    def turn(self, now: datetime) -> None:
        """Begin what is to be begun, take what is due further; raises CellUnavailable."""
        if not self._policy.enabled or not self._leadership.campaign():
            return
        for reached in self._crew.results():
            self._take(reached, now)
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
                self._try(seen, now)

    def _look_at(self, recoveries: Sequence[Recovery]) -> None:
        now = self._clock.monotonic()
        ids = {each.id for each in recoveries}
        self._accepted = {id: level for id, level in self._accepted.items() if id in ids}
        self._since = {each.host_id: self._since.get(each.host_id, now) for each in recoveries}

    def _is_held_off(self, seen: Recovery) -> bool:
        """Whether the hold-off goes on by our own clock: the other one may have been set."""
        passed_s = self._clock.monotonic() - self._since[seen.host_id]
        return seen.stage is Stage.HOLDING_OFF and passed_s < self._policy.hold_off.total_seconds()

    def _try(self, seen: Recovery, now: datetime) -> None:
        try:
            self._advance(seen, now)
        except HostdownError as error:
            LOG.warning("The recovery of host %s waits: %s", seen.host, error)

    def _begin(self, service: Service, now: datetime) -> None:
        record = self._record(service.host)
        if record is None or service.unreachable_at is None:
            return
        domain = zone(service, self._surveyor.zones.current())
        due = service.unreachable_at + self._policy.hold_off
        made = steps.begun(record, domain, service.unreachable_at, due, now)

        def work(rows: CellRows) -> None:
            found = self._leadership.holds(rows) and rows.recoveries.add(made)
            if found:
                facts = {"unreachable_at": service.unreachable_at, "boot": record.boot}
                rows.recoveries.tell(found.id, Entry(now, "Most observers find it silent.", facts))

        self._since[record.id] = self._clock.monotonic()
        self._cell.write(work)
        LOG.warning("Host %s is unreachable; it has until %s to come back", service.host, due)

    def _advance(self, seen: Recovery, now: datetime) -> None:
        record = self._record(seen.host)
        event, details = self._befell(seen, record, now)
        if event is Event.LIFE_OF_PROVEN:  # a newer boot may have begun between the two looks
            record = self._record(seen.host)
            event, details = self._befell(seen, record, now)
        if event is not None:
            self._step(seen, event, details, now, record)
        elif seen.stage in (Stage.HOLDING_OFF, Stage.HELD):
            self._fence(seen, now)
        elif seen.stage is Stage.FENCING:
            self._go_on(seen, now)
        elif seen.stage is Stage.EVACUATING:
            self._evacuate(seen, now)
        elif seen.stage is Stage.DONE:
            self._cell.write(partial(steps.later, seen=seen, due_at=now + steps.LOOK_AGAIN))

    def _befell(
        self, seen: Recovery, record: HostRecord | None, now: datetime
    ) -> tuple[Event | None, str]:
        boot = record.boot if record is not None and record.id == seen.host_id else None
        ears = Ears(self._life(now), self._policy.missed_after)
        return self._cell.read(lambda rows: steps.befell(rows, seen, boot, now, ears))

    # --------------------------------------------------------------------------------- fencing

    def _fence(self, seen: Recovery, now: datetime) -> None:
        """Commit an attempt, unless something holds it."""
        if self._is_held_off(seen):
            return
        if seen.held in (Held.GATE, Held.OPERATOR):
            self._cell.write(partial(steps.later, seen=seen, due_at=now + steps.LOOK_AGAIN))
            return
        try:
            levels = _active(self._fences.of(seen.host))
        except HostdownError as error:
            self._hold(seen, Held.NO_LEVEL, str(error), now)
            return
        if not levels:
            self._hold(seen, Held.NO_LEVEL, "Nothing is said about how it can be fenced.", now)
            return
        ears = Ears(self._life(now), self._policy.missed_after)
        view = steps.View(self._surveyor.zones.current(), ears)
        work = partial(steps.attempt, seen=seen, level=levels[0].number, view=view, now=now)
        self._write(work)

    def _hold(self, seen: Recovery, by: Held, reason: str, now: datetime) -> None:
        self._write(partial(steps.hold, seen=seen, by=by, reason=reason, now=now, again=AGAIN))

    def _go_on(self, seen: Recovery, now: datetime) -> None:
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
            self._crew.begin(seen.id, partial(look, seen.id, level.number, path, self._now))
            self._cell.write(partial(steps.later, seen=seen, due_at=now + LOOK_EVERY))
        elif self._write(partial(steps.sending, seen=seen, now=now)):
            may_send = self._leadership.is_fresh
            work = partial(cut_and_look, seen.id, level.number, path, may_send, self._now)
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
        if seen is None or (seen.stage, seen.level) != (Stage.FENCING, reached.level):
            return
        levels = self._fences.of(seen.host)
        level = next((each for each in levels if each.number == seen.level), None)
        record = self._record(seen.host)
        if level is None or record is None:
            return
        if reached.cut:
            self._accepted[seen.id] = seen.level, seen.level_at
        if reached.seen is None:
            if not reached.retry:
                self._next_level(seen, _active(levels), reached.error or "It refuses.", now)
            return
        wrong = steps.is_foreign(reached.seen, level, record)
        if wrong:
            self._next_level(seen, _active(levels), wrong, now)
            return
        if self._accepted.get(seen.id) != (seen.level, seen.level_at):
            return  # Off is no proof where no power-off was accepted before (F3)
        self._write(partial(steps.observed, seen=seen, level=level, reached=reached))

    # ---------------------------------------------------------------------------- what comes of it

    def _step(
        self, seen: Recovery, event: Event, why: str, now: datetime, record: HostRecord | None
    ) -> None:
        if (seen.stage, event) not in NEXT:
            self._cell.write(partial(steps.later, seen=seen, due_at=now + steps.LOOK_AGAIN))
            return
        self._write(partial(steps.step, seen=seen, event=event, why=why, now=now, record=record))

    def _evacuate(self, seen: Recovery, now: datetime) -> None:
        life = self._life(now)
        default = self._policy.ha_default
        self._write(partial(steps.evacuate, seen=seen, now=now, life=life, default=default))

    def _write(self, work: Callable[[CellRows], bool]) -> bool:
        """As the leader, with all other writers of permits behind (storm-two-leaders)."""

        def led(rows: CellRows) -> bool:
            rows.ledger.next()
            return self._leadership.holds(rows) and work(rows)

        return self._cell.write(led)

    def _record(self, host: str) -> HostRecord | None:
        return self._directory.read(lambda rows: rows.hosts.named(host))

    def _life(self, now: datetime) -> Window:
        return window(now, self._surveyor.liveness)

    def _now(self) -> datetime:
        return self._clock.now()


def _has_failed(service: Service, life: Window) -> bool:
    """Whether anything is to be done about it."""
    return is_silent(service, life) and not service.forced_down and not in_maintenance(service)


def _is_due(seen: Recovery, now: datetime) -> bool:
    """Also where it was put off by a clock that was set back since."""
    return not now < seen.due_at <= now + PUT_OFF_MAX


def _active(levels: Sequence[FenceLevel]) -> list[FenceLevel]:
    return [each for each in levels if each.path is not None]
