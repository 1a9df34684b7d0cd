"""What is kept of deleted servers of which something may still lie on a pool."""

from datetime import datetime
from typing import NamedTuple, Protocol


class Clearing(NamedTuple):
    """A server that was deleted while no host had a permit for it, and where its disk may be.

    `pool_id` is the pool's, or "" where nobody knows it: then it is where `host` keeps its disks.
    `generation` is that of the permit by which a host clears it up, 0 before there is one. `user`
    deleted it, with the request `request_id`.
    """

    instance: str
    pool_id: str
    host: str
    user: str
    request_id: str
    generation: int
    due_at: datetime


class ClearingRows(Protocol):
    """What is still to be cleared up in one cell."""

    def add(self, made: Clearing) -> None:
        """Remember it; one of the same place stays as it is."""
        ...

    def due(self, now: datetime, limit: int) -> list[Clearing]:
        """Those that are to be looked at now, the longest due first."""
        ...

    def put(self, seen: Clearing, generation: int, due_at: datetime) -> None:
        """How far it is, and when it is looked at again."""
        ...

    def remove(self, seen: Clearing) -> None:
        """Nothing is left there."""
        ...
