"""What is over is forgotten after a while, and nothing that anybody's safety rests on.

Rows go some at a time, each time in a transaction that finds them over. Whoever dies between two
such transactions leaves nothing half forgotten: the next turn goes on with what is left. Tables
that are not named here are bounded in another way, or must be kept
(docs/decisions/0021-what-is-forgotten-and-when.md).
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from hostdown.domain.retention import Past, is_over
from hostdown.services import server_groups
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.ports import Cells
from hostdown.services.retention_ports import Gone, Kind
from hostdown.services.together import try_all

LOG = logging.getLogger(__name__)

FORGOTTEN_MAX = 200
"""Of a kind that one transaction forgets, each with what belongs to it."""
BATCHES_MAX = 20
"""Such transactions for each kind in a turn: thousands a turn, millions a day."""

Pasts = Mapping[str, Past]
"""By the ids of hosts."""


class Retention:
    """Forgets what was over longer ago than `kept_for`. Called by one thread."""

    def __init__(self, directory: Directory, cells: Cells, kept_for: timedelta) -> None:
        self._directory = directory
        self._cells = cells
        self._kept_for = kept_for
        self._behind: dict[str, Gone] = {}
        """By cell: up to where its deleted servers were looked at, where that takes more turns."""

    def turn(self, now: datetime) -> None:
        """Raises the first failure after all else was done."""
        before = now - self._kept_for
        works: list[Callable[[], object]] = []
        for cell in self._cells.all():
            works += [partial(self._of_kind, cell, kind, before) for kind in Kind]
            works.append(partial(self._servers, cell, before))
        works.append(partial(self._changes, before))
        try_all(works)

    def _of_kind(self, cell: Cell, kind: Kind, before: datetime) -> None:
        """They are looked for without a lock: those that stay may be many, and older."""

        def drop() -> int:
            found = cell.read(lambda rows: rows.old.found(kind, before, FORGOTTEN_MAX))
            return cell.write(lambda rows: rows.old.drop(kind, before, found)) if found else 0

        self._tell(_some(drop), f"{kind} of cell {cell.name}")

    def _changes(self, before: datetime) -> None:
        def drop() -> int:
            return self._directory.write(lambda rows: rows.journal.drop(before, FORGOTTEN_MAX))

        self._tell(_some(drop), "changes in the journal of the directory")

    # --------------------------------------------------------------------- deleted servers

    def _servers(self, cell: Cell, before: datetime) -> None:
        """Some that stay may be older than some that go, so all are looked at in their order."""
        forgotten = 0
        for _ in range(BATCHES_MAX):
            after = self._behind.pop(cell.name, None)
            page = cell.read(partial(_page, before=before, after=after))
            forgotten += self._forget(cell, [each.uuid for each in page], before)
            if len(page) < FORGOTTEN_MAX:
                break
            self._behind[cell.name] = page[-1]
        self._tell(forgotten, f"deleted servers of cell {cell.name}")

    def _forget(self, cell: Cell, uuids: Sequence[str], before: datetime) -> int:
        """The directory forgets them first: who dies in between finds them again in the cell."""
        hosts = cell.read(partial(_hosts, uuids=uuids, before=before))
        pasts = self._directory.read(partial(_pasts, hosts=hosts))
        over = partial(_over, pasts=pasts, before=before)
        found = cell.read(partial(over, uuids=uuids))
        if not found:
            return 0
        self._directory.write(partial(_unmap, uuids=found))

        def work(rows: CellRows) -> int:
            # From here on whoever grants, finds or ends something of them waits.
            rows.ledger.next()
            return rows.old.drop_servers(over(rows, uuids=found))

        return cell.write(work)

    def _tell(self, count: int, what: str) -> None:
        if count:
            LOG.info("%d %s were forgotten, after %d days", count, what, self._kept_for.days)


def _some(drop: Callable[[], int]) -> int:
    """Drop until nothing is left, or for as long as a turn may."""
    dropped = 0
    for _ in range(BATCHES_MAX):
        count = drop()
        dropped += count
        if count < FORGOTTEN_MAX:
            break
    return dropped


def _page(rows: CellRows, before: datetime, after: Gone | None) -> list[Gone]:
    return rows.old.servers(before, after, FORGOTTEN_MAX)


def _hosts(rows: CellRows, uuids: Sequence[str], before: datetime) -> set[str]:
    """Those on whose past it depends whether something of these servers may be somewhere."""
    return {
        each.host_id
        for permits in rows.permits.of_instances(uuids).values()
        for each in permits
        if not is_over(each, None, before)
    }


def _pasts(rows: DirectoryRows, hosts: Collection[str]) -> Pasts:
    """Of those that are known. It only grows: what it says stays true."""
    records = {host_id: rows.hosts.get(host_id) for host_id in hosts}
    return {
        host_id: Past(rows.boots.of(host_id), record.deleted_at is not None)
        for host_id, record in records.items()
        if record is not None
    }


def _over(rows: CellRows, uuids: Sequence[str], pasts: Pasts, before: datetime) -> list[str]:
    """Those that nobody can have anything of."""
    permits = rows.permits.of_instances(uuids)
    sound = {
        host_id: past for host_id, past in pasts.items() if rows.proofs.voided(host_id) is None
    }
    bound = rows.old.bound(uuids)
    return [
        uuid
        for uuid in uuids
        if uuid not in bound
        and all(is_over(each, sound.get(each.host_id), before) for each in permits[uuid])
    ]


def _unmap(rows: DirectoryRows, uuids: Sequence[str]) -> None:
    for uuid in uuids:
        server_groups.leave(rows, uuid)
    rows.instance_mappings.drop(uuids)
