"""The server's own entries in the list of compute services (DESIGN §8).

A server plays the roles of `nova-conductor` and `nova-scheduler`, and tools look for them. They are
made when a server starts; one that an administrator deletes stays deleted until the next start.
"""

from datetime import datetime

from hostdown.domain.model import CONDUCTOR, SCHEDULER, Caller, Change
from hostdown.services.cell_ports import Cell, CellRows, Heartbeat

ROLES = (CONDUCTOR, SCHEDULER)
_EPOCH = datetime(1970, 1, 1)


def ensure(cell: Cell, host: str, now: datetime) -> None:
    """Make what is missing, and report for all."""
    caller = Caller("", f"server {host}", None, (), "-")

    def work(rows: CellRows) -> None:
        for binary in ROLES:
            if rows.services.find(host, binary):
                continue
            made = rows.services.create(host, binary, now, None)
            if made is not None:
                rows.journal.record(Change(now, caller, "service.create", {}, {}), made)

    cell.write(work)
    report(cell, host, now)


def report(cell: Cell, host: str, now: datetime) -> None:
    """They are alive at `now`. Several processes may say so; the time is the sequence."""
    sequence = int((now - _EPOCH).total_seconds() * 1000)

    def work(rows: CellRows) -> None:
        found = [service for binary in ROLES for service in rows.services.find(host, binary)]
        rows.reports.heartbeats([Heartbeat(service.id, now, sequence) for service in found])

    cell.write(work)
