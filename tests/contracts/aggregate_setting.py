"""What the tests of aggregates on every database begin with."""

from datetime import datetime, timedelta
from uuid import uuid4

from hostdown.domain.model import Aggregate, Caller, HostRecord
from hostdown.services import aggregates
from hostdown.services.directory_ports import Directory

NOW = datetime(2026, 3, 1, 12, 0, 0, 5)
LATER = NOW + timedelta(seconds=1)
CALLER = Caller("u1", "admin", "p1", ("admin",), "req-1", "req-2")


def host(name: str) -> HostRecord:
    return HostRecord(str(uuid4()), name, "cell1", b"s" * 32, "m", "b", 1, 1, "1", NOW, None)


def made(directory: Directory, name: str, zone: str | None = None, *members: str) -> Aggregate:
    """An aggregate with these hosts."""
    aggregate = aggregates.create(directory, CALLER, name, zone, NOW)
    for member in members:
        aggregate = aggregates.add_host(directory, CALLER, aggregate.id, member, NOW)
    return aggregate


def map_hosts(directory: Directory) -> list[str]:
    """Hosts that the directory knows."""
    names = ["compute1", "compute2", "compute3"]
    for name in names:
        directory.write(lambda rows, n=name: rows.hosts.add(host(n)))
    return names
