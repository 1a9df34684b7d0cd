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
from datetime import datetime
from functools import partial
from typing import NamedTuple

from hostdown.domain.errors import (
    HostDeleted,
    HostdownError,
    ReportReplayed,
    SessionEnded,
    SessionUnknown,
)
from hostdown.domain.model import HostRecord, Resources, Service
from hostdown.services.cell_ports import Cell, CellRows, Heartbeat
from hostdown.services.directory_ports import Directory
from hostdown.services.host_cache import HostCache
from hostdown.services.ports import Cells
from hostdown.services.refusals import Counted, Refusals
from hostdown.services.together import try_all

BATCH_HOSTS_MAX = 500
"""Hosts written in one transaction, so that an administrator's change need not wait long."""

SEQUENCE_BITS = 32
"""A stored sequence is session and sequence in one number that only grows."""


class Report(NamedTuple):
    """What an agent says each report interval. `sequence` counts from 1 within a session.

    `resources_since` is the sequence of the first report with these resources.
    """

    session: int
    sequence: int
    resources_since: int
    resources: Resources


class Flags(NamedTuple):
    """What an agent is told about its host."""

    forced_down: bool
    disabled: bool


class _Kept(NamedTuple):
    beat: Heartbeat
    resources: Resources | None


class ReportIntake:
    """The reports of one worker; safe between threads.

    `flush` about each 0.25 s, `refresh` at least each second, both from one background thread;
    `flush` once more when the worker stops. Both raise what a database raises, after they did what
    could be done; what could not be written is kept for the next time.
    """

    def __init__(self, directory: Directory, cells: Cells) -> None:
        self.hosts = HostCache(directory, cells)
        self.refusals = Refusals()
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

    def take(self, record: HostRecord, report: Report, now: datetime) -> Flags:
        """Keep an authentic report.

        Raises HostDeleted, SessionEnded, SessionUnknown (the agent begins a new session),
        ReportReplayed for a sequence that was taken before.
        """
        record = self.in_session(record, report.session)
        service = self.hosts.service(record)
        if service is None:
            raise SessionUnknown(name=record.name, newest=record.session)
        self._keep(record, service, report, now)
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

    def _keep(self, record: HostRecord, service: Service, report: Report, now: datetime) -> None:
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
            kept[record.id] = _Kept(Heartbeat(service.id, now, sequence), resources)

    def refresh(self) -> None:
        """Learn what changed in the databases."""
        self.hosts.refresh()

    def flush(self, now: datetime) -> None:
        """Write what was kept."""
        with self._flushing:
            try:
                try_all(
                    (
                        partial(self._write_kept, now),
                        self._write_refusals,
                    )
                )
            except HostdownError:
                self.behind = True
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

    def _write_refusals(self) -> None:
        """Each count goes to its host's cell; what nobody is proven to have sent to the first."""
        counted = self.refusals.drain()
        cells = self._cells.all()
        home = cells[0].name
        try_all(
            partial(self._write_counts, cell, [c for c in counted if (c.cell or home) == cell.name])
            for cell in cells
        )

    def _write_counts(self, cell: Cell, counted: list[Counted]) -> None:
        if not counted:
            return
        try:
            cell.write(lambda rows: rows.reports.refusals([c.refusal for c in counted]))
        except HostdownError:
            self.refusals.restore(counted)
            raise


def _write(rows: CellRows, kept: Sequence[_Kept], now: datetime) -> None:
    """Resources go one by one: only a heartbeat that was written may bring its resources along."""
    rows.reports.heartbeats([k.beat for k in kept if k.resources is None])
    for beat, resources in kept:
        if resources is not None and rows.reports.heartbeats([beat]):
            rows.reports.resources(beat.service_id, resources, now)
