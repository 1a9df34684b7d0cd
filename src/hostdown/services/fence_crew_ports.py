"""Who talks to fence devices, so that the controller never waits for one."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.services.fence_ports import Seen


class Reached(NamedTuple):
    """What came of asking a level of a recovery's host: what was seen, or why nothing was.

    `retry`: whether the same again can help. `cut`: a power-off was sent and accepted before.
    """

    recovery: int
    level: int
    at: datetime
    seen: Seen | None
    error: str | None = None
    retry: bool = True
    cut: bool = False


class FenceCrew(Protocol):
    """Asks devices, some at a time."""

    def begin(self, recovery: int, work: Callable[[], Reached], is_urgent: bool = True) -> bool:
        """Do it; False if this recovery's last one has not ended, or all are busy.

        What is not urgent, as a look at a host that nobody fences, never has more than half of
        them, though all its devices are dead.
        """
        ...

    def is_free(self, recovery: int) -> bool:
        """Whether `begin` would do now what is urgent."""
        ...

    def results(self) -> list[Reached]:
        """What ended since the last call."""
        ...
