"""Hosts as an administrator sees them: the directory's record beside the cell's service."""

from typing import NamedTuple

from hostdown.domain.errors import CellUnavailable, HostNotMapped
from hostdown.domain.model import COMPUTE, Change, HostRecord, Service
from hostdown.services.cell_ports import CellRows, Refusal
from hostdown.services.directory_ports import Directory
from hostdown.services.hearing_ports import Stranger
from hostdown.services.ports import Cells
from hostdown.services.watchdog_ports import Watchdog

CHANGES_SHOWN_MAX = 10
"""Of a host, the newest."""


class HostSeen(NamedTuple):
    """A host; `service` is None while it has none, `silent` while its cell does not answer."""

    record: HostRecord
    service: Service | None
    silent: bool


class HostDetail(NamedTuple):
    """A host with what was refused from it, who changed what, newest first, what it has that no
    permit is known for, and what this boot told of its watchdog.
    """

    seen: HostSeen
    refused: list[Refusal]
    changes: list[Change]
    strangers: list[Stranger]
    watchdog: Watchdog | None


def list_hosts(cells: Cells, directory: Directory) -> list[HostSeen]:
    """Every host that is not deleted, by name."""
    services: dict[tuple[str, str], Service] = {}
    silent: set[str] = set()
    for cell in cells.all():
        try:
            found = cell.read(lambda rows: rows.services.find(None, COMPUTE))
        except CellUnavailable:
            silent.add(cell.name)
        else:
            services.update(((cell.name, service.host), service) for service in found)
    records = directory.read(lambda rows: rows.hosts.all())
    return [HostSeen(r, services.get((r.cell, r.name)), r.cell in silent) for r in records]


def show_host(cells: Cells, directory: Directory, name: str) -> HostDetail:
    """One host; raises HostNotMapped."""
    record = directory.read(lambda rows: rows.hosts.named(name))
    if record is None:
        raise HostNotMapped(host=name)

    def work(rows: CellRows) -> HostDetail:
        found = rows.services.find(name, COMPUTE)
        seen = HostSeen(record, found[0] if found else None, silent=False)
        refused = sorted(rows.reports.refused(name), key=lambda refusal: refusal.reason)
        changes = rows.journal.history(name, CHANGES_SHOWN_MAX)
        strangers = rows.strangers.of_host(record.id)
        watchdog = rows.watchdogs.get(record.id, record.boot)
        return HostDetail(seen, refused, changes, strangers, watchdog)

    try:
        return cells.named(record.cell).read(work)
    except CellUnavailable:
        return HostDetail(HostSeen(record, None, silent=True), [], [], [], None)
