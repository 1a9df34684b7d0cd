"""Migrations as rows: what a new one is, which there are (contract 4.7, 4.8), and their end."""

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from hostdown.domain.action_errors import ServerChanging
from hostdown.domain.errors import CellUnavailable
from hostdown.domain.instance import Instance
from hostdown.domain.migration import (
    IN_PROGRESS,
    LEAVING,
    LIVE_IN_PROGRESS,
    UNCLEARED,
    Migration,
    MigrationType,
    Status,
    Step,
    Wish,
    moved,
)
from hostdown.domain.migration_errors import (
    MigrationNotFound,
    MigrationNotInProgress,
    MigrationNotLive,
)
from hostdown.domain.model import Caller
from hostdown.domain.paging_errors import MarkerMissing
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.ports import Cells

TRIES_MAX = 20
"""Times a migration is ended anew because somebody else changed it first."""


def begun(
    of: Instance, kind: MigrationType, status: Status, wish: Wish, caller: Caller, now: datetime
) -> Migration:
    """The migration of a server from where it is, due at once; no row has it yet."""
    return Migration(
        id=0,
        uuid=str(uuid4()),
        instance=of.uuid,
        type=kind,
        status=status,
        source_host=of.host or "",
        source_node=of.node or "",
        dest_host=wish.host,
        dest_node=None,
        dest_ip=None,
        user_id=caller.user_id,
        project_id=caller.project_id,
        request_id=caller.request_id,
        created_at=now,
        updated_at=None,
        deleted=False,
        wish=wish,
        old_flavor=None,
        new_flavor=None,
        generation=0,
        source_number=0,
        tried={},
        reason=None,
        priority=0,
        step=Step.RELEASE,
        due_at=now,
        progress=None,
        revision=1,
    )


def list_migrations(cells: Cells, query: MigrationQuery) -> list[Migration]:
    """Those of all cells that answer, in the query's order; the oldest first, cell by cell."""
    found: list[Migration] = []
    for cell in cells.all():
        try:
            found += cell.read(lambda rows: rows.migrations.find(query))
        except CellUnavailable:
            continue
    if query.oldest_first:
        return found
    found.sort(key=lambda each: each.uuid)
    found.sort(key=lambda each: (each.created_at, each.id), reverse=True)
    return found[: query.limit]


def marked(cells: Cells, uuid: str) -> Migration:
    """The one behind which a page begins, of any cell that answers; raises MarkerMissing."""
    for cell in cells.all():
        try:
            found = cell.read(lambda rows: rows.migrations.get(uuid))
        except CellUnavailable:
            continue
        if found is not None:
            return found
    raise MarkerMissing(marker=uuid)


def live(cell: Cell, server: str) -> list[Migration]:
    """The live migrations of a server that are in progress, the oldest first."""
    wanted = MigrationQuery(
        equal=[
            ("instance_uuid", [server]),
            ("type", [MigrationType.LIVE.value]),
            ("status", sorted(LIVE_IN_PROGRESS)),
        ],
        oldest_first=True,
    )
    return cell.read(lambda rows: rows.migrations.find(wanted))


def live_one(cell: Cell, server: str, number: int) -> Migration:
    """The live migration in progress of this number.

    Raises MigrationNotFound, MigrationNotLive, MigrationNotInProgress, in this order.
    """
    wanted = MigrationQuery(equal=[("instance_uuid", [server]), ("id", [number])])
    found = cell.read(lambda rows: rows.migrations.find(wanted))
    if not found:
        raise MigrationNotFound(id=number, server_id=server)
    (migration,) = found
    if migration.type is not MigrationType.LIVE:
        raise MigrationNotLive(id=number, server_id=server)
    if migration.status not in LIVE_IN_PROGRESS:
        raise MigrationNotInProgress(id=number, server_id=server)
    return migration


def concern(rows: CellRows, host: str) -> bool:
    """Is any server on its way from this host, or to it?"""
    query = MigrationQuery(equal=[("status", sorted(IN_PROGRESS))], host=host, limit=1)
    return bool(rows.migrations.find(query))


def evacuations_from(
    host: str, statuses: Collection[Status], limit: int | None = None
) -> MigrationQuery:
    """The evacuations from this host that are in one of these."""
    return MigrationQuery(
        equal=[
            ("source_host", [host]),
            ("type", [MigrationType.EVACUATION.value]),
            ("status", [each.value for each in sorted(statuses)]),
        ],
        limit=limit,
    )


def is_uncleared(rows: CellRows, host: str) -> bool:
    """May this host still have something of a server that was moved from it?"""
    return bool(rows.migrations.find(evacuations_from(host, UNCLEARED, limit=1)))


def are_leaving(rows: CellRows, host: str) -> bool:
    """Whether any server that is shown on this host is on its way to another one."""
    wanted = MigrationQuery(
        equal=[("source_host", [host]), ("status", sorted(LEAVING))],
        limit=1,
    )
    return bool(rows.migrations.find(wanted))


DELETED = "The server was deleted."
"""Why a move failed whose server is not there any more."""


def end_with_server(rows: CellRows, server: str, now: datetime) -> None:
    """The server is deleted in this transaction: its migrations with it.

    An evacuation that is on its way has failed then (contract 5.3). Raises ServerChanging.
    """
    query = MigrationQuery(equal=[("instance_uuid", [server])])
    for _ in range(TRIES_MAX):
        found = rows.migrations.find(query)
        if not found:
            return
        for each in found:
            rows.migrations.replace(each, _ended(each, now))
    raise ServerChanging(uuid=server)


def _ended(seen: Migration, now: datetime) -> Migration:
    after = seen._replace(deleted=True, step=Step.NONE, due_at=None)
    if seen.type is MigrationType.EVACUATION and seen.open:
        return moved(after, Status.FAILED)._replace(reason=DELETED, updated_at=now)
    return after
