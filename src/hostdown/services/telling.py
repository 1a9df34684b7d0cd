"""From what happened to what each receiver is told: outboxes become deliveries (DESIGN §4.5).

A delivery's id follows from the event's and the receiver's, so that what a crash repeats is no
second delivery, and whoever gets it twice can tell.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from hostdown.domain.deliveries import Delivery, Event, Telling
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.lease import Lease
from hostdown.services.outbox_ports import Outbox
from hostdown.services.ports import Cells
from hostdown.services.routes import Route
from hostdown.services.together import try_all

LOG = logging.getLogger(__name__)

NOTIFIER = "notifier"
"""The row of whoever tells."""
EVENTS_MAX = 500
"""That are taken from an outbox at a time."""
REPLAYED_MAX = 500
"""Dead letters that are raised at a time."""

T = TypeVar("T")


class Box(Protocol):
    """An outbox, in a transaction of its own database."""

    def __call__(self, work: Callable[[Outbox], T]) -> T: ...


class Teller:
    """Called by one thread."""

    def __init__(
        self,
        directory: Directory,
        cells: Cells,
        lease: Lease[DirectoryRows],
        routes: Sequence[Route],
        deliver: Callable[[], None],
    ) -> None:
        """`deliver` is called whenever there is something new to deliver."""
        self._directory = directory
        self._cells = cells
        self._lease = lease
        self._routes = routes
        self._deliver = deliver
        self._told: set[str] = set()
        """Events that are still in their outbox, for that could not be written since."""

    def turn(self, now: datetime) -> None:
        """Take what is in the outboxes, if this one tells; raises the first failure after all were
        looked at."""
        if not self._lease.campaign():
            return
        try_all(partial(self._empty, read, write, now) for read, write in self._boxes())

    def raise_dead(self) -> None:
        """Deliver again what somebody wants to be delivered again."""
        if not self._lease.campaign():
            return

        def work(rows: DirectoryRows) -> int:
            return rows.dead_letters.raise_up(REPLAYED_MAX) if self._lease.holds(rows) else 0

        if self._directory.write(work):
            self._deliver()

    def _boxes(self) -> list[tuple[Box, Box]]:
        """How each is read and written."""
        directory = self._directory
        boxes: list[tuple[Box, Box]] = [
            (
                lambda work: directory.read(lambda rows: work(rows.outbox)),
                lambda work: directory.write(lambda rows: work(rows.outbox)),
            )
        ]
        for cell in self._cells.all():
            boxes.append(
                (
                    lambda work, cell=cell: cell.read(lambda rows: work(rows.outbox)),
                    lambda work, cell=cell: cell.write(lambda rows: work(rows.outbox)),
                )
            )
        return boxes

    def _empty(self, read: Box, write: Box, now: datetime) -> None:
        while events := read(lambda box: box.oldest(EVENTS_MAX)):
            new = [each for each in events if each.id not in self._told]
            if new and not self._directory.write(partial(self._tell, events=new, now=now)):
                return
            self._told.update(each.id for each in new)
            self._deliver()
            write(lambda box: box.drop([each.number for each in events]))
            self._told.difference_update(each.id for each in events)
            if len(events) < EVENTS_MAX:
                return

    def _tell(self, rows: DirectoryRows, events: Sequence[Event], now: datetime) -> bool:
        if not self._lease.holds(rows):
            return False
        made: list[Delivery] = []
        for route in self._routes:
            made += route.deliveries(rows, events, now)
        rows.deliveries.add(sorted(made, key=lambda each: each.batch))
        rows.tellings.add(_tellings(events, made, now))
        return True


def _tellings(events: Sequence[Event], made: Sequence[Delivery], now: datetime) -> list[Telling]:
    """Of those events that anybody is told of."""
    receivers = Counter(each.event for each in made)
    return [
        Telling(each.id, each.subject, each.type, each.at, now, receivers[each.id])
        for each in events
        if receivers[each.id]
    ]
