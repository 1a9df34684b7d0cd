"""The machine's clock: the only place that reads it."""

import time
from datetime import UTC, datetime


class SystemClock:
    """`services.ports.Clock` by the operating system."""

    def now(self) -> datetime:
        """Naive UTC."""
        return datetime.now(UTC).replace(tzinfo=None)

    def monotonic(self) -> float:
        """Seconds since some moment that never changes while the machine runs."""
        return time.monotonic()

    def boottime(self) -> float:
        """Seconds since the machine was started; it counts the time that the machine slept."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
