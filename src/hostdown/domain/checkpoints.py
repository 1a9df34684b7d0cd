"""Doctor's checkpoints, by both of its numberings (OPNFV Doctor, performance-profiler and the code
of its profiler), and what they are of a recovery of ours.

Doctor sets a server's state to tell its owner; with us `host_status` says it, from the commit of
the verdict on. Its notification, transformation and evaluation are one commit of ours, in which
alarms are fired.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Moment(StrEnum):
    """What we know the time of."""

    LAST_HEARD = "last-heard"
    VERDICT = "verdict"
    FORCED_DOWN = "forced-down"
    DISTRIBUTED = "distributed"
    RECEIVED = "received"


class Checkpoint(NamedTuple):
    """A point in its document (0 to 10) and in its code (T00 to T09), what it is called, and which
    moment of ours it is; None: nobody tells us."""

    number: int
    code: str | None
    name: str
    moment: Moment | None


CHECKPOINTS = (
    Checkpoint(0, "T00", "host down", Moment.LAST_HEARD),
    Checkpoint(1, "T01", "raw failure", Moment.VERDICT),
    Checkpoint(2, "T02", "found affected", Moment.VERDICT),
    Checkpoint(3, "T04", "marked host down", Moment.FORCED_DOWN),
    Checkpoint(4, "T03", "set VM error", Moment.VERDICT),
    Checkpoint(5, "T05", "notified VM error", Moment.DISTRIBUTED),
    Checkpoint(6, "T06", "transformed event", Moment.DISTRIBUTED),
    Checkpoint(7, "T07", "evaluated event", Moment.DISTRIBUTED),
    Checkpoint(8, "T08", "fired alarm", Moment.DISTRIBUTED),
    Checkpoint(9, "T09", "received alarm", Moment.RECEIVED),
    Checkpoint(10, None, "handled alarm", None),
)


class Reached(NamedTuple):
    """When a checkpoint was reached, and how many milliseconds after the verdict (negative: before
    it), to the microsecond."""

    checkpoint: Checkpoint
    at: datetime | None
    since_ms: float | None


def profile(times: Mapping[Moment, datetime]) -> list[Reached]:
    """All of them, in the order of the document; `times` has the verdict's."""
    verdict = times[Moment.VERDICT]
    found = []
    for each in CHECKPOINTS:
        at = None if each.moment is None else times.get(each.moment)
        since_ms = None if at is None else round((at - verdict).total_seconds() * 1000, 3)
        found.append(Reached(each, at, since_ms))
    return found
