"""List, disable, enable, force down and delete compute services (contract §2).

A change is made by compare-and-set on the row that was read: whoever lost the race reads again and
decides anew. A request that changes nothing writes nothing and tells nobody (contract 10.1, edge
15).
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.errors import (
    BinaryNotOnHost,
    CellUnavailable,
    HostNotMapped,
    OnlyComputeCanBeUpdated,
    ServiceHasLeftovers,
    ServiceHasMigrations,
    ServiceHostsServers,
    ServiceNotFound,
    ServiceToDeleteNotFound,
)
from hostdown.domain.evacuation_errors import HostNotCleared
from hostdown.domain.host_fault import in_maintenance
from hostdown.domain.model import COMPUTE, Caller, Change, HostRecord, Service
from hostdown.services import (
    aggregates,
    hosting,
    leftovers,
    marked_servers,
    migrations,
    power_offs,
)
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.ports import Cells

HIDDEN_BINARIES = frozenset({"nova-osapi_compute", "nova-metadata"})
"""API binaries are never listed (contract 2.2)."""


GOING = "being deleted"
"""Why a service is disabled on its way out; seen only if that was interrupted."""


class Listing(NamedTuple):
    """Services of the cells that answered, and the hosts of those that did not."""

    services: list[Service]
    unknown_hosts: list[str]


class Wanted(NamedTuple):
    """What to change of a service. `disabled=None` leaves status and reason as they are."""

    disabled: bool | None = None
    disabled_reason: str | None = None
    forced_down: bool | None = None

    @property
    def clears(self) -> bool:
        """See `Wish`."""
        return self.forced_down is False

    def of(self, seen: Service) -> Service:
        """The service as wanted; equal to `seen` if there is nothing to do."""
        after = seen
        if self.disabled is not None:
            reason = self.disabled_reason if self.disabled else None
            after = after._replace(disabled=self.disabled, disabled_reason=reason)
        if self.forced_down is not None:
            after = after._replace(forced_down=self.forced_down)
        return after


def list_services(
    cells: Cells, directory: Directory, host: str | None = None, binary: str | None = None
) -> Listing:
    """Services by cell, then id. A cell that does not answer gives its hosts' names instead."""
    found: list[Service] = []
    silent: set[str] = set()
    for cell in cells.all():
        try:
            rows = cell.read(lambda rows: rows.services.find(host, binary))
        except CellUnavailable:
            silent.add(cell.name)
        else:
            found += [row for row in rows if row.binary not in HIDDEN_BINARIES]
    if not silent or binary not in (None, COMPUTE):
        return Listing(found, [])
    hosts = directory.read(lambda rows: rows.hosts.all())
    names = [h.name for h in hosts if h.cell in silent and host in (None, h.name)]
    return Listing(found, names)


def update_on_host(
    cells: Cells,
    directory: Directory,
    caller: Caller,
    host: str,
    binary: str,
    wanted: Wanted,
    now: datetime,
) -> Service:
    """Change the service that (host, binary) names.

    Raises OnlyComputeCanBeUpdated, HostNotMapped, BinaryNotOnHost, in this order (contract 2.5),
    and then HostNotCleared, because only the host says which cell is asked (10.1, edge 4).
    """
    if binary != COMPUTE:
        raise OnlyComputeCanBeUpdated(binary=binary)
    record = directory.read(lambda rows: rows.hosts.named(host))
    if record is None:
        raise HostNotMapped(host=host)

    def find(rows: CellRows) -> Service:
        found = rows.services.find(host, binary)
        if not found:
            raise BinaryNotOnHost(binary=binary, host=host)
        return found[0]

    return _change(cells.named(record.cell), caller, find, wanted, now)


def find_service(cells: Cells, uuid: str) -> tuple[Cell, Service]:
    """The service with this uuid and its cell; ServiceNotFound, OnlyComputeCanBeUpdated."""
    for cell in cells.all():
        service = cell.read(lambda rows: rows.services.get(uuid))
        if service is not None:
            if service.binary != COMPUTE:
                raise OnlyComputeCanBeUpdated(binary=service.binary)
            return cell, service
    raise ServiceNotFound(service_id=uuid)


def update(cell: Cell, caller: Caller, uuid: str, wanted: Wanted, now: datetime) -> Service:
    """Change one service of a cell, found before by `find_service`; raises HostNotCleared."""

    def find(rows: CellRows) -> Service:
        found = rows.services.get(uuid)
        if found is None:
            raise ServiceNotFound(service_id=uuid)
        return found

    return _change(cell, caller, find, wanted, now)


def _change(
    cell: Cell, caller: Caller, find: Callable[[CellRows], Service], wanted: Wanted, now: datetime
) -> Service:
    return cell.write(lambda rows: changed(rows, caller, find, wanted, now))


class Wish(Protocol):
    """What is to become of a service. `clears`: it shall not be forced down."""

    @property
    def clears(self) -> bool: ...

    def of(self, seen: Service) -> Service:
        """The service as wanted; equal to `seen` if there is nothing to do."""
        ...


