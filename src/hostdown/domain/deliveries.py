"""What others are told, and when it is tried again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.host_words import About

PAUSE_FIRST_S = 0.5
"""After the first failure of a receiver; each further one in a row doubles it."""
PAUSE_MAX_S = 60.0
"""The longest such pause."""
LIFETIME = timedelta(hours=24)
"""What could not be delivered for so long is a dead letter."""


DIRECTORY = ""
"""The source of what is about no cell: aggregates, flavors, people."""


class Channel(StrEnum):
    """How it is sent. No connection is used for two of them: a tenant's URL would reach by an
    operator's what it may not reach by its own."""

    WEBHOOK = "webhook"
    ALARM = "alarm"
    BUS = "bus"


class Event(NamedTuple):
    """Something that happened, as its outbox keeps it.

    `id` is its own, whoever hears of it and however often; `number` counts within its outbox.
    `source` is the cell, or DIRECTORY. `subject` is the host, or what of the directory was changed.
    """

    number: int
    id: str
    source: str
    at: datetime
    subject: str
    type: str
    payload: Mapping[str, object]
    request_id: str
    about: About | None = None
    """What it means for the owners of servers, if anything."""


class Delivery(NamedTuple):
    """Something that one receiver is to get. `number` is 0 as long as it is not stored.

    `id` is the same however often it is sent. What has one receiver and one `lane` is sent in the
    order of `batch`: the next batch once everything of the one before was taken, or is given up.
    """

    number: int
    id: str
    channel: Channel
    receiver: str
    lane: str
    batch: int
    target: str
    body: bytes
    created_at: datetime
    failure: str | None = None
    event: str = ""
    """The id of the event that it tells of."""


class Verdict(StrEnum):
    """What became of an attempt."""

    TAKEN = "taken"
    FAILED = "failed"
    REFUSED = "refused"


class Ended(NamedTuple):
    """One attempt's end, what its receiver, or the way to it, said, and when that was known.

    `reached`: one that failed had come to its receiver; it says nothing against any other one.
    """

    delivery: Delivery
    verdict: Verdict
    reason: str = ""
    at: datetime | None = None
    reached: bool = False


class Telling(NamedTuple):
    """How an event was told: `happened_at`, `distributed_at` to `receivers` deliveries, of which
    `taken` arrived, the first and the last one at these times."""

    event: str
    host: str
    type: str
    happened_at: datetime
    distributed_at: datetime
    receivers: int
    taken: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def pause_s(failures: int) -> float:
    """How long a receiver, or a lane, is left alone after so many failures in a row."""
    return float(min(PAUSE_FIRST_S * 2 ** min(failures - 1, 16), PAUSE_MAX_S))


def judge(ended: Ended, now: datetime) -> Ended:
    """As it is known now. What has failed for too long is refused: nobody tries again."""
    is_old = now - ended.delivery.created_at >= LIFETIME
    if ended.verdict is Verdict.FAILED and is_old:
        return ended._replace(verdict=Verdict.REFUSED, at=now)
    return ended._replace(at=now)
