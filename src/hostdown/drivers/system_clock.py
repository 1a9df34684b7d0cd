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

    def pair_ns(self) -> tuple[int, int]:
        """The same moment by both clocks, in nanoseconds: since 1970 UTC, and monotonic."""
        return time.time_ns(), time.monotonic_ns()
