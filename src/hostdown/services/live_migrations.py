"""Asking for live migrations, and for another end of one (contract 4.5, 4.7)."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from hostdown.domain import live_moves, server_actions
from hostdown.domain.action_errors import ServerInWrongState
from hostdown.domain.destinations import Group
from hostdown.domain.instance import Instance, TaskState, VmState
from hostdown.domain.migration import Migration, MigrationType, Status, Step, Wish
from hostdown.domain.migration_errors import (
    DiskIsLocal,
    DiskIsShared,
    ForcedMigrationOfOther,
    HostUnavailable,
    LiveMigrationToSource,
    MigrationInWrongState,
    MigrationOfOther,
    NoHostForIt,
)
from hostdown.domain.pools import PoolClass
from hostdown.domain.resize_errors import MigrationTargetUnknown
from hostdown.domain.server_errors import ServerNotFound
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.evacuations import is_up
from hostdown.services.instance_changes import begin_action, change, tell_host
from hostdown.services.live_moves import turned
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.migrations import begun
from hostdown.services.move_steps import write
from hostdown.services.placement import Hosts
from hostdown.services.rooms import UNLIMITED, Rooms
from hostdown.services.server_changes import Asker
from hostdown.services.surveys import Surveyor

ABORT = "abort live migration"
FORCE = "force complete"
"""Nova's names for what cannot be done in a state."""

ABORTABLE = frozenset({Status.RUNNING})
ABORTABLE_IN_QUEUE = ABORTABLE | {Status.QUEUED, Status.PREPARING}
"""States in which a migration is called off, and since microversion 2.65."""


class Asked(NamedTuple):
    """A host or None for any, `forced` past placement's filters; True to copy the disk.

    `now`: what would keep it from beginning is said at once, as until microversion 2.33.
    """

    host: str | None = None
    forced: bool = False
    copy: bool | None = None
    now: bool = False


def ask(cell: Cell, surveyor: Surveyor, uuid: str, asked: Asked, asker: Asker) -> None:
    """Accept it; it is durable and goes on by itself.

    Raises ServerNotFound, what `server_actions.check` raises, MigrationTargetUnknown; with `now`
    also HostUnavailable, LiveMigrationToSource, DiskIsShared, DiskIsLocal, NoHostForIt.
    """
    hosts, groups = surveyor.hosts(asker.now), surveyor.groups([uuid])

    def work(rows: CellRows) -> None:
        seen = rows.instances.get(uuid)
        if seen is None:
            raise ServerNotFound(server_id=uuid)
        tell_host(rows, seen)
        server_actions.check(live_moves.MIGRATE_LIVE, seen, asker.by_admin)
        if asked.host is not None and asked.host not in hosts.records:
            raise MigrationTargetUnknown(host=asked.host)
        wanted = _wanted(seen, asked, asker)
        if asked.now:
            _check_now(rows, seen, wanted, asked, asker, hosts, groups)
        if rows.migrations.add(wanted) is None:
            raise _moves(live_moves.MIGRATE_LIVE.name, seen)
        _, after = change(rows, uuid, live_moves.accepted, asker.caller, asker.now)
        event = live_moves.MIGRATE_LIVE.event
        begin_action(rows, after, live_moves.LIVE_MIGRATION, event, asker.caller, asker.now)

    cell.write(work)


def _wanted(seen: Instance, asked: Asked, asker: Asker) -> Migration:
    wish = Wish(asked.host, asked.forced, asker.caller.user_name, seen.wanted)
    kind = MigrationType.LIVE
    made = begun(seen, kind, Status.ACCEPTED, wish, asker.caller, asker.now)
    reason = why_not_copied(seen) if asked.copy else None
    return made._replace(step=Step.PLACE if reason is None else Step.BACK, reason=reason)


def why_not_copied(seen: Instance) -> str:
    """Disks are never copied: what was asked for ends with this."""
    return str(DiskIsShared(host=seen.host))