def changed(
    rows: CellRows,
    caller: Caller,
    find: Callable[[CellRows], Service],
    wanted: Wish,
    now: datetime,
) -> Service:
    """The service that `find` finds, as wanted, in somebody's transaction.

    If it shall not be forced down any more: HostNotCleared while it may have servers that were
    moved from it, HostNotSettled while a power-off may arrive there.
    """
    while True:
        seen = find(rows)
        if wanted.clears:
            _check_cleared(rows, seen.host)
            power_offs.check_settled(rows, seen, now)
        after = wanted.of(seen)
        if after == seen:
            return seen
        after = after._replace(updated_at=now)
        if rows.services.replace(seen, after):
            rows.journal.record(_service_update(caller, seen, after, now), after)
            if after.forced_down != seen.forced_down:
                _tell_agent(rows, after, caller, now)
            return after


def _check_cleared(rows: CellRows, host: str) -> None:
    """Contract 2.5, check 5, for every evacuation that is not over (10.1, edge 3)."""
    if migrations.is_uncleared(rows, host):
        raise HostNotCleared(host=host)


def _tell_agent(rows: CellRows, service: Service, caller: Caller, now: datetime) -> None:
    """A host that is forced down starts nothing from now on, or does again."""
    number = rows.ledger.next()
    if not service.forced_down:
        marked_servers.take_back(rows, service.host, caller, now)
    rows.ledger.changed_on(service.host, number)


def _service_update(caller: Caller, seen: Service, after: Service, now: datetime) -> Change:
    watched = ("disabled", "disabled_reason", "forced_down")
    names = [name for name in watched if getattr(seen, name) != getattr(after, name)]
    was = {name: getattr(seen, name) for name in names}
    becomes = {name: getattr(after, name) for name in names}
    if in_maintenance(seen) != in_maintenance(after):
        was["recovery"], becomes["recovery"] = map(_recovery, (seen, after))
    return Change(at=now, caller=caller, event_type="service.update", before=was, after=becomes)


def _recovery(service: Service) -> str:
    return "suspended" if in_maintenance(service) else "active"


def delete(
    cells: Cells, directory: Directory, caller: Caller, service_id: int | str, now: datetime
) -> None:
    """Delete a service; its host's agent is told with its next report and re-creates nothing.

    Raises ServiceToDeleteNotFound, ServiceHostsServers while its host has servers,
    ServiceHasMigrations while any are on their way from there, or to it, and ServiceHasLeftovers
    while one that is not forced down has to clear up after deleted servers.

    Nothing is placed on a host from when it was seen to have no servers. Its mapping goes before
    its service, and the host's places in aggregates with it: a crash between two steps leaves a
    service that can be deleted again.
    """
    for cell in cells.all():
        service = cell.read(lambda rows: rows.services.get(service_id))
        if service is not None:
            break
    else:
        raise ServiceToDeleteNotFound(service_id=service_id)
    if service.binary == COMPUTE:
        host = service.host
        record = directory.read(lambda rows: rows.hosts.named(host))

        def close(rows: CellRows) -> None:
            seen = _close(rows, service_id, host)
            if seen is not None and record is not None:
                _clear(rows, seen, record, caller, now)

        cell.write(close)
        _unmap(directory, caller, host, now)

    def work(rows: CellRows) -> None:
        if not rows.services.delete(service, now):
            raise ServiceToDeleteNotFound(service_id=service_id)
        gone: dict[str, object] = {"deleted": True}
        rows.journal.record(
            Change(now, caller, "service.delete", {"deleted": False}, gone), service
        )

    cell.write(work)


def _close(rows: CellRows, service_id: int | str, host: str) -> Service | None:
    """From now on placement passes the host by; the service, if it is there still.

    Raises ServiceHostsServers, ServiceHasMigrations.
    """
    rows.ledger.next()  # whoever places meanwhile waits, and what was placed is seen
    if hosting.is_hosting(rows, host):
        raise ServiceHostsServers
    if migrations.concern(rows, host):
        raise ServiceHasMigrations
    while seen := rows.services.get(service_id):
        closed = seen._replace(disabled=True, disabled_reason=GOING)
        if closed == seen or rows.services.replace(seen, closed):
            return closed
    return None


def _clear(
    rows: CellRows, service: Service, record: HostRecord, caller: Caller, now: datetime
) -> None:
    """What deleted servers left on the host is other hosts' work; raises ServiceHasLeftovers."""
    left = leftovers.left_to(rows, record.id)
    if left and not service.forced_down:
        raise ServiceHasLeftovers(host=service.host, count=len(left))
    leftovers.take_over(rows, left, caller, now)


def _unmap(directory: Directory, caller: Caller, host: str, now: datetime) -> None:
    def work(rows: DirectoryRows) -> None:
        aggregates.remove_from_all(rows, caller, host, now)
        hosts = rows.hosts
        while (seen := hosts.named(host)) and not hosts.replace(
            seen, seen._replace(deleted_at=now)
        ):
            pass

    directory.write(work)
