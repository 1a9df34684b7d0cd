"""How long servers of which size ran within a period, as `os-simple-tenant-usage` tells it.

A server counts from its first start to its end, whether it runs or is stopped: as in Nova, what is
counted is what it keeps others from using.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from hostdown.domain.instance import Instance

_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
TERMINATED = "terminated"
"""What usage calls a server that is gone."""


class Period(NamedTuple):
    """From `start` to `stop`, which is not in the future."""

    start: datetime
    stop: datetime


class ServerUsage(NamedTuple):
    """One server's; `local_gb` and `memory_mb` are sizes, `uptime_s` its age, `hours` in it."""

    instance: Instance
    hours: float
    uptime_s: int

    @property
    def local_gb(self) -> int:
        """Of all its disks, in GiB."""
        return self.instance.flavor.root_gb + self.instance.flavor.ephemeral_gb

    @property
    def state(self) -> str:
        """Its vm_state; one that is gone has another word here."""
        return self.instance.vm_state if self.instance.terminated_at is None else TERMINATED


class ProjectUsage(NamedTuple):
    """One project's servers in a period."""

    project_id: str
    period: Period
    servers: tuple[ServerUsage, ...]

    @property
    def hours(self) -> float:
        """All servers' together."""
        return sum(each.hours for each in self.servers)

    @property
    def memory_mb_hours(self) -> float:
        """MiB times hours."""
        return sum(each.hours * each.instance.flavor.memory_mb for each in self.servers)

    @property
    def vcpu_hours(self) -> float:
        """Processors times hours."""
        return sum(each.hours * each.instance.flavor.vcpus for each in self.servers)

    @property
    def local_gb_hours(self) -> float:
        """GiB of disk times hours."""
        return sum(each.hours * each.local_gb for each in self.servers)


def usages(instances: Iterable[Instance], period: Period, now: datetime) -> list[ProjectUsage]:
    """By project, of instances that come project by project; all of them have been started."""
    return [
        ProjectUsage(project_id, period, tuple(_usage(each, period, now) for each in group))
        for project_id, group in groupby(instances, lambda each: each.project_id)
    ]


def _usage(of: Instance, period: Period, now: datetime) -> ServerUsage:
    started = of.launched_at or now
    counted = min(period.stop, of.terminated_at or period.stop) - max(period.start, started)
    uptime = (of.terminated_at or now) - started
    return ServerUsage(of, max(counted / _HOUR, 0.0), uptime // _SECOND)
