"""The parts of what tells metrics."""

from uuid import uuid4

import hostdown
from hostdown.api.agent.agents import COUNTED
from hostdown.api.metrics import MetricParts, MetricsApi
from hostdown.api.ports import Authenticator, Policy
from hostdown.compose.agents import liveness
from hostdown.compose.authentication import password_log_in
from hostdown.compose.parts import Job, Pulses
from hostdown.config import Settings
from hostdown.domain.deliveries import Channel, Verdict
from hostdown.domain.metric_table import (
    ATTEMPTS,
    DELIVERY_SECONDS,
    REFUSED,
    REPORTS,
    STAGE_SECONDS,
    STAGES,
    TURNED_AWAY,
    WEBHOOKS_FILE_BROKEN,
    WRITES_FAILED,
)
from hostdown.domain.metrics import Metric
from hostdown.domain.recovery import Stage
from hostdown.domain.stage_times import Took
from hostdown.drivers.shared_counts import SharedCounts
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.gauges import Gauges
from hostdown.services.login import Logins
from hostdown.services.metric_ports import AllCounts, Counts
from hostdown.services.scrape import Scrape
from hostdown.services.stage_times import StageTimes
from hostdown.storage import Storage

MEASURE_EVERY_S = 1.0
"""How often it is looked how far recoveries have come."""


def counts_of(counted: SharedCounts) -> Counts:
    """Where this process counts. What is seldom counted is there from the start: Prometheus sees
    how much something has grown, not that it has appeared."""
    counts = counted.mine()
    known: dict[Metric, list[tuple[str, ...]]] = {
        REPORTS: [()],
        WRITES_FAILED: [()],
        WEBHOOKS_FILE_BROKEN: [()],
        TURNED_AWAY: [("400",), ("503",)],
        REFUSED: [(reason,) for reason in COUNTED],
        STAGES: [(stage.value,) for stage in Stage],
        STAGE_SECONDS: [(each.value,) for each in Took],
        DELIVERY_SECONDS: [(channel.value,) for channel in Channel],
        ATTEMPTS: [(channel.value, each.value) for channel in Channel for each in Verdict],
    }
    for metric, all_values in known.items():
        for values in all_values:
            counts.add(metric, values, 0)
    return counts


def turned_away(counts: Counts, status: int) -> None:
    """A request was answered before it came to the application."""
    counts.add(TURNED_AWAY, (str(status),))


def scrape(
    settings: Settings, storage: Storage, counts: AllCounts, pulses: Pulses | None
) -> Scrape:
    """All metrics of this server."""
    gauges = Gauges(
        storage.directory, storage.cells, settings.host, liveness(settings), SystemClock()
    )
    heard = None if pulses is None else pulses.counts
    return Scrape(counts, gauges, heard, hostdown.__version__)


def metrics_api(
    settings: Settings,
    told: Scrape,
    authenticator: Authenticator,
    policy: Policy,
    logins: Logins,
) -> MetricsApi:
    """What serves /metrics."""
    return MetricsApi(MetricParts(told, authenticator, policy, password_log_in(settings, logins)))


def measure_job(settings: Settings, storage: Storage, counts: Counts) -> Job:
    """Counts how long recoveries take."""
    clock = SystemClock()
    me = f"{settings.host} {uuid4()}"
    times = StageTimes(storage.directory, storage.cells, me, counts)
    return Job("measure recoveries", MEASURE_EVERY_S, lambda: times.turn(clock.now()))
