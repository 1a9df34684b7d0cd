"""What others say of a host, and what that is worth (DESIGN §9, docs/decisions/0016).

Whatever is said from outside is evidence and never proof: it names no boot, and who says it may be
wrong. So it fences nobody whom we hear; it only lets less time pass for a host that is silent to us
as well. An event stands until its host reports after it, for STANDS_FOR at most, and only the
newest of each source does: whoever said "down" can say "up".
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

STANDS_FOR = timedelta(minutes=10)
"""So long after it was told last, an event is none any more."""
SAME_WITHIN = timedelta(minutes=10)
"""What the same source says again within this is a repetition, and no other event."""


class FaultKind(StrEnum):
    """What may be said of a host; the first is Doctor's."""

    DOWN = "compute.host.down"
    UP = "compute.host.up"
    DEGRADED = "compute.host.degraded"
    KDUMP = "compute.host.kdump"


class Worth(NamedTuple):
    """What a kind is worth.

    `begins`: a host that sends no pulses is unreachable by it, once its reports stay away as well.
    `hold_off`: the share of the hold-off that is left to an unreachable host. `word`: a site may
    take it for an operator's word that the host is down.
    """

    begins: bool
    hold_off: float
    word: bool


WORTH: Mapping[FaultKind, Worth] = {
    # A monitor sees the host over a network that may be ours: what it adds is little, but some.
    FaultKind.DOWN: Worth(begins=True, hold_off=1 / 3, word=True),
    FaultKind.UP: Worth(begins=False, hold_off=1, word=False),
    FaultKind.DEGRADED: Worth(begins=False, hold_off=1, word=False),
    # Nobody proves who sent it; but what is silent and dumps its memory does not come back soon.
    FaultKind.KDUMP: Worth(begins=False, hold_off=0, word=False),
}


class FaultEvent(NamedTuple):
    """Something that was said of a host, once or again and again.

    `said_at` is the time that its source gave, as it gave it: clocks of others are told and never
    decided by. `first_at`, `last_at`: when it arrived here. `event_id` is the source's own, or "".
    """

    id: int
    host_id: str
    host: str
    kind: FaultKind
    source: str
    event_id: str
    said_at: str
    first_at: datetime
    last_at: datetime
    times: int
    user_id: str
    user_name: str
    request_id: str
    details: Mapping[str, object]


def standing(
    events: Iterable[FaultEvent], reported_at: datetime | None, now: datetime
) -> list[FaultEvent]:
    """Of what was said of one host, what still stands; `reported_at`: when it reported last."""
    newest: dict[str, FaultEvent] = {}
    for each in events:
        seen = newest.get(each.source)
        if seen is None or (seen.last_at, seen.id) < (each.last_at, each.id):
            newest[each.source] = each
    return [
        each
        for each in newest.values()
        if now - STANDS_FOR < each.last_at and (reported_at is None or reported_at < each.last_at)
    ]


def begins(events: Iterable[FaultEvent]) -> bool:
    """Whether any of these makes a host unreachable whose reports stay away."""
    return any(WORTH[each.kind].begins for each in events)


def hold_off_share(events: Iterable[FaultEvent]) -> float:
    """The share of the hold-off that these leave."""
    return min((WORTH[each.kind].hold_off for each in events), default=1.0)