def _check_now(
    rows: CellRows,
    seen: Instance,
    wanted: Migration,
    asked: Asked,
    asker: Asker,
    hosts: Hosts,
    groups: Mapping[str, Group],
) -> None:
    """What the steps would find out, in Nova's order."""
    if not is_up(rows, wanted.source_host, asker.life):
        raise HostUnavailable(host=wanted.source_host)
    if asked.host is not None and asked.host == seen.host:
        raise LiveMigrationToSource(server_id=seen.uuid, host=asked.host)
    if asked.host is not None and not is_up(rows, asked.host, asker.life):
        raise HostUnavailable(host=asked.host)
    if asked.copy:
        raise DiskIsShared(host=wanted.source_host)
    managed = rows.nodes.on_host(wanted.source_host)
    pool_class = "" if managed is None else managed.node.resources.pool_class
    if asked.copy is False and pool_class == PoolClass.LOCAL:
        raise DiskIsLocal(host=wanted.source_host)
    rooms = Rooms(rows, hosts, groups, UNLIMITED)
    choice = rooms.choose(seen, wanted, rows.permits.of_instance(seen.uuid))
    if choice.chosen is None and not choice.later:
        raise NoHostForIt(reason=choice.reason)


def _moves(action: str, seen: Instance) -> ServerInWrongState:
    state = seen.task_state or TaskState.MIGRATING.value
    return ServerInWrongState(action=action, uuid=seen.uuid, attribute="task_state", state=state)


# --------------------------------------------------------------------------- on its way already


def abort(cell: Cell, uuid: str, number: int, states: Collection[Status], asker: Asker) -> None:
    """Have it stay where it is, unless it has been handed over by then.

    Raises ServerNotFound, ServerLocked, ServerInWrongState, MigrationOfOther,
    MigrationInWrongState.
    """

    def work(rows: CellRows) -> None:
        ledger = rows.ledger.next()
        seen, move = _found(rows, uuid, number, ABORT, asker)
        _check_state(move, states, ABORT)
        begin_action(rows, seen, live_moves.CANCEL, None, asker.caller, asker.now)
        if not move.wish.cancelled:
            called_off = move._replace(wish=move.wish._replace(cancelled=True), reason=None)
            back = turned(rows, called_off, "", ledger, asker.now)
            write(rows, move, back, asker.now)

    cell.write(work)


def force_complete(cell: Cell, uuid: str, number: int, asker: Asker) -> None:
    """Have it stand still until it is there. Raises as `abort`."""

    def work(rows: CellRows) -> None:
        seen, move = _found(rows, uuid, number, FORCE, asker)
        _check_state(move, {Status.RUNNING}, FORCE)
        tell_host(rows, seen)
        begin_action(rows, seen, live_moves.FORCE_COMPLETE, None, asker.caller, asker.now)
        hurried = move._replace(wish=move.wish._replace(hurried=True))
        write(rows, move, hurried, asker.now)

    cell.write(work)


_OTHERS = {ABORT: MigrationOfOther, FORCE: ForcedMigrationOfOther}
_CONFLICT = {ABORT: ABORT, FORCE: "force_complete"}
"""How Nova calls them where the server's state forbids them."""


def _found(
    rows: CellRows, uuid: str, number: int, method: str, asker: Asker
) -> tuple[Instance, Migration]:
    seen = rows.instances.get(uuid)
    if seen is None:
        raise ServerNotFound(server_id=uuid)
    server_actions.check_lock(seen, asker.by_admin)
    if seen.task_state != TaskState.MIGRATING:
        raise ServerInWrongState(
            action=_CONFLICT[method], uuid=uuid, attribute="task_state", state=seen.task_state
        )
    if method == FORCE and seen.vm_state != VmState.ACTIVE:
        raise ServerInWrongState(
            action=_CONFLICT[method], uuid=uuid, attribute="vm_state", state=seen.vm_state
        )
    query = MigrationQuery(equal=[("id", [number]), ("instance_uuid", [uuid])])
    found = rows.migrations.find(query)
    if not found or found[0].type is not MigrationType.LIVE:
        raise _OTHERS[method](id=number, server_id=uuid)
    return seen, found[0]


def _check_state(move: Migration, states: Collection[Status], method: str) -> None:
    if move.status not in states:
        raise MigrationInWrongState(
            id=move.id, server_id=move.instance, state=move.status.value, method=method
        )
