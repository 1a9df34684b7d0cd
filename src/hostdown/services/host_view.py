"""Hosts as an administrator sees them: the directory's record beside the cell's service."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.disarming import Disarming, disarmed
from hostdown.domain.errors import CellUnavailable, HostNotMapped
from hostdown.domain.failure_domains import failure_domain
from hostdown.domain.fault_events import FaultEvent
from hostdown.domain.model import COMPUTE, Change, HostRecord, Service
from hostdown.domain.zones import Zones
from hostdown.services.cell_ports import CellRows, Refusal
from hostdown.services.hearing_ports import Stranger
from hostdown.services.hosts import Deployment
from hostdown.services.watchdog_ports import Watchdog

CHANGES_SHOWN_MAX = 10
"""Of a host, the newest."""
EVENTS_SHOWN_MAX = 10
"""The newest, too."""


class HostSeen(NamedTuple):
    """A host; `service` is None while it has none, `silent` while its cell does not answer.

    `domain` is the failure domain of its service; `disarmed` is what keeps it from being recovered.
    """

    record: HostRecord
    service: Service | None
    silent: bool
    domain: str | None = None
    disarmed: Sequence[Disarming] = ()


class HostDetail(NamedTuple):
    """A host with what was refused from it, who changed what, newest first, what it has that no
    permit is known for, what others said of it, newest first, and what this boot told of its
    watchdog.
    """

    seen: HostSeen
    refused: list[Refusal]
    changes: list[Change]
    strangers: list[Stranger]
    events: list[FaultEvent]
    watchdog: Watchdog | None


def list_hosts(deployment: Deployment, now: datetime) -> list[HostSeen]:
    """Every host that is not deleted, by name."""
    services: dict[tuple[str, str], Service] = {}
    known: dict[str, list[Disarming]] = {}
    silent: set[str] = set()
    for cell in deployment.cells.all():
        try:
            found, known[cell.name] = cell.read(
                lambda rows: (rows.services.find(None, COMPUTE), rows.disarmings.all())
            )
        except CellUnavailable:
            silent.add(cell.name)
        else:
            services.update(((cell.name, service.host), service) for service in found)
    records = deployment.directory.read(lambda rows: rows.hosts.all())
    zones = deployment.zones.current()
    return [
        _seen(record, services.get((record.cell, record.name)), known[record.cell], zones, now)
        if record.cell in known
        else HostSeen(record, None, record.cell in silent)
        for record in records
    ]


def show_host(deployment: Deployment, name: str, now: datetime) -> HostDetail:
    """One host; raises HostNotMapped."""
    record = deployment.directory.read(lambda rows: rows.hosts.named(name))
    if record is None:
        raise HostNotMapped(host=name)
    zones = deployment.zones.current()

    def work(rows: CellRows) -> HostDetail:
        found = rows.services.find(name, COMPUTE)
        service = found[0] if found else None
        seen = _seen(record, service, rows.disarmings.all(), zones, now)
        refused = sorted(rows.reports.refused(name), key=lambda refusal: refusal.reason)
        changes = rows.journal.history(name, CHANGES_SHOWN_MAX)
        strangers = rows.strangers.of_host(record.id)
        events = rows.fault_events.of_host(record.id, EVENTS_SHOWN_MAX)
        watchdog = rows.watchdogs.get(record.id, record.boot)
        return HostDetail(seen, refused, changes, strangers, events, watchdog)

    try:
        return deployment.cells.named(record.cell).read(work)
    except CellUnavailable:
        return HostDetail(HostSeen(record, None, silent=True), [], [], [], [], None)


def _seen(
    record: HostRecord,
    service: Service | None,
    known: Sequence[Disarming],
    zones: Zones,
    now: datetime,
) -> HostSeen:
    domain = None if service is None else failure_domain(service.host, zones)
    by = disarmed(known, record.name, domain or "", now)
    return HostSeen(record, service, False, domain, by)
