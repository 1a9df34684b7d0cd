"""Brings back the servers of hosts that failed, with nobody watching (DESIGN §9).

A turn reads, decides, records, and only then acts; what was recorded is what the next leader goes
on from. The one thing that acts outside of the database is a power-off: it is written down before
it is sent, and once it is, nothing but its end ends the attempt (NEVER-TWICE F2).
"""

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import partial

from hostdown.domain.errors import HostdownError
from hostdown.domain.failure_domains import failure_domain
from hostdown.domain.host_fault import left_alone
from hostdown.domain.liveness import Window, is_silent
from hostdown.domain.model import HostRecord, Service
from hostdown.domain.recovery import Event, Stage
from hostdown.services import recovery_journal
from hostdown.services import recovery_steps as steps
from hostdown.services.cell_ports import CellRows
from hostdown.services.evacuator_ports import Evacuator
from hostdown.services.fence_crew_ports import FenceCrew
from hostdown.services.fence_ports import FencePaths
from hostdown.services.fencer import Fencer
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_log import RecoveryLog
from hostdown.services.recovery_ports import SILENT_SINCE, Entry, Recovery
from hostdown.services.slot_watch import SlotWatch
from hostdown.services.watchdog_waits import Waits

LOG = logging.getLogger(__name__)

PUT_OFF_MAX = timedelta(seconds=60)
"""No step is put off for longer."""

BROKEN_AGAIN = timedelta(seconds=5)
"""Until a recovery is tried again that broke down in a way that nobody foresaw."""


