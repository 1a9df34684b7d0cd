"""What hears others about hosts, over a world of the API's tests."""

from collections.abc import Mapping

from tests.api.world import World

from hostdown.api.events.alerts import AlertRules
from hostdown.api.events.app import EventParts, EventsApi, LogIn, mounted
from hostdown.api.ports import Authenticator, Policy
from hostdown.domain.fault_events import FaultKind
from hostdown.services.addresses import Addresses
from hostdown.services.fault_events import Reception


def event_apis(
    world: World,
    authenticator: Authenticator | None = None,
    policy: Policy | None = None,
    *,
    as_word: bool = False,
    kinds: Mapping[str, FaultKind] | None = None,
    log_in: LogIn | None = None,
) -> tuple[EventsApi, ...]:
    """Those of both paths."""
    parts = world.parts
    return mounted(
        EventParts(
            Reception(parts.cells, parts.directory, as_word),
            Addresses(parts.cells, parts.clock.monotonic),
            AlertRules("instance", kinds or {"HostDown": FaultKind.DOWN}),
            parts.clock,
            parts.liveness,
            authenticator or parts.authenticator,
            policy or parts.policy,
            log_in,
        )
    )
