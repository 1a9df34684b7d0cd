"""What the use cases need from an outbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.deliveries import Event


class Depth(NamedTuple):
    """How much waits, and since when the oldest of it does; None if nothing does."""

    waiting: int
    since: datetime | None


class Outbox(Protocol):
    """What others are to be told, in the order in which it happened."""

    def oldest(self, limit: int) -> list[Event]:
        """Those that nobody has taken yet, the oldest first."""
        ...

    def depth(self) -> Depth:
        """Of what nobody has taken yet."""
        ...

    def drop(self, numbers: Sequence[int]) -> None:
        """These were taken."""
        ...

    def drop_oldest(self, before: datetime, rows_max: int, batch: int) -> int:
        """Of the oldest rows, about `batch`, drop those written earlier than `before` and those
        beyond the newest `rows_max`; how many were dropped.
        """
        ...
