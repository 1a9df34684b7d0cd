"""Moves servers, a batch at a time, as long as this server leads (NEVER-TWICE P5).

One transaction takes some migrations a step further each. If it fails, each of them is tried alone,
so that one that cannot be moved keeps no other one waiting.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from hostdown.domain.destinations import Group
from hostdown.domain.errors import HostdownError
from hostdown.domain.ha import NOBODY, Resume
from hostdown.domain.liveness import State, state_in, window
from hostdown.domain.migration import Migration, MigrationType, Step
from hostdown.domain.model import COMPUTE, Service
from hostdown.services import clearings, cold_moves, hearings, live_moves, moves
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.clearing_ports import Clearing
from hostdown.services.leadership import Leadership
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.move_steps import Turn, explain, look_up
from hostdown.services.placement import Hosts
from hostdown.services.releases import Covers, Releases, Rules, Silent
from hostdown.services.rooms import Limits, Rooms
from hostdown.services.surveys import Surveyor

LOG = logging.getLogger(__name__)

BATCH_MAX = 64
"""Migrations that one transaction takes a step further."""

CLEAR_MAX = 16
"""Places that are looked at in one turn for what deleted servers left."""

BROKEN_AGAIN = timedelta(seconds=10)
"""Until one whose step failed is tried again: as one that breaks down, it delays no other."""


class MovePolicy(NamedTuple):
    """How servers are moved. `heard`: a host that reported so lately is asked before a word."""

    silent: Silent = Silent.WORD
    heard: timedelta = timedelta(seconds=20)
    limits: Limits = Limits(32, 4)
    covers: Covers = Covers.ALL
    resume: Resume = NOBODY


class Mover:
    """Moves the servers of one cell. Called by one thread."""

    def __init__(
        self,
        cell: Cell,
        surveyor: Surveyor,
        leadership: Leadership,
        policy: MovePolicy,
    ) -> None:
        self._cell = cell
        self._surveyor = surveyor
        self._leadership = leadership
        self._policy = policy
        self._question = 0
        """The one to all hosts that goes on, and until when even those that are down may answer."""
        self._answer_by = datetime.min

    def turn(self, now: datetime) -> int:
        """Take what is due a step further; how much there was."""
        if not self._leadership.campaign():
            return 0
        due, left, hearing = self._cell.read(
            lambda rows: (
                self._due(rows, now),
                rows.clearings.due(now, CLEAR_MAX),
                rows.hearing.now(),
            )
        )
        if hearing.goes_on and not self._has_heard(hearing.asked, now):
            self._tell(due, now)
            return 0
        self._question = 0  # a database that is put back then may ask under the same number
        if not (due or left):
            return 0
        hosts = self._surveyor.hosts(now)
        for each in left:
            self._clear(each, hosts, now)
        if due:
            self._move(due, hosts, now)
        return len(due) + len(left)

    def _move(self, due: Sequence[Migration], hosts: Hosts, now: datetime) -> None:
        groups = self._surveyor.groups([each.instance for each in due])
        advance = partial(self._advance, hosts=hosts, groups=groups, now=now)
        try:
            self._cell.write(partial(advance, due=due))
        except Exception as error:  # noqa: BLE001 - each of them is tried, and that one tells why
            LOG.info("%d migrations are taken further one by one: %s", len(due), error)
            for each in due:
                self._alone(each, partial(advance, due=[each]), now)

    def _due(self, rows: CellRows, now: datetime) -> list[Migration]:
        """Hosts that have servers on their way come first; no more get some than the limit lets."""
        watched = rows.migrations.due(Step.WATCH, now, BATCH_MAX)
        free = self._policy.limits.at_once - sum(rows.migrations.under_way().values())
        placed = rows.migrations.due(Step.PLACE, now, free) if free > 0 else []
        rest = [rows.migrations.due(step, now, BATCH_MAX) for step in (Step.BACK, Step.RELEASE)]
        return [*watched, *placed, *rest[0], *rest[1]]

    def _has_heard(self, asked: int, now: datetime) -> bool:
        """Whether every host that may be up has said what it has (NEVER-TWICE P5).

        When a host was heard last is what the database says, and it may be an old one: so each host
        that is not proven dead has some time to answer, whatever is said of it there.
        """
        if asked != self._question:
            self._question, self._answer_by = asked, now + self._policy.heard
        life = window(now, self._surveyor.liveness)
        records = self._surveyor.directory.read(lambda rows: rows.hosts.all())
        known = {each.name: each for each in records}

        def is_waited_for(rows: CellRows, service: Service) -> bool:
            if state_in(service, life) is State.UP:
                return True
            host = known[service.host]
            return now < self._answer_by and not rows.proofs.covering(host.id, host.boot)

        def goes_on(rows: CellRows) -> bool:
            told = rows.hearing.hosts(asked)
            return any(
                is_waited_for(rows, each)
                for each in rows.services.find(None, COMPUTE)
                if each.host in known and known[each.host].id not in told
            )

        def end(rows: CellRows) -> bool:
            rows.ledger.next()
            if not self._leadership.holds(rows) or goes_on(rows):
                return False
            rows.hearing.end(asked)
            return not rows.hearing.now().goes_on

        return not self._cell.read(goes_on) and self._cell.write(end)

    def _tell(self, due: Sequence[Migration], now: datetime) -> None:
        """Whoever waits for an evacuation learns, once, that hosts are heard first."""
        untold = [
            each
            for each in due
            if each.type is MigrationType.EVACUATION
            and each.step is not Step.WATCH
            and each.reason != hearings.WAITS
        ]

        def work(rows: CellRows) -> None:
            rows.ledger.next()
            if not self._leadership.holds(rows):
                return
            for of in look_up(rows, _unchanged(rows, untold)).values():
                explain(rows, of, of.seen._replace(reason=hearings.WAITS), now)

        if untold:
            self._cell.write(work)

    def _advance(
        self,
        rows: CellRows,
        due: Sequence[Migration],
        hosts: Hosts,
        groups: Mapping[str, Group],
        now: datetime,
    ) -> None:
        turn = self._turn(rows, hosts, groups, now)
        if turn is None:
            return
        due = _unchanged(rows, due)
        found = look_up(rows, due)
        for each in due:
            _STEPS[each.type](turn, each, found.get(each.uuid))
        turn.rooms.remember(rows, now)

    def _turn(
        self, rows: CellRows, hosts: Hosts, groups: Mapping[str, Group], now: datetime
    ) -> Turn | None:
        """What steps work with; None if this one does not lead any more, or hosts are heard."""
        number = rows.ledger.next()  # whoever grants, ends or orders meanwhile waits
        if not self._leadership.holds(rows) or not hearings.may_grant(rows):
            return None
        rules = Rules(self._policy.heard, hosts.life, now, self._policy.covers)
        rooms = Rooms(rows, hosts, groups, self._policy.limits)
        policy, releases = self._policy, Releases(rows, rules)
        return Turn(rows, rooms, releases, policy.silent, number, now, policy.resume)

    def _clear(self, each: Clearing, hosts: Hosts, now: datetime) -> None:
        """There are few of them: each has a transaction of its own."""

        def work(rows: CellRows) -> None:
            turn = self._turn(rows, hosts, {}, now)
            if turn is not None:
                clearings.advance(turn, each)

        try:
            self._cell.write(work)
        except HostdownError as error:
            LOG.warning("What is left of instance %s waits: %s", each.instance, error)
        except Exception:
            LOG.exception("What is left of instance %s waits: its turn broke down", each.instance)
        else:
            return
        later = now + BROKEN_AGAIN
        self._cell.write(lambda rows: rows.clearings.put(each, each.generation, later))

    def _alone(self, each: Migration, work: Callable[[CellRows], None], now: datetime) -> None:
        try:
            self._cell.write(work)
        except HostdownError as error:
            LOG.warning("Migration %s of %s waits: %s", each.uuid, each.instance, error)
        except Exception:
            LOG.exception("Migration %s of %s waits: its turn broke down", each.uuid, each.instance)
        else:
            return
        self._cell.write(partial(_postpone, uuid=each.uuid, due_at=now + BROKEN_AGAIN))


def _unchanged(rows: CellRows, due: Sequence[Migration]) -> list[Migration]:
    """Those that nobody has taken further since they were read."""
    query = MigrationQuery(equal=[("uuid", [each.uuid for each in due])])
    current = {each.uuid: each for each in rows.migrations.find(query)}
    return [each for each in due if current.get(each.uuid) == each]


def _postpone(rows: CellRows, uuid: str, due_at: datetime) -> None:
    seen = rows.migrations.get(uuid)
    if seen is not None and seen.open:
        rows.migrations.replace(seen, seen._replace(due_at=due_at))


_STEPS = {
    MigrationType.EVACUATION: moves.advance,
    MigrationType.MIGRATION: cold_moves.advance,
    MigrationType.RESIZE: cold_moves.advance,
    MigrationType.LIVE: live_moves.advance,
}
