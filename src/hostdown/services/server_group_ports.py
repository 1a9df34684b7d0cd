"""What server groups need from the directory's database; `ports` says how it is reached."""

from collections.abc import Collection, Sequence
from typing import Protocol

from hostdown.domain.server_groups import ServerGroup


class ServerGroupRows(Protocol):
    """The groups, each with its members."""

    def lock(self) -> None:
        """Until the transaction ends nobody else changes a group or who is in it.

        Whoever wants to takes the lock first, then reads, so that what it decides by stays true.
        """
        ...

    def all(self, project_id: str | None) -> list[ServerGroup]:
        """Those of a project, or of all for None; by number."""
        ...

    def get(self, uuid: str) -> ServerGroup | None:
        """By the id that people see."""
        ...

    def count(self, project_id: str) -> int:
        """How many a project has."""
        ...

    def add(self, made: ServerGroup) -> ServerGroup:
        """A new one, without members; the answer has its number."""
        ...

    def remove(self, group: ServerGroup) -> None:
        """With its list of members; the servers themselves are not touched."""
        ...


class ServerGroupMemberRows(Protocol):
    """Which server is in which group: in one at most."""

    def group_of(self, instance_uuid: str) -> str | None:
        """The group's uuid."""
        ...

    def groups_of(self, instance_uuids: Collection[str]) -> Sequence[str]:
        """The uuids of all groups that any of these is in."""
        ...

    def add(self, group: ServerGroup, instance_uuid: str) -> None: ...
    def remove(self, instance_uuid: str) -> None: ...
