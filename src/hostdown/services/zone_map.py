"""In which zone each host is, without reading a thousand rows for every list."""

from hostdown.domain.zones import ZonePolicy, Zones
from hostdown.services.directory_ports import Directory


class ZoneMap:
    """The zones of all hosts; safe between threads."""

    def __init__(self, directory: Directory, policy: ZonePolicy) -> None:
        self._directory = directory
        self._zones = Zones(policy, {})

    def current(self) -> Zones:
        """The zones as they are in the database now; raises DirectoryUnavailable."""
        return self._zones
