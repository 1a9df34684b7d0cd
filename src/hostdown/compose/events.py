"""The parts of what hears others about hosts."""

from hostdown.api.events.alerts import AlertRules
from hostdown.api.events.app import EventParts, EventsApi, mounted
from hostdown.api.ports import Authenticator, Policy
from hostdown.compose.agents import liveness
from hostdown.compose.authentication import password_log_in
from hostdown.compose.parts import Job
from hostdown.config import Settings
from hostdown.domain.fault_events import FaultKind
from hostdown.drivers.kdump_socket import KdumpSocket
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.addresses import Addresses
from hostdown.services.fault_events import Reception
from hostdown.services.kdumps import Kdumps
from hostdown.services.login import Logins
from hostdown.storage import Storage

KDUMPS_EVERY_S = 0.25
"""How long a packet of a host that dumps its memory waits."""


def kdump_job(settings: Settings, storage: Storage) -> tuple[Job, ...]:
    """What hears hosts that dump their memory, if it is wanted."""
    if settings.kdump_port is None:
        return ()
    clock = SystemClock()
    reception = Reception(storage.cells, storage.directory, as_word=False)
    addresses = Addresses(storage.cells, clock.monotonic)
    opened = KdumpSocket(settings.server.bind_host, settings.kdump_port)
    heard = Kdumps(reception, addresses.host, opened.packets, liveness(settings), clock)
    return (Job("hear hosts that dump their memory", KDUMPS_EVERY_S, heard.take),)


def event_apis(
    settings: Settings,
    storage: Storage,
    authenticator: Authenticator,
    policy: Policy,
    logins: Logins,
) -> tuple[EventsApi, ...]:
    """What serves /events and /alertmanager."""
    clock = SystemClock()
    options = settings.alertmanager
    as_word = settings.recovery.events == "word"
    return mounted(
        EventParts(
            Reception(storage.cells, storage.directory, as_word),
            Addresses(storage.cells, clock.monotonic),
            AlertRules(
                options.host_label, {name: FaultKind(kind) for name, kind in options.alerts.items()}
            ),
            clock,
            liveness(settings),
            authenticator,
            policy,
            password_log_in(settings, logins),
        )
    )
