"""What forgetting needs from a cell's database."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class Kind(StrEnum):
    """What goes by its age alone, once it is over."""

    CHANGES = "changes in the journal"
    ACTIONS = "actions of servers"
    MIGRATIONS = "migrations"
    RECOVERIES = "recoveries"
    SERVICES = "deleted services"


class Gone(NamedTuple):
    """A deleted server; by its last two they are in order."""

    uuid: str
    deleted_at: datetime
    id: int


class OldRows(Protocol):
    """What a cell may forget of what was over before some moment."""

    def found(self, kind: Kind, before: datetime, limit: int) -> list[int]:
        """The numbers of the oldest of a kind that may go.

        Kept are an action that is not finished, or is its server's newest; a migration that is not
        over, or whose source is not cleared up; a recovery that is not over, or has a mark in force
        by which its host is granted nothing (NEVER-TWICE F6).
        """
        ...

    def drop(self, kind: Kind, before: datetime, numbers: Sequence[int]) -> int:
        """Those of them that still may go, with all that belongs to them; how many there were."""
        ...

    def servers(self, before: datetime, after: Gone | None, limit: int) -> list[Gone]:
        """Deleted ones, the oldest first, from behind `after` on."""
        ...

    def bound(self, uuids: Sequence[str]) -> set[str]:
        """Those of which something is to be cleared up, was found on a host, or is on its way."""
        ...

    def drop_servers(self, uuids: Sequence[str]) -> int:
        """With their permits, migrations and actions; how many there were."""
        ...
