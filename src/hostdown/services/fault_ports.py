"""What others said of hosts, as kept in a cell."""

from datetime import datetime
from typing import Protocol

from hostdown.domain.fault_events import FaultEvent

KEPT_MAX = 200
"""Events of one host; older ones are forgotten."""
STANDING_MAX = 10_000
"""Events that are looked through for those that stand."""


class FaultEventRows(Protocol):
    """The events about one cell's hosts."""

    def put(self, event: FaultEvent, same_since: datetime) -> FaultEvent:
        """Keep it, under an id of its own; or count it, if the same was said after that time.

        The same has its host, source, kind and the source's own id. Of a host the newest KEPT_MAX
        are kept.
        """
        ...

    def of_host(self, host_id: str, limit: int) -> list[FaultEvent]:
        """What was said of a host, newest first."""
        ...

    def since(self, at: datetime) -> list[FaultEvent]:
        """What was said of any host at that time or later, newest first, STANDING_MAX at most."""
        ...
