"""A host that fails again and again: its servers pay for each time (DESIGN §9)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

FAILURES_MAX = 3
"""A host that failed so often within WITHIN gets no servers until an operator enables it."""
WITHIN = timedelta(hours=1)

REASON = f"failed {FAILURES_MAX} times within an hour; enable it once you know why"
"""Why its service is disabled then."""


def fails_too_often(failed_at: Iterable[datetime], now: datetime) -> bool:
    """By when each of its failures began, the one that is over now among them."""
    return sum(now - each < WITHIN for each in failed_at) >= FAILURES_MAX
