"""Hosts kept for recoveries: made so, made so no more, and taken into use (`domain.reserves`)."""

from datetime import datetime
from typing import NamedTuple

from hostdown.domain.errors import HostNotMapped
from hostdown.domain.migration import Migration
from hostdown.domain.model import COMPUTE, Caller, Service
from hostdown.domain.reserve_errors import HostIsDisabled, HostNotEmpty
from hostdown.domain.reserves import TAKEN, is_reserved, reserved, reserved_no_more
from hostdown.services import compute_services, hosting, migrations
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Cells
from hostdown.services.recovery_ports import Entry


class _Reserve(NamedTuple):
    """`compute_services.Wish`."""

    clears: bool = False

    def of(self, seen: Service) -> Service:
        if seen.disabled and not is_reserved(seen):
            raise HostIsDisabled(host=seen.host, reason=seen.disabled_reason or "no reason given")
        return reserved(seen)


class _Use(NamedTuple):
    """`compute_services.Wish`."""

    clears: bool = False

    def of(self, seen: Service) -> Service:
        return reserved_no_more(seen)


def reserve(
    cells: Cells, directory: Directory, caller: Caller, host: str, on: bool, now: datetime
) -> Service:
    """Keep an empty host for recoveries, or keep it no more.

    Raises HostNotMapped, HostNotEmpty, HostIsDisabled, CellUnavailable.
    """
    record = directory.read(lambda rows: rows.hosts.named(host))
    if record is None:
        raise HostNotMapped(host=host)

    def work(rows: CellRows) -> Service:
        rows.ledger.next()  # whoever places meanwhile waits, and what was placed is seen
        if on and (hosting.is_hosting(rows, host) or migrations.concern(rows, host)):
            raise HostNotEmpty(host=host)
        return _changed(rows, caller, host, _Reserve() if on else _Use(), now)

    return cells.named(record.cell).write(work)


def take(rows: CellRows, host: str, of: Migration, caller: Caller, now: datetime) -> None:
    """A server goes there, in the transaction that places it: the recovery tells of it."""
    _changed(rows, caller, host, _Use(), now)
    for each in rows.recoveries.open():
        if each.host == of.source_host:
            facts = {"host": host, "server": of.instance}
            rows.timelines.add(each.id, Entry(now, TAKEN.format(host=host), facts))


def _changed(
    rows: CellRows, caller: Caller, host: str, wish: compute_services.Wish, now: datetime
) -> Service:
    def find(rows: CellRows) -> Service:
        found = rows.services.find(host, COMPUTE)
        if not found:
            raise HostNotMapped(host=host)
        return found[0]

    return compute_services.changed(rows, caller, find, wish, now)
