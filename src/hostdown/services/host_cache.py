"""What a worker remembers about hosts, so that taking in a report asks no database.

`refresh` reads what changed since the last look; called each second or oftener it bounds how long a
deletion, a re-enrolment or a force-down takes to reach this worker. A host or a session that the
cache does not know yet is read at once, at most `LOOKUPS_PER_S_MAX` times a second for ids that
nobody has proven.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from hostdown.domain.model import COMPUTE, HostRecord, Service
from hostdown.services.cell_ports import Cell
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Cells
from hostdown.services.together import try_all

LOOKUPS_PER_S_MAX = 500
"""Unproven host ids looked up in the directory; beyond it they are unknown without a look."""


class HostCache:
    """Host records by id and compute services by cell and host name; safe between threads.

    `on_change` is called with each record that is new or other than before, under a lock.
    """

    def __init__(
        self,
        directory: Directory,
        cells: Cells,
        on_change: Callable[[HostRecord], None] | None = None,
    ) -> None:
        self._directory = directory
        self._cells = cells
        self._on_change = on_change
        self._lock = threading.Lock()
        self._records: dict[str, HostRecord] = {}
        self._services: dict[tuple[str, str], Service] = {}
        self._directory_mark = 0
        self._cell_marks: dict[str, int] = {}
        self._lookups_until = datetime.min
        self._lookups_left = 0

    def get(self, host_id: str, now: datetime) -> HostRecord | None:
        """The host, deleted or not; None if there is none, or too many were asked for."""
        record = self._records.get(host_id)
        if record is None and self._may_look(now):
            record = self.reload(host_id)
        return record

    def reload(self, host_id: str) -> HostRecord | None:
        """The host as the directory has it now."""
        record = self._directory.read(lambda rows: rows.hosts.get(host_id))
        if record is not None:
            self.put(record)
        return self._records.get(host_id)

    def put(self, record: HostRecord, service: Service | None = None) -> None:
        """Remember what was just read or written, unless something newer is known already."""
        with self._lock:
            known = self._records.get(record.id)
            if known is None or _age(record) >= _age(known):
                self._records[record.id] = record
                if self._on_change is not None and record != known:
                    self._on_change(record)
            if service is not None:
                self._put_service(record.cell, service)

    def _put_service(self, cell: str, service: Service) -> None:
        known = self._services.get((cell, service.host))
        if known is None or service.id > known.id:
            self._services[cell, service.host] = service

    def service(self, record: HostRecord) -> Service | None:
        """The host's compute service; looked up if this worker has not heard of it."""
        service = self._services.get((record.cell, record.name))
        if service is None:
            cell = self._cells.named(record.cell)
            found = cell.read(lambda rows: rows.services.find(record.name, COMPUTE))
            if not found:
                return None
            self.put(record, found[0])
            service = found[0]
        return service

    def refresh(self) -> None:
        """Read what changed. A database that does not answer keeps what was known of it.

        Raises the first such failure after every database was asked.
        """
        services = (partial(self._refresh_services, cell) for cell in self._cells.all())
        try_all((self.refresh_records, *services))

    def refresh_records(self) -> None:
        """The same for host records alone."""
        mark = self._directory_mark
        changed, mark = self._directory.read(lambda rows: rows.hosts.changed_since(mark))
        for record in changed:
            self.put(record)
        self._directory_mark = mark

    def _refresh_services(self, cell: Cell) -> None:
        mark = self._cell_marks.get(cell.name, 0)
        changed, mark = cell.read(lambda rows: rows.services.changed_since(mark))
        with self._lock:
            for service, deleted in changed:
                key = (cell.name, service.host)
                known = self._services.get(key)
                if service.binary != COMPUTE or (known is not None and known.id > service.id):
                    continue
                if not deleted:
                    self._services[key] = service
                elif known is not None:
                    del self._services[key]
        self._cell_marks[cell.name] = mark

    def _may_look(self, now: datetime) -> bool:
        with self._lock:
            if now >= self._lookups_until:
                self._lookups_until = now + timedelta(seconds=1)
                self._lookups_left = LOOKUPS_PER_S_MAX
            self._lookups_left -= 1
            return self._lookups_left >= 0


def _age(record: HostRecord) -> tuple[bool, int, bool]:
    """Grows with every change of a record: deletion is final, sessions follow one another, and end
    where two machines have them.
    """
    return record.deleted_at is not None, record.session, record.forked_at is not None
