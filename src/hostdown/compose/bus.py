"""The parts of what puts notifications on a message bus."""

from importlib.util import find_spec

from hostdown.config.notification_settings import BusOptions
from hostdown.domain.notification_errors import BusUnusable
from hostdown.domain.notifications import OnStateChange
from hostdown.domain.server_status import Precedence
from hostdown.services.bus_route import BusForms, BusRoute
from hostdown.services.delivery_ports import Sender
from hostdown.services.routes import Route

PACKAGE = "oslo_messaging"


def bus_route(bus: BusOptions, host: str, precedence: Precedence) -> Route:
    """What is sent; `host` is that of this control plane."""
    on = OnStateChange(bus.on_state_change or OnStateChange.NONE)
    return BusRoute(BusForms(bus.versioned_topics, bus.topics, on, host, precedence))


def bus_sender(bus: BusOptions) -> Sender:
    """How it is sent; raises BusUnusable. Only who has a bus needs what it imports."""
    if find_spec(PACKAGE) is None:
        raise BusUnusable(reason="it takes oslo.messaging; install hostdown[messaging]")
    from hostdown.drivers.bus import Bus
    from hostdown.drivers.bus_sender import BusSender

    return BusSender(Bus(bus.transport_url, bus.exchange, bus.rabbit))
