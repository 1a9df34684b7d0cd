"""Who is told of what: each kind of receivers is one route."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hostdown.domain.deliveries import Delivery, Event
from hostdown.services.directory_ports import DirectoryRows


class Route(Protocol):
    """One kind of receivers."""

    def deliveries(
        self, rows: DirectoryRows, events: Sequence[Event], now: datetime
    ) -> list[Delivery]:
        """What its receivers are told of these events, in the transaction that keeps it."""
        ...
