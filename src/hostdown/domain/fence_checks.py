"""Whether a host would be fenced, looked at again and again before it is needed (DESIGN §9).

A device that fails once may be busy: it is asked again soon, and only what fails twice in a row is
told, once. So is that it works again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

TOLD_AFTER = 2
"""Failed checks in a row after which a path is called broken."""
AGAIN = timedelta(minutes=1)
"""After the first failed check the next one comes so soon."""
WATCHDOG, NONE = "watchdog", "none"
"""Drivers of levels without a device: the host's own watchdog, which is the name of its proof, too;
and an operator's words that nothing can fence the host."""


class LevelSeen(NamedTuple):
    """What came of asking a level's device; `problem` is why it would not do, None if it would."""

    level: int
    driver: str
    power: str | None
    problem: str | None


class FenceCheck(NamedTuple):
    """The last check of a host. `failures`: of so many checks in a row some level failed,
    since `failing_since`. `problem` is why not even its levels are known.
    """

    host: str
    checked_at: datetime
    failures: int
    failing_since: datetime | None
    levels: tuple[LevelSeen, ...]
    problem: str | None

    @property
    def is_broken(self) -> bool:
        """Whether that was told."""
        return self.failures >= TOLD_AFTER

    @property
    def problems(self) -> list[str]:
        """What is wrong, a sentence each."""
        whole = [] if self.problem is None else [self.problem]
        return whole + [f"Level {it.level} ({it.driver}): {it.problem}" for it in _bad(self.levels)]


class Tell(StrEnum):
    """What a check made known."""

    BROKEN = "host.fencing_broken"
    WORKS = "host.fencing_works"


def checked(
    before: FenceCheck | None,
    host: str,
    levels: Sequence[LevelSeen],
    problem: str | None,
    at: datetime,
) -> tuple[FenceCheck, Tell | None]:
    """The check as it is kept, and what is to be told of it."""
    if problem is None and not _bad(levels):
        now = FenceCheck(host, at, 0, None, tuple(levels), None)
        return now, Tell.WORKS if before is not None and before.is_broken else None
    failures = 1 if before is None else before.failures + 1
    since = at if before is None else before.failing_since or at
    now = FenceCheck(host, at, failures, since, tuple(levels), problem)
    return now, Tell.BROKEN if failures == TOLD_AFTER else None


def due_at(seen: FenceCheck, interval: timedelta) -> datetime:
    """When its host is to be checked next."""
    is_new = 0 < seen.failures < TOLD_AFTER
    return seen.checked_at + (min(AGAIN, interval) if is_new else interval)


def _bad(levels: Sequence[LevelSeen]) -> list[LevelSeen]:
    return [each for each in levels if each.problem is not None and each.driver != NONE]
