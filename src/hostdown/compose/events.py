"""The parts of what hears others about hosts."""

from hostdown.api.events.alerts import AlertRules
from hostdown.api.events.app import EventParts, EventsApi, mounted
from hostdown.api.ports import Authenticator, Policy
from hostdown.compose.agents import liveness
from hostdown.config import Settings
from hostdown.domain.fault_events import FaultKind
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.addresses import Addresses
from hostdown.services.fault_events import Reception
from hostdown.services.login import DEFAULT_SCOPE, Logins
from hostdown.storage import Storage


def event_apis(
    settings: Settings,
    storage: Storage,
    authenticator: Authenticator,
    policy: Policy,
    logins: Logins,
) -> tuple[EventsApi, ...]:
    """What serves /events and /alertmanager."""
    clock = SystemClock()

    def log_in(name: str, password: str, source: str) -> str:
        now, monotonic_s = clock.now(), clock.monotonic()
        issued = logins.with_password(
            name, "name", password, DEFAULT_SCOPE, source, now, monotonic_s
        )
        return issued.text

    options = settings.alertmanager
    return mounted(
        EventParts(
            Reception(storage.cells, storage.directory, settings.recovery.events == "word"),
            Addresses(storage.cells, clock.monotonic),
            AlertRules(
                options.host_label, {name: FaultKind(kind) for name, kind in options.alerts.items()}
            ),
            clock,
            liveness(settings),
            authenticator,
            policy,
            log_in if settings.api.auth_strategy == "embedded" else None,
        )
    )
