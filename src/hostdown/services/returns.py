"""The end of an evacuation: its source, back again, has nothing left of the server (contract 5.7).

It may come before the destination's word or after it; whichever is the later one completes it.
"""

from datetime import datetime, timedelta

from hostdown.domain.migration import Migration, Status, moved
from hostdown.domain.model import HostRecord
from hostdown.domain.pools import PoolClass
from hostdown.services.cell_ports import CellRows
from hostdown.services.hearing_ports import Standing
from hostdown.services.migration_ports import MigrationQuery
from hostdown.services.migrations import evacuations_from, is_uncleared

COPIES_MAX = 1000
"""Instances of which a host is told at a time that it may have copies."""

COMPLETED_TOLD_FOR = timedelta(days=1)
"""How long a host is told of evacuations that are over, should it not have heard of them before."""


def news(rows: CellRows, record: HostRecord, known: Standing, settled: int) -> int | None:
    """Up to which version the host is settled, if that is news and somebody waits for it.

    The version that it was told may be above that of its assignments (`services.hearings`); between
    the two nothing changed. Of one that is above both it was not told. What leaves the host later
    has a later number, so of a host that nothing left there is nothing to keep.
    """
    if settled > max(known.version, known.hearing.asked):
        return None
    reached = min(settled, known.version)
    return reached if reached > known.settled and is_uncleared(rows, record.name) else None


def settle(rows: CellRows, record: HostRecord, settled: int, now: datetime) -> None:
    """Keep that the host has nothing else left than what version `settled` asks for."""
    # Who ends such a move waits for this transaction, or was waited for: one sees the other.
    rows.ledger.next()
    if rows.settled.keep(record.id, settled):
        complete(rows, record.name, settled, now)


def complete(rows: CellRows, host: str, settled: int, now: datetime) -> None:
    """End the evacuations of `host` that are done and of which it has nothing left.

    All of them: a server may have left it more than once (contract 10.3, edge 42).
    """
    for seen in rows.migrations.find(evacuations_from(host, [Status.DONE])):
        if 0 < seen.source_number <= settled:
            after = moved(seen, Status.COMPLETED)._replace(updated_at=now)
            rows.migrations.replace(seen, after)


def done(rows: CellRows, seen: Migration, now: datetime) -> None:
    """Complete an evacuation that is done now, if its source was earlier; it holds the ledger."""
    permits = rows.permits.of_instance(seen.instance)
    hosts = {each.host_id for each in permits if each.host == seen.source_host}
    if 0 < seen.source_number <= max(map(rows.settled.of, hosts), default=0):
        rows.migrations.replace(seen, moved(seen, Status.COMPLETED)._replace(updated_at=now))
    if hosts and not _is_shared(rows, seen.source_host):
        rows.ledger.changed(sorted(hosts), rows.ledger.now()[1])


def copies(rows: CellRows, host: str, now: datetime) -> tuple[str, ...]:
    """Instances of which `host` may set a copy of its own aside (NEVER-TWICE D1).

    They were evacuated from it, run elsewhere, and are not on their way again. Nothing is told to a
    host whose pool others have, too: there is one disk, and no copy.
    """
    if _is_shared(rows, host):
        return ()
    done = rows.migrations.find(evacuations_from(host, [Status.DONE], COPIES_MAX))
    over = evacuations_from(host, [Status.COMPLETED], COPIES_MAX)
    done += rows.migrations.find(over._replace(changed_since=now - COMPLETED_TOLD_FOR))
    found = {each.instance for each in done}
    on_their_way = MigrationQuery(equal=[("open_key", sorted(found))])
    moving = {each.instance for each in rows.migrations.find(on_their_way)} if found else set()
    return tuple(sorted(found - moving)[:COPIES_MAX])


def _is_shared(rows: CellRows, host: str) -> bool:
    """As its agent found it last; one that has just started does not know yet."""
    managed = rows.nodes.on_host(host)
    shared = (PoolClass.LOCKS, PoolClass.REPLAY, PoolClass.NOLOCK)
    return managed is None or managed.node.resources.pool_class in shared
