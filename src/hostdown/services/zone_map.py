"""Zones and failure domains of hosts, and what aggregates say of them, not read for each list."""

from typing import NamedTuple

from hostdown.domain.aggregate_specs import metadata_of_hosts
from hostdown.domain.failure_domains import domains_of_hosts
from hostdown.domain.zones import ZonePolicy, Zones
from hostdown.services.directory_ports import Directory, DirectoryRows


class _Remembered(NamedTuple):
    revision: int
    zones: Zones


class ZoneMap:
    """The zones of all hosts; safe between threads, and true whoever changes an aggregate.

    Each look reads one number, which grows with every change of an aggregate, on any server; only
    when it is another one than that of the remembered map, the map is read again.
    """

    def __init__(self, directory: Directory, policy: ZonePolicy) -> None:
        self._directory = directory
        self.policy = policy
        self._remembered: _Remembered | None = None

    def current(self) -> Zones:
        """The zones as they are in the database now; raises DirectoryUnavailable."""
        revision = self._directory.read(lambda rows: rows.zones.revision())
        # Read once: another thread may put another map there at any moment.
        remembered = self._remembered
        if remembered is None or remembered.revision != revision:
            remembered = self._directory.read(self._read)
            self._remembered = remembered
        return remembered.zones

    def _read(self, rows: DirectoryRows) -> _Remembered:
        # The metadata, read last, may be newer than the revision: then the next look reads anew.
        revision, of_hosts = rows.zones.of_hosts()
        metadata = metadata_of_hosts(rows.aggregates.all())
        domains = domains_of_hosts(metadata, rows.failure_domains.all())
        return _Remembered(revision, Zones(self.policy, of_hosts, metadata, domains))
