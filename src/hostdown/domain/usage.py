"""How long servers ran within a period (what Nova's os-simple-tenant-usage adds up).

A server runs from its first start to its deletion, switched on or off.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from hostdown.domain.instance import Instance


class Period(NamedTuple):
    """From `start` to `stop`, in naive UTC."""

    start: datetime
    stop: datetime


def ran(instance: Instance, period: Period) -> bool:
    """Was it there at any time of the period?"""
    begun, ended = instance.launched_at, instance.terminated_at
    return begun is not None and begun < period.stop and (ended is None or ended > period.start)


def hours(instance: Instance, period: Period) -> float:
    """How long it was there within the period; 0 for one that was not."""
    if instance.launched_at is None or not ran(instance, period):
        return 0.0
    until = min(period.stop, instance.terminated_at or period.stop)
    return (until - max(period.start, instance.launched_at)) / timedelta(hours=1)
