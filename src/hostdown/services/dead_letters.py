"""What waits to be delivered, and what nobody tries any more until an operator wants it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from hostdown.domain.deliveries import Channel, Delivery
from hostdown.domain.model import Caller, Change
from hostdown.services.delivery_ports import DeadLetter, Waiting, Which
from hostdown.services.directory_ports import Directory, DirectoryRows

SHOWN = 1_000
"""Dead letters in a list that nobody said a length of: the newest."""
SHOWN_MAX = 10_000
"""Dead letters in any list."""
SUBJECT = "deliveries"
"""Of what operators do about them, in the journal of changes."""


class Found(NamedTuple):
    """Dead letters, the newest first, and how many there are, also of those left out."""

    shown: Sequence[DeadLetter]
    total: int


class Content(NamedTuple):
    """What a delivery tells of; None where its body does not say."""

    event_type: str | None = None
    alarm_id: str | None = None


def waiting(directory: Directory) -> list[Waiting]:
    """Each receiver that something waits for."""
    return directory.read(lambda rows: rows.deliveries.waiting())


def dead_letters(directory: Directory, which: Which, limit: int) -> Found:
    """The newest of these."""
    return directory.read(
        lambda rows: Found(rows.dead_letters.list(which, limit), rows.dead_letters.count(which))
    )


def content(delivery: Delivery) -> Content:
    """By its body, of which nothing else is for the eyes of operators."""
    match delivery.channel, orjson.loads(delivery.body):
        case Channel.WEBHOOK, {"type": str(event_type)}:
            return Content(event_type)
        case Channel.BUS, {"event_type": str(event_type)}:
            return Content(event_type)
        case Channel.ALARM, {
            "alarm_id": str(alarm_id),
            "reason_data": {"event": {"event_type": str(event_type)}},
        }:
            return Content(event_type, alarm_id)
        case _:
            return Content()


def replay(directory: Directory, which: Sequence[Which], caller: Caller, now: datetime) -> int:
    """Have these tried again, by who leads; how many there are."""

    def work(rows: DirectoryRows) -> int:
        replayed = sum(rows.dead_letters.replay(each, now) for each in which)
        if replayed:
            change = Change(now, caller, "deliveries.replay", {}, {"replayed": replayed})
            _note(rows, change, which[0])
        return replayed

    return directory.write(work)


def drop(directory: Directory, which: Sequence[Which], caller: Caller, now: datetime) -> int:
    """Forget these; how many there were."""

    def work(rows: DirectoryRows) -> int:
        dropped = sum(rows.dead_letters.drop(each) for each in which)
        if dropped:
            change = Change(now, caller, "deliveries.drop", {}, {"dropped": dropped})
            _note(rows, change, which[0])
        return dropped

    return directory.write(work)


def _note(rows: DirectoryRows, change: Change, by: Which) -> None:
    """In the journal, with what they were found by unless they were named one by one."""
    found_by = {"channel": by.channel, "receiver": by.receiver}
    noted = change._replace(after={**change.after, **found_by})
    rows.journal.record(noted, SUBJECT, ())
