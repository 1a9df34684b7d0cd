"""The parts of what tells others what happened."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import uuid4

from hostdown.api.policy import NovaPolicy
from hostdown.compose.alarms import alarm_deliverer
from hostdown.compose.bus import bus_route, bus_sender
from hostdown.compose.housekeeping import housekeeping
from hostdown.compose.metrics import counts_of, measure_job, scrape
from hostdown.compose.owners import Owners
from hostdown.compose.parts import Job, Pulses
from hostdown.compose.start import database_settings, policy_settings
from hostdown.compose.webhooks import webhook_deliverer, webhook_file
from hostdown.config import Settings
from hostdown.domain.deliveries import Channel
from hostdown.domain.server_status import Precedence
from hostdown.drivers.shared_counts import SharedCounts
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.alarm_route import AlarmRoute
from hostdown.services.deliverer import Deliverer
from hostdown.services.lease import Lease
from hostdown.services.routes import Route
from hostdown.services.scrape import Scrape
from hostdown.services.telling import NOTIFIER, Teller
from hostdown.services.webhooks import WebhookRoute
from hostdown.storage import open_storage

TELL = "tell what happened"
"""The job that may be wanted at once."""
TELL_EVERY_S = 0.1
"""How late what another server wrote may be told."""
HOOKS = "look for changed webhooks"
FILES_EVERY_S = 2.0
"""How soon it is seen that a file of policy, or the webhooks file, has changed."""
RAISE_EVERY_S = 1.0
"""How late a dead letter is delivered again that somebody wants to be."""


class NotifierParts(NamedTuple):
    """What a notifier runs: jobs, and deliverers, each in a thread of its own.

    `aside`: jobs that must hold up nobody who tells. `scrape` tells metrics.
    """

    jobs: tuple[Job, ...]
    deliverers: dict[Channel, Deliverer]
    aside: tuple[Job, ...]
    scrape: Scrape
    close: Callable[[], None]


def notifier(
    settings: Settings, counted: SharedCounts, pulses: Pulses | None = None
) -> NotifierParts:
    """Raises HostdownError if it cannot start. `pulses` is None where nobody hears any."""
    counts = counts_of(counted)
    storage = open_storage(database_settings(settings))
    clock = SystemClock()
    lease = Lease(storage.directory, NOTIFIER, f"{settings.host} {uuid4()}", clock)
    policy = NovaPolicy(policy_settings(settings))
    precedence = Precedence(settings.api.host_status_precedence)
    routes: list[Route] = [AlarmRoute(Owners(policy, precedence))]
    deliverers = {
        Channel.ALARM: alarm_deliverer(settings, storage.directory, lease.is_fresh, counts),
    }
    hooks = webhook_file(settings, counts)
    if hooks is not None:
        routes.append(WebhookRoute(hooks))
        deliverers[Channel.WEBHOOK] = webhook_deliverer(
            hooks, storage.directory, lease.is_fresh, counts
        )
    bus = settings.notifications.bus
    if bus is not None:
        routes.append(bus_route(bus, settings.host, precedence))
        deliverers[Channel.BUS] = Deliverer(
            storage.directory, Channel.BUS, bus_sender(bus), lease.is_fresh, clock, counts
        )

    def deliver() -> None:
        for each in deliverers.values():
            each.wake()

    teller = Teller(storage.directory, storage.cells, lease, routes, deliver)
    jobs = (
        Job(TELL, TELL_EVERY_S, lambda: teller.turn(clock.now())),
        Job("raise dead letters", RAISE_EVERY_S, teller.raise_dead),
        Job("look for changed policy", FILES_EVERY_S, policy.refresh),
        *([] if hooks is None else [Job(HOOKS, FILES_EVERY_S, hooks.refresh)]),
    )
    aside = (measure_job(settings, storage, counts), *housekeeping(settings, storage, lease))
    told = scrape(settings, storage, counted, pulses)
    return NotifierParts(jobs, deliverers, aside, told, storage.close)
