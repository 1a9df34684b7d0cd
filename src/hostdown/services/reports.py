"""Taking in reports: checked and kept in memory, written in batches.

A report costs no database call. What it says is kept, the newest per host, until the next `flush`
writes all of it in a few transactions; reports are exempt from durability (DESIGN §4.13), so a
killed worker loses a quarter of a second of them and nothing else.

A report is taken once. Within a worker the last (session, sequence) of each host is remembered;
between workers and servers the database decides: a heartbeat is written only over a lower
sequence, and resources only together with their heartbeat. A report names the sequence since which
its resources are what they are, so each worker knows, alone, whether it has to write them.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple

from hostdown.domain.errors import (
    HostDeleted,
    HostdownError,
    ReportReplayed,
    ServiceNotFound,
    SessionEnded,
    SessionUnknown,
)
from hostdown.domain.hypervisor_silence import as_hypervisor_says
from hostdown.domain.metric_table import REPORTS, WRITES_FAILED
from hostdown.domain.model import Caller, HostRecord, Resources, Service
from hostdown.services import compute_services
from hostdown.services.assignment_versions import KnownVersions
from hostdown.services.cell_ports import Cell, CellRows, Heartbeat
from hostdown.services.directory_ports import Directory
from hostdown.services.host_cache import HostCache
from hostdown.services.metric_ports import NOTHING_COUNTED, Counts
from hostdown.services.ports import Cells
from hostdown.services.refusals import Refusals, write_refusals
from hostdown.services.together import try_all

BATCH_HOSTS_MAX = 500
"""Hosts written in one transaction, so that an administrator's change need not wait long."""

SEQUENCE_BITS = 32
"""A stored sequence is session and sequence in one number that only grows."""


class Report(NamedTuple):
    """What an agent says each report interval. `sequence` counts from 1 within a session.

    `resources_since` is the sequence of the first report with these resources. `silence` is why the
    hypervisor does not answer: "" if it does, None if the agent does not know.
    """

    session: int
    sequence: int
    resources_since: int
    resources: Resources
    silence: str | None = None


class Flags(NamedTuple):
    """What an agent is told about its host."""

    forced_down: bool
    disabled: bool


class _Health(NamedTuple):
    """What a host says of its hypervisor, where its service does not look like it."""

    silence: str | None
    caller: Caller

    @property
    def clears(self) -> bool:
        """See `compute_services.Wish`."""
        return False

    def of(self, seen: Service) -> Service:
        """See `compute_services.Wish`."""
        return as_hypervisor_says(seen, self.silence)


class _Kept(NamedTuple):
    beat: Heartbeat
    resources: Resources | None
    health: _Health | None


