"""Asking for cold migrations and resizes, and saying yes or no to them (contract 4.1, 4.4)."""

from typing import NamedTuple

from hostdown.domain import cold_moves, server_actions
from hostdown.domain.action_errors import HostUnavailable, ServerInWrongState
from hostdown.domain.instance import Instance, TaskState
from hostdown.domain.migration import Migration, MigrationType, Status, Step, Wish, moved
from hostdown.domain.model import Flavor
from hostdown.domain.permits import held
from hostdown.domain.quotas import check_growth, total
from hostdown.domain.resize_errors import (
    DiskCannotShrink,
    FlavorUnchanged,
    MigrationTargetUnknown,
    MigrationToSource,
)
from hostdown.domain.server_actions import ServerAction
from hostdown.domain.server_errors import ServerNotFound
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.evacuations import is_known, is_up
from hostdown.services.instance_changes import SUCCESS, begin_action, change, tell_host
from hostdown.services.migrations import begun
from hostdown.services.move_steps import write
from hostdown.services.project_use import Allowance, use_in
from hostdown.services.server_changes import Asker


class Asked(NamedTuple):
    """A host or None for any; another flavor, or None to migrate; a disk config, which is shown.

    `allowed`: how large the project's servers may become.
    """

    host: str | None = None
    flavor: Flavor | None = None
    disk_config: str | None = None
    allowed: Allowance = Allowance()


def ask(cell: Cell, directory: Directory, uuid: str, asked: Asked, asker: Asker) -> None:
    """Accept it; it is durable and goes on by itself.

    Raises ServerNotFound, MigrationTargetUnknown, MigrationToSource, FlavorUnchanged,
    DiskCannotShrink, ServersOverQuota, what `server_actions.check` raises, HostUnavailable.
    """
    known = asked.host is None or is_known(directory, asked.host)
    action = cold_moves.MIGRATE if asked.flavor is None else cold_moves.RESIZE

    def work(rows: CellRows) -> None:
        seen = _existing(rows, uuid)
        tell_host(rows, seen)
        if asked.host is not None and not known:
            raise MigrationTargetUnknown(host=asked.host)
        if asked.host is not None and asked.host == seen.host:
            raise MigrationToSource
        if asked.flavor is not None:
            _check_flavor(asked.flavor, seen.flavor)
            _check_quota(rows, seen, asked.flavor, asked.allowed)
        server_actions.check(action, seen, asker.by_admin)
        _check_up(rows, seen.host, asker)
        if rows.migrations.add(_wanted(seen, asked, asker)) is None:
            raise _moves(action, seen)

        def decide(it: Instance) -> Instance:
            shown = it.extras._replace(disk_config=asked.disk_config or it.extras.disk_config)
            return it._replace(task_state=TaskState.RESIZE_MIGRATING.value, extras=shown)

        _, after = change(rows, uuid, decide, asker.caller, asker.now)
        begin_action(rows, after, action.name, action.event, asker.caller, asker.now)

    cell.write(work)


def confirm(cell: Cell, uuid: str, asker: Asker) -> None:
    """It stays where it is; raises ServerNotFound, what `check` raises, HostUnavailable."""

    def work(rows: CellRows) -> None:
        _, migration = _resized(rows, uuid, cold_moves.CONFIRM, asker)
        _check_up(rows, migration.source_host, asker)
        _, after = change(rows, uuid, cold_moves.confirmed, asker.caller, asker.now)
        action = cold_moves.CONFIRM
        begin_action(rows, after, action.name, action.event, asker.caller, asker.now)
        rows.actions.finish(uuid, after.order, SUCCESS, None, asker.now)
        ended = moved(moved(migration, Status.CONFIRMING), Status.CONFIRMED)
        write(rows, migration, ended, asker.now)

    cell.write(work)


def revert(cell: Cell, uuid: str, asker: Asker) -> None:
    """Back to where it was, and what it was; raises ServerNotFound, what `check` raises.

    Its new host is asked to stop it once its old one is up to take it back.
    """

    def work(rows: CellRows) -> None:
        rows.ledger.next()
        seen, migration = _resized(rows, uuid, cold_moves.REVERT, asker)
        holder = held(rows.permits.of_instance(uuid))
        wanted = cold_moves.runs(seen).value

        def decide(it: Instance) -> Instance:
            return it._replace(task_state=TaskState.RESIZE_REVERTING.value)

        _, after = change(rows, uuid, decide, asker.caller, asker.now)
        action = cold_moves.REVERT
        begin_action(rows, after, action.name, action.event, asker.caller, asker.now)
        back = moved(migration, Status.REVERTING)._replace(
            wish=migration.wish._replace(wanted=wanted),
            step=Step.RELEASE if holder is not None else Step.PLACE,
            due_at=asker.now,
        )
        write(rows, migration, back, asker.now)

    cell.write(work)


def _check_flavor(asked: Flavor, now: Flavor) -> None:
    if asked.flavorid == now.flavorid:
        raise FlavorUnchanged
    if not asked.root_gb and now.root_gb:
        raise DiskCannotShrink


def _check_quota(rows: CellRows, seen: Instance, asked: Flavor, allowed: Allowance) -> None:
    if allowed.quotas.limits_servers:
        used = total([allowed.elsewhere, use_in(rows, seen.project_id)])
        check_growth(allowed.quotas, used, seen.flavor, asked)


def _existing(rows: CellRows, uuid: str) -> Instance:
    seen = rows.instances.get(uuid)
    if seen is None:
        raise ServerNotFound(server_id=uuid)
    return seen


def _resized(
    rows: CellRows, uuid: str, action: ServerAction, asker: Asker
) -> tuple[Instance, Migration]:
    seen = _existing(rows, uuid)
    server_actions.check(action, seen, asker.by_admin)
    migration = rows.migrations.open(uuid)
    if migration is None or migration.status is not Status.FINISHED:
        raise _moves(action, seen)
    return seen, migration


def _moves(action: ServerAction, seen: Instance) -> ServerInWrongState:
    state = seen.task_state or "migrating"
    return ServerInWrongState(
        action=action.name, uuid=seen.uuid, attribute="task_state", state=state
    )


def _check_up(rows: CellRows, host: str | None, asker: Asker) -> None:
    if host is None or not is_up(rows, host, asker.life):
        raise HostUnavailable


def _wanted(seen: Instance, asked: Asked, asker: Asker) -> Migration:
    caller = asker.caller
    wish = Wish(asked.host, False, caller.user_name, cold_moves.runs(seen).value)
    kind = MigrationType.MIGRATION if asked.flavor is None else MigrationType.RESIZE
    made = begun(seen, kind, Status.PRE_MIGRATING, wish, caller, asker.now)
    old = None if asked.flavor is None else seen.flavor
    return made._replace(old_flavor=old, new_flavor=asked.flavor)
