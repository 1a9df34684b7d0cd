"""What migrations need from a cell's database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.migration import Migration, Step


class MigrationQuery(NamedTuple):
    """Which migrations; those of deleted servers never. Everything given must hold.

    `equal` are columns and the values of which one is wanted; `host` is the source or the
    destination. `after` is the migration that the page begins behind. Newest first by (created_at,
    id), with `oldest_first` in the order of their making.
    """

    equal: Sequence[tuple[str, Sequence[object]]] = ()
    host: str | None = None
    changed_since: datetime | None = None
    changed_before: datetime | None = None
    after: Migration | None = None
    limit: int | None = None
    oldest_first: bool = False


class Promised(NamedTuple):
    """What migrations add to what the instances of a host add up to (`instance_ports.Used`)."""

    host: str
    instances: int
    vcpus: int
    memory_mb: int
    disk_gb: int


class MigrationRows(Protocol):
    """The migrations of one cell."""

    def find(self, query: MigrationQuery) -> list[Migration]:
        """Those asked for."""
        ...

    def get(self, uuid: str) -> Migration | None:
        """One, by uuid; not one of a deleted server."""
        ...

    def open(self, instance: str) -> Migration | None:
        """The one in progress of a server; there is at most one."""
        ...

    def due(self, step: Step, now: datetime, limit: int) -> list[Migration]:
        """Those of which this step is due, the most urgent first."""
        ...

    def under_way(self) -> Mapping[str, int]:
        """How many evacuations each host has been given and not ended."""
        ...

    def add(self, made: Migration) -> Migration | None:
        """A new one, with its id; None if the server has one in progress."""
        ...

    def replace(self, seen: Migration, after: Migration) -> Migration | None:
        """Write `after` over `seen`, with the next revision; None if the row is not as seen."""
        ...

    def promised(self) -> list[Promised]:
        """What hosts hold for servers that are on their way to them, or that may come back."""
        ...
