"""Switching recovery off for a while, and on again; seen by whoever commits a fence attempt.

Both raise the ledger's number first, as an attempt does: so each attempt was committed before, and
goes on, or sees it (NEVER-TWICE F2).
"""

from collections.abc import Mapping
from datetime import datetime

from hostdown.domain.disarming import Disarming, Scope, Where, disarmed, in_force
from hostdown.domain.errors import HostNotMapped
from hostdown.domain.failure_domains import failure_domain
from hostdown.domain.model import COMPUTE, Caller, Change
from hostdown.domain.recovery_errors import DomainUnknown
from hostdown.domain.zones import Zones
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Cells
from hostdown.services.recovery_ports import Recovery


def disarm(
    cells: Cells, directory: Directory, zones: Zones, wanted: Disarming, caller: Caller
) -> None:
    """From now on nothing is done about hosts there that fail; in place of what was said before.

    Raises HostNotMapped, DomainUnknown, CellUnavailable; said again, it does no harm.
    """

    def work(rows: CellRows) -> None:
        rows.ledger.next()
        for each in rows.disarmings.all():
            if each.ends_before(wanted.at):
                rows.disarmings.take(each.where)
        rows.disarmings.put(wanted)
        after = {"reason": wanted.reason, "until": wanted.until and str(wanted.until)}
        _note(rows, wanted.where, "recovery.disarm", after, caller, wanted.at)

    for cell in _concerned(cells, directory, zones, wanted.where):
        cell.write(work)


def arm(
    cells: Cells, directory: Directory, zones: Zones, where: Where, caller: Caller, now: datetime
) -> bool:
    """Whether it was disarmed; what else disarms its hosts stays.

    What was disarmed may be gone since. Of what was not, raises HostNotMapped, DomainUnknown: a
    name that is mistyped leaves the place disarmed that was meant. Raises CellUnavailable.
    """

    def work(rows: CellRows) -> bool:
        rows.ledger.next()
        before = [each for each in in_force(rows.disarmings.all(), now) if each.where == where]
        if rows.disarmings.take(where) and before:
            _note(rows, where, "recovery.arm", {}, caller, now)
        return bool(before)

    was = any([cell.write(work) for cell in cells.all()])
    if not was:
        _concerned(cells, directory, zones, where)
    return was


def list_disarmed(cells: Cells, now: datetime) -> list[Disarming]:
    """The narrowest first; what is for several cells once. Raises CellUnavailable."""
    found: dict[Where, Disarming] = {}
    for cell in cells.all():
        known = cell.read(lambda rows: rows.disarmings.all())
        found |= {each.where: each for each in in_force(known, now)}
    return in_force(found.values(), now)


def why_not(rows: CellRows, seen: Recovery, now: datetime) -> str | None:
    """Why nothing is done about its host; None if that is armed."""
    found = disarmed(rows.disarmings.all(), seen.host, seen.domain, now)
    return f"{found[0]}" if found else None


def _concerned(cells: Cells, directory: Directory, zones: Zones, where: Where) -> list[Cell]:
    if where.scope is Scope.HOST:
        record = directory.read(lambda rows: rows.hosts.named(where.name))
        if record is None:
            raise HostNotMapped(host=where.name)
        return [cells.named(record.cell)]
    found = list(cells.all())
    if where.scope is Scope.DOMAIN and not any(_has(each, zones, where.name) for each in found):
        raise DomainUnknown(domain=where.name)
    return found


def _has(cell: Cell, zones: Zones, domain: str) -> bool:
    services = cell.read(lambda rows: rows.services.find(None, COMPUTE))
    return any(failure_domain(each.host, zones) == domain for each in services)


def _note(
    rows: CellRows,
    where: Where,
    event: str,
    after: Mapping[str, object],
    caller: Caller,
    now: datetime,
) -> None:
    host = where.name if where.scope is Scope.HOST else ""
    facts = {"recovery": "disarmed" if after else "armed", "of": str(where), **after}
    rows.journal.note(Change(now, caller, event, {}, facts), host)
