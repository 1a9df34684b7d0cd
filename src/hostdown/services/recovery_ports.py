"""Recoveries, as kept in a cell."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.recovery import Held, Stage

RECENT_MAX = 10_000
"""Recoveries that are looked through for those of the last minutes, or of a host's last hour."""


SILENT_SINCE = "silent_since"
"""Among the details of a timeline's first line: when the host was heard last."""


class Recovery(NamedTuple):
    """Our answer to one failed host; `revision` grows with every change.

    It is about the boot numbered `boot`, which was silent since `silent_at`. `attempted_at`: when
    the first fence attempt was committed; `gated`: whether that counts for the storm gate;
    `released`: an operator let it past the gate. `level` is the fence level at work, since
    `level_at`; `sent_at` is when a power-off was about to be sent last, on whichever level,
    `cut_at` when a device took one, `evacuated_at` when its servers' evacuations were accepted
    last. `forced`: whether the host is forced down by us. `proof` is the number of what proves it
    over. `due_at` is when the next step is due.
    """

    id: int
    host_id: str
    host: str
    boot: int
    domain: str
    stage: Stage
    held: Held | None
    reason: str | None
    silent_at: datetime
    begun_at: datetime
    due_at: datetime
    attempted_at: datetime | None
    gated: bool
    released: bool
    level: int
    level_at: datetime | None
    sent_at: datetime | None
    cut_at: datetime | None
    evacuated_at: datetime | None
    proof: int | None
    forced: bool
    ended_at: datetime | None
    revision: int


class Entry(NamedTuple):
    """A line of a recovery's timeline: what was decided or seen, and on which evidence."""

    at: datetime
    what: str
    details: Mapping[str, object]


class Line(NamedTuple):
    """An entry in the timeline of the recovery of this id; `number` grows over all timelines."""

    number: int
    recovery: int
    entry: Entry


class RecoveryRows(Protocol):
    """The recoveries of one cell. A host has one that is not over, at most."""

    def add(self, made: Recovery) -> Recovery | None:
        """Keep it, under an id of its own; None if the host has another one."""
        ...

    def open(self) -> list[Recovery]:
        """Those that are not over, oldest first."""
        ...

    def find(self, limit: int) -> list[Recovery]:
        """The newest, newest first."""
        ...

    def replace(self, seen: Recovery, after: Recovery) -> Recovery | None:
        """Write `after` over `seen`; None if somebody else has changed it meanwhile."""
        ...

    def get(self, number: int) -> Recovery | None:
        """Over or not."""
        ...


class TimelineRows(Protocol):
    """What was decided and seen in the recoveries of one cell."""

    def add(self, recovery: int, entry: Entry) -> None:
        """One more line."""
        ...

    def of(self, recovery: int) -> list[Entry]:
        """Oldest first."""
        ...

    def after(self, number: int, limit: int) -> list[Line]:
        """The next ones of all timelines, by number."""
        ...

    def newest(self) -> int:
        """The highest number; 0 if there are no lines."""
        ...
