"""What quotas need to know of servers."""

from typing import NamedTuple, Protocol


class Usage(NamedTuple):
    """What the servers of one project take."""

    instances: int = 0
    cores: int = 0
    ram_mb: int = 0


class Usages(Protocol):
    """Who counts servers."""

    def of_project(self, project_id: str) -> Usage:
        """All of its servers that are not deleted, whatever their state."""
        ...


class NoServers:
    """Implements `Usages` for a deployment without servers."""

    def of_project(self, project_id: str) -> Usage:
        return Usage()


NO_SERVERS = NoServers()
