"""`services.observer_ports.Versions` in memory: what tests of observers use."""

import threading
from collections.abc import Sequence

from hostdown.services.observer_ports import HostVersion


class MemoryVersions:
    """A list of changes; a mark is how many there were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: list[HostVersion] = []

    def change(self, host_id: str) -> int:
        """Give this host other work; returns the new version."""
        with self._lock:
            version = 1 + max((c.version for c in self._changes if c.host_id == host_id), default=0)
            self._changes.append(HostVersion(host_id, version))
            return version

    def versions_since(self, mark: int) -> tuple[Sequence[HostVersion], int]:
        """What the port says."""
        with self._lock:
            return tuple(self._changes[mark:]), len(self._changes)
