"""In which zone each host is, without reading a thousand rows for every list."""

from typing import NamedTuple

from hostdown.domain.zones import ZonePolicy, Zones
from hostdown.services.directory_ports import Directory


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
            revision, of_hosts = self._directory.read(lambda rows: rows.zones.of_hosts())
            remembered = _Remembered(revision, Zones(self.policy, of_hosts))
            self._remembered = remembered
        return remembered.zones
