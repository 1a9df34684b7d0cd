"""Both things that an agent does about watchdogs: its own host's, and slots of others."""

from collections.abc import Mapping

from hostdown.agent.slot_orders import SlotOrders
from hostdown.agent.surroundings import Session
from hostdown.agent.watch_desk import WatchDesk


class HostWatch:
    """`agent.surroundings.Watch`."""

    def __init__(self, desk: WatchDesk, orders: SlotOrders) -> None:
        self._desk = desk
        self._orders = orders

    def began(self, session: Session) -> None:
        """See `Watch`."""
        self._desk.began(session)

    def asked(self, session: Session, answer: Mapping[str, object]) -> None:
        """See `Watch`."""
        self._orders.take(session, answer)
