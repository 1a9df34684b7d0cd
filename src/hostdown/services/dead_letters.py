"""What waits to be delivered, and what nobody tries any more until an operator wants it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.model import Caller, Change
from hostdown.services.delivery_ports import DeadLetter, Waiting
from hostdown.services.directory_ports import Directory, DirectoryRows

SHOWN_MAX = 10_000
"""Dead letters in a list: the oldest."""
SUBJECT = "deliveries"
"""Of what operators do about them, in the journal of changes."""


class Which(NamedTuple):
    """These dead letters; without either, all."""

    ids: Sequence[str] | None = None
    receiver: str | None = None


def waiting(directory: Directory) -> list[Waiting]:
    """Each receiver that something waits for."""
    return directory.read(lambda rows: rows.deliveries.waiting())


def dead_letters(directory: Directory) -> list[DeadLetter]:
    """The oldest first."""
    return directory.read(lambda rows: rows.dead_letters.list(0, SHOWN_MAX))


def replay(directory: Directory, which: Which, caller: Caller, now: datetime) -> int:
    """Have these tried again, by who leads; how many there are."""

    def work(rows: DirectoryRows) -> int:
        ids = which.ids
        if ids is None:
            found = rows.dead_letters.list(0, SHOWN_MAX)
            ids = [
                each.delivery.id
                for each in found
                if which.receiver in (None, each.delivery.receiver)
            ]
        replayed = rows.dead_letters.replay(ids, now)
        if replayed:
            facts = {"replayed": replayed, "receiver": which.receiver}
            change = Change(now, caller, "deliveries.replay", {}, facts)
            rows.journal.record(change, SUBJECT, ())
        return replayed

    return directory.write(work)
