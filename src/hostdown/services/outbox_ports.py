"""What the use cases need from an outbox."""

from datetime import datetime
from typing import Protocol


class Outbox(Protocol):
    """What others are to be told, in the order in which it happened."""

    def drop_oldest(self, before: datetime, rows_max: int, batch: int) -> int:
        """Of the oldest rows, about `batch`, drop those written earlier than `before` and those
        beyond the newest `rows_max`; how many were dropped.
        """
        ...
