"""What the use cases need from an outbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hostdown.domain.deliveries import Event


class Outbox(Protocol):
    """What others are to be told, in the order in which it happened."""

    def oldest(self, limit: int) -> list[Event]:
        """Those that nobody has taken yet, the oldest first."""
        ...

    def drop(self, numbers: Sequence[int]) -> None:
        """These were taken."""
        ...

    def drop_oldest(self, before: datetime, rows_max: int, batch: int) -> int:
        """Of the oldest rows, about `batch`, drop those written earlier than `before` and those
        beyond the newest `rows_max`; how many were dropped.
        """
        ...