class Recoverer:
    """Recovers the hosts of one cell. Called by one thread."""

    def __init__(
        self,
        desk: Desk,
        fences: FencePaths,
        crew: FenceCrew,
        evacuator: Evacuator,
    ) -> None:
        self._desk = desk
        self._waits = Waits(desk, fences)
        self._slots = SlotWatch(desk)
        self._log = RecoveryLog(desk.cell)
        self._fencer = Fencer(desk, fences, crew, self._waits)
        self._evacuator = evacuator
        self._broken: dict[str, datetime] = {}
        """Until when each of these (`_one`, `_first`) is left alone."""

    def turn(self, now: datetime) -> None:
        """Begin what is to be begun, take what is due further; raises CellUnavailable."""
        desk = self._desk
        if not desk.policy.enabled or not desk.leadership.campaign():
            return
        self._broken = {of: at for of, at in self._broken.items() if now < at}
        for reached in self._fencer.results():
            self._try(_one(reached.recovery), partial(self._fencer.take, reached, now), now)
        self._evacuator.turn(now)
        failed, recoveries = desk.cell.read(
            lambda rows: (rows.sights.unreachable(), rows.recoveries.open())
        )
        self._fencer.look_at(recoveries)
        self._waits.look_at(recoveries)
        self._slots.look_at(recoveries)
        self._log.tell(recoveries)
        self._begin_some(failed, {each.host for each in recoveries}, now)
        self._go_on(recoveries, now)

    def _begin_some(self, failed: Iterable[Service], busy: Collection[str], now: datetime) -> None:
        life = self._desk.life(now)
        for service in failed:
            of = _first(service.host)
            if service.host not in busy and of not in self._broken and _has_failed(service, life):
                self._try(of, partial(self._begin, service, now), now)

    def _go_on(self, recoveries: Iterable[Recovery], now: datetime) -> None:
        for seen in recoveries:
            if not self._desk.leadership.campaign():  # a turn with many of them outlasts a lease
                return
            of = _one(seen.id)
            if of in self._broken:
                continue
            self._try(of, partial(self._waits.go_on, seen, now), now)
            if _is_due(seen, now):
                self._try(of, partial(self._advance, seen, now), now)

    def _try(self, of: str, work: Callable[[], None], now: datetime) -> None:
        """Whatever becomes of one, the others are tried."""
        try:
            work()
        except HostdownError as error:
            LOG.warning("%s waits: %s", of, error)
        except Exception:
            LOG.exception("%s waits: its turn broke down", of)
            self._broken[of] = now + BROKEN_AGAIN

    def _begin(self, service: Service, now: datetime) -> None:
        record = self._desk.record(service.host)
        if record is None or service.unreachable_at is None:
            return
        domain = failure_domain(service.host, self._desk.surveyor.zones.current())
        made = steps.begun(record, domain, service.unreachable_at, now)

        def work(rows: CellRows) -> bool:
            found = rows.recoveries.add(made) if self._desk.leadership.holds(rows) else None
            if found is None:
                return False
            silences = [each for each in rows.sights.all().silences if each.host_id == record.id]
            since = min((each.since for each in silences), default=None)
            facts = {"unreachable_at": service.unreachable_at, "boot": record.boot}
            facts |= {SILENT_SINCE: since}
            rows.timelines.add(found.id, Entry(now, "Most observers find it silent.", facts))
            recovery_journal.told(rows, None, found, steps.caller(found), now)
            return True

        self._fencer.hold_off(record.id)
        if self._desk.cell.write(work):
            until = service.unreachable_at + self._desk.policy.hold_off
            LOG.warning("Host %s is unreachable; it has until %s to come back", service.host, until)

    def _advance(self, seen: Recovery, now: datetime) -> None:
        record = self._desk.record(seen.host)
        event, details = self._befell(seen, record, now)
        if event is Event.LIFE_OF_PROVEN:  # a newer boot may have begun between the two looks
            record = self._desk.record(seen.host)
            event, details = self._befell(seen, record, now)
        if event is Event.CLEAN and not self._evacuator.lets_up(seen, now):
            event = None
        if event is not None:
            self._step(seen, event, details, now, record)
        elif seen.stage in (Stage.HOLDING_OFF, Stage.HELD):
            self._fencer.wait_or_fence(seen, now)
        elif seen.stage is Stage.FENCING:
            self._fencer.go_on(seen, record, now)
        elif seen.stage is Stage.EVACUATING:
            self._evacuator.evacuate(seen, now)
        elif seen.stage is Stage.DONE:
            self._rest(seen, now)

    def _befell(
        self, seen: Recovery, record: HostRecord | None, now: datetime
    ) -> tuple[Event | None, str]:
        boot, ears = _boot(seen, record), self._desk.ears(now)
        event, why = self._desk.cell.read(lambda rows: steps.befell(rows, seen, boot, now, ears))
        lives = None if event else self._slots.life_of(seen, boot, now)
        return (event, why) if lives is None else (Event.LIFE_OF_PROVEN, lives)

    def _step(
        self, seen: Recovery, event: Event, why: str, now: datetime, record: HostRecord | None
    ) -> None:
        work = partial(steps.step, seen=seen, event=event, why=why, now=now, record=record)
        self._desk.write(work)

    def _rest(self, seen: Recovery, now: datetime) -> None:
        """Until the host is back, or an owner's standby has failed, too."""
        life, default = self._desk.life(now), self._desk.policy.ha_default
        if self._desk.cell.read(lambda rows: steps.is_wanted(rows, seen, life, default)):
            why = "A server is wanted back that was to stay."
            self._step(seen, Event.WANTED, why, now, None)
        else:
            self._desk.later(seen, now + steps.LOOK_AGAIN)


def _one(number: int) -> str:
    """A recovery as the log calls it."""
    return f"Recovery {number}"


def _first(host: str) -> str:
    """One that has not begun."""
    return f"The recovery of host {host}"


def _has_failed(service: Service, life: Window) -> bool:
    """Whether anything is to be done about it."""
    return is_silent(service, life) and left_alone(service) is None


def _boot(seen: Recovery, record: HostRecord | None) -> int | None:
    """The host's newest boot; None if it is gone.

    A machine that took its place is no boot of it. What is proven over is brought back all the
    same, and then the new machine is waited for: whatever it boots is newer.
    """
    if record is None or record.id == seen.host_id:
        return None if record is None else record.boot
    return None if seen.stage in steps.BEFORE else seen.boot + 1


def _is_due(seen: Recovery, now: datetime) -> bool:
    """Also where it was put off by a clock that was set back since."""
    return not now < seen.due_at <= now + PUT_OFF_MAX
