"""The outboxes are bounded: what nobody takes in time is dropped, and told of.

What others are to be told is written with every change. Whatever delivers it may be away, or not be
there at all, and must not fill the disk. What is kept for longer: `services.retention`.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from hostdown.domain.deliveries import Channel, Ended, Verdict
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.outbox_ports import Outbox
from hostdown.services.ports import Cells
from hostdown.services.together import try_all

LOG = logging.getLogger(__name__)

OUTBOX_LIFETIME = timedelta(days=7)
"""Rows of an outbox that are older are dropped, delivered or not."""
WAITING_LIFETIME = timedelta(days=2)
"""Deliveries that are older are dead letters, also where nobody tries them: their channel may be
switched off, or so much wait for a receiver that their turn has not come in a day."""
DEAD_LETTER_LIFETIME = timedelta(days=7)
"""For so long dead letters wait for an operator."""
TELLING_LIFETIME = timedelta(days=7)
"""For so long it is known how an event was told."""
OUTBOX_ROWS_MAX = 100_000
"""Rows of an outbox, the newest, that are left when it is looked after; some 100 MB, and far more
where an aggregate has thousands of hosts: what is told of a change of it names them all."""
BATCH_ROWS_MAX = 5_000
"""Rows that one transaction drops, so that nobody waits for it for long."""
GIVEN_UP_MAX = 500
"""Deliveries that one transaction gives up: each is read before."""
UNTRIED = "It has waited for two days, and nobody has tried to deliver it."

Write = Callable[[Callable[[Outbox], int]], int]


def look_after(directory: Directory, cells: Cells, now: datetime) -> None:
    """Drop what is too old or too much; raises the first failure after all were looked after."""

    def of_directory(work: Callable[[Outbox], int]) -> int:
        return directory.write(lambda rows: work(rows.outbox))

    def of_cell(name: str, work: Callable[[Outbox], int]) -> int:
        return cells.named(name).write(lambda rows: work(rows.outbox))

    boxes: list[tuple[str, Write]] = [("the directory", of_directory)]
    boxes += [(f"cell {cell.name}", partial(of_cell, cell.name)) for cell in cells.all()]
    works: list[Callable[[], object]] = [partial(_trim, name, write, now) for name, write in boxes]
    works += [partial(_give_up, directory, channel, now) for channel in Channel]
    works.append(partial(_forget_the_dead, directory, now))
    works.append(
        lambda: directory.write(lambda rows: rows.tellings.drop_oldest(now - TELLING_LIFETIME))
    )
    try_all(works)


def _give_up(directory: Directory, channel: Channel, now: datetime) -> None:
    def work(rows: DirectoryRows) -> int:
        found = rows.deliveries.after(channel, 0, GIVEN_UP_MAX)
        old = [each for each in found if each.created_at < now - WAITING_LIFETIME]
        ended = [Ended(each, Verdict.REFUSED, each.failure or UNTRIED) for each in old]
        rows.dead_letters.bury(ended, now)
        return len(old)

    given_up = 0
    while count := directory.write(work):
        given_up += count
    if given_up:
        LOG.warning(
            "%d deliveries by %s had waited for %d days and are dead letters now; 'hostdown "
            "delivery dead' lists them",
            given_up,
            channel,
            WAITING_LIFETIME.days,
        )


def _forget_the_dead(directory: Directory, now: datetime) -> None:
    before = now - DEAD_LETTER_LIFETIME
    dropped = directory.write(lambda rows: rows.dead_letters.drop_oldest(before))
    if dropped:
        LOG.warning(
            "%d dead letters were dropped: they were older than %d days",
            dropped,
            DEAD_LETTER_LIFETIME.days,
        )


def _trim(name: str, write: Write, now: datetime) -> None:
    def work(outbox: Outbox) -> int:
        return outbox.drop_oldest(now - OUTBOX_LIFETIME, OUTBOX_ROWS_MAX, BATCH_ROWS_MAX)

    dropped = 0
    while count := write(work):
        dropped += count
    if dropped:
        LOG.warning(
            "%d rows of the outbox of %s were dropped undelivered: they were older than %d days, "
            "or more than %d",
            dropped,
            name,
            OUTBOX_LIFETIME.days,
            OUTBOX_ROWS_MAX,
        )
