"""Which cell has which instance: what can be said of instances while their cell does not answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.model import Flavor


class Asked(NamedTuple):
    """What was asked for when the instance was made: it is shown while its cell is silent."""

    user_id: str
    zone: str | None
    image_id: str
    """"" for an empty disk."""
    flavor: Flavor
    group: str | None


class InstanceMapping(NamedTuple):
    """Where an instance's row is; a deleted one stays as long as its server's row."""

    uuid: str
    cell: str
    project_id: str
    created_at: datetime
    deleted: bool = False
    asked: Asked | None = None


class InstanceMappingRows(Protocol):
    """The instances that cells know, by uuid (lower case with dashes)."""

    def add(self, made: InstanceMapping) -> None:
        """A new one: written before the instance itself, so that none is without a mapping."""
        ...

    def get(self, uuid: str, deleted: bool = False) -> InstanceMapping | None:
        """One, by uuid; a deleted one only if `deleted`."""
        ...

    def of_cell(self, cell: str) -> Sequence[InstanceMapping]:
        """Those of a cell that are not deleted, newest first."""
        ...

    def of_project(self, project_id: str) -> Sequence[InstanceMapping]:
        """Those of a project that are not deleted, newest first."""
        ...

    def behind(self, cell: str, uuid: str, limit: int) -> Sequence[InstanceMapping]:
        """At most `limit` of a cell's that are not deleted, by uuid, from behind this one on."""
        ...

    def deleted(self, uuid: str) -> bool:
        """Mark it deleted; False if it was so before, or is not there."""
        ...

    def drop(self, uuids: Sequence[str]) -> None:
        """Nobody asks for these any more."""
        ...
