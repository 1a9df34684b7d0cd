"""Checks of fencing, as kept in a cell, and who makes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.fence_checks import FenceCheck, LevelSeen
from hostdown.services.crew_ports import Crew


class FenceCheckRows(Protocol):
    """The last check of each host's fencing, by the host's name."""

    def all(self) -> list[FenceCheck]:
        """By name."""
        ...

    def get(self, host: str) -> FenceCheck | None: ...

    def put(self, made: FenceCheck) -> None:
        """Instead of the one before."""
        ...

    def forget(self, host: str) -> None: ...


class Looked(NamedTuple):
    """What came of asking all levels of a host; `problem` is why they are not known."""

    host: str
    at: datetime
    levels: Sequence[LevelSeen]
    problem: str | None


CheckCrew = Crew[str, Looked]
"""Asks devices beside those that fence, for each host one at a time."""
