"""Operators put hosts into failure domains, which the storm gate counts by (DESIGN §9)."""

from datetime import datetime

from hostdown.domain.errors import HostNotMapped
from hostdown.domain.failure_domains import check_domain
from hostdown.domain.model import Caller, Change
from hostdown.services.directory_ports import Directory, DirectoryRows


def label(directory: Directory, caller: Caller, host: str, to: str | None, now: datetime) -> None:
    """Make `to` the failure domain of a host; None leaves that to its aggregates and its zone.

    Raises HostNotMapped, FailureDomainInvalid.
    """
    if to is not None:
        check_domain(to)

    def work(rows: DirectoryRows) -> None:
        if rows.hosts.named(host) is None:
            raise HostNotMapped(host=host)
        put(rows, caller, host, to, now)

    directory.write(work)


def put(rows: DirectoryRows, caller: Caller, host: str, to: str | None, now: datetime) -> None:
    """In somebody's transaction; what changes nothing is not written down."""
    rows.aggregates.lock()
    seen = rows.failure_domains.all().get(host)
    if seen == to:
        return
    rows.failure_domains.put(host, to)
    was, becomes = {"failure_domain": seen}, {"failure_domain": to}
    rows.journal.record(Change(now, caller, "host.update", was, becomes), host, ())
