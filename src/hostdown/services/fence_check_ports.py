"""Checks of fencing, as kept in a cell, and who makes them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.fence_checks import FenceCheck, LevelSeen


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


class CheckCrew(Protocol):
    """Asks devices beside those that fence, a few hosts at a time."""

    def begin(self, host: str, work: Callable[[], Looked], /) -> bool:
        """Do it; False if this host's last one has not ended, or all are busy."""
        ...

    def results(self) -> list[Looked]:
        """What ended since the last call."""
        ...
