"""/metrics over a world of the API's tests."""

from dataclasses import replace

from falcon.testing import TestClient
from tests.api.world import World

from hostdown.api.app import create_app
from hostdown.api.credentials import LogIn
from hostdown.api.metrics import MetricParts, MetricsApi
from hostdown.api.ports import Authenticator, Policy
from hostdown.drivers.shared_counts import SharedCounts
from hostdown.services.gauges import Gauges
from hostdown.services.scrape import Scrape


def metrics_api(
    world: World,
    authenticator: Authenticator | None = None,
    policy: Policy | None = None,
    log_in: LogIn | None = None,
    counts: SharedCounts | None = None,
) -> MetricsApi:
    parts = world.parts
    gauges = Gauges(parts.directory, parts.cells, "server1", parts.liveness, parts.clock)
    pulses = {"taken": 7, "lost": 1, "unanswered": 2, "pulse-bad-mac": 3}
    scrape = Scrape(counts or SharedCounts(1), gauges, lambda: pulses, "0.1.0")
    return MetricsApi(
        MetricParts(scrape, authenticator or parts.authenticator, policy or parts.policy, log_in)
    )


class Measured:
    """A world whose requests are counted."""

    def __init__(self, world: World, log_in: LogIn | None = None) -> None:
        counts = SharedCounts(1)
        mounted = (metrics_api(world, log_in=log_in, counts=counts),)
        parts = replace(world.parts, applications=mounted, counts=counts.mine())
        self.world = world
        self.client = TestClient(create_app(parts))