class ReportIntake:
    """The reports of one worker; safe between threads.

    `flush` about each 0.25 s, `refresh` at least each second, both from one background thread;
    `flush` once more when the worker stops. Both raise what a database raises, after they did what
    could be done; what could not be written is kept for the next time.
    """

    def __init__(
        self, directory: Directory, cells: Cells, counts: Counts = NOTHING_COUNTED
    ) -> None:
        self.hosts = HostCache(directory, cells)
        self.versions = KnownVersions(cells)
        self.refusals = Refusals(counts)
        self._counts = counts
        self._directory = directory
        self._cells = cells
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self.behind = False
        """The last flush failed: hosts look silent that are not."""
        self._taken: dict[str, tuple[int, int]] = {}
        """By host id: the stored sequence taken last, and that since which resources are known."""
        self._kept: dict[str, dict[str, _Kept]] = {}
        """By cell name and host id."""

    def take(
        self, record: HostRecord, report: Report, now: datetime, request_id: str = ""
    ) -> Flags:
        """Keep an authentic report.

        Raises HostDeleted, SessionEnded, SessionUnknown (the agent begins a new session),
        ReportReplayed for a sequence that was taken before.
        """
        record = self.in_session(record, report.session)
        service = self.hosts.service(record)
        if service is None:
            raise SessionUnknown(name=record.name, newest=record.session)
        health = None
        if as_hypervisor_says(service, report.silence) != service:
            caller = Caller("", f"agent of {record.name}", None, (), request_id)
            health = _Health(report.silence, caller)
        self._keep(record, service, report, health, now)
        return Flags(service.forced_down, service.disabled)

    def in_session(self, record: HostRecord, session: int) -> HostRecord:
        """The host, if this is its newest session.

        Raises HostDeleted, SessionEnded, SessionUnknown (the agent begins a new session).
        """
        if session > record.session and record.deleted_at is None:
            record = self.hosts.reload(record.id) or record
        if record.deleted_at is not None:
            raise HostDeleted(name=record.name)
        if session < record.session:
            raise SessionEnded(session=session, name=record.name, newest=record.session)
        if session > record.session:
            raise SessionUnknown(name=record.name, newest=record.session)
        return record

    def _keep(
        self,
        record: HostRecord,
        service: Service,
        report: Report,
        health: _Health | None,
        now: datetime,
    ) -> None:
        session = report.session << SEQUENCE_BITS
        sequence, since = session | report.sequence, session | report.resources_since
        with self._lock:
            taken, known = self._taken.get(record.id, (0, 0))
            if sequence <= taken:
                raise ReportReplayed(session=report.session, sequence=report.sequence)
            self._taken[record.id] = (sequence, since)
            kept = self._kept.setdefault(record.cell, {})
            resources = None if since == known else report.resources
            if resources is None and record.id in kept:
                resources = kept[record.id].resources
            kept[record.id] = _Kept(Heartbeat(service.id, now, sequence), resources, health)
        self._counts.add(REPORTS)

    def refresh(self) -> None:
        """Learn what changed in the databases."""
        try_all((self.hosts.refresh, self.versions.refresh))

    def flush(self, now: datetime) -> None:
        """Write what was kept."""
        with self._flushing:
            try:
                try_all(
                    (
                        partial(self._write_kept, now),
                        partial(write_refusals, self.refusals, self._cells),
                    )
                )
            except HostdownError:
                self.behind = True
                self._counts.add(WRITES_FAILED)
                raise
            self.behind = False

    def _write_kept(self, now: datetime) -> None:
        with self._lock:
            everything, self._kept = self._kept, {}
        try_all(
            partial(self._write_cell, self._cells.named(name), list(hosts.items()), now)
            for name, hosts in everything.items()
        )

    def _write_cell(self, cell: Cell, kept: list[tuple[str, _Kept]], now: datetime) -> None:
        while kept:
            batch = [one for _, one in kept[:BATCH_HOSTS_MAX]]
            try:
                cell.write(partial(_write, kept=batch, now=now))
            except HostdownError:
                self._keep_again(cell.name, kept)
                raise
            kept = kept[BATCH_HOSTS_MAX:]

    def _keep_again(self, cell: str, batch: Sequence[tuple[str, _Kept]]) -> None:
        """Back into memory, under whatever came meanwhile; never more than one per host."""
        with self._lock:
            kept = self._kept.setdefault(cell, {})
            for host_id, old in batch:
                newer = kept.get(host_id, old)
                kept[host_id] = newer._replace(resources=newer.resources or old.resources)


def _write(rows: CellRows, kept: Sequence[_Kept], now: datetime) -> None:
    """Only a heartbeat that was written may bring along what came with it: those go one by one."""
    rows.reports.heartbeats([k.beat for k in kept if k.resources is None and k.health is None])
    for beat, resources, health in kept:
        if (resources is None and health is None) or not rows.reports.heartbeats([beat]):
            continue
        if resources is not None:
            rows.reports.resources(beat.service_id, resources, now)
        if health is not None:
            _change(rows, beat.service_id, health, now)


def _change(rows: CellRows, service_id: int, health: _Health, now: datetime) -> None:
    """Decided anew by the row that is there: an operator may have been faster."""

    def find(rows: CellRows) -> Service:
        found = rows.services.get(service_id)
        if found is None:
            raise ServiceNotFound(service_id=service_id)
        return found

    with suppress(ServiceNotFound):  # deleted meanwhile
        compute_services.changed(rows, health.caller, find, health, now)
