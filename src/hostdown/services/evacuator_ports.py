"""Who brings the servers of a dead host back: our own cell, or the Controller beside us (a Nova).

The rules before, what is silent, held, fenced and proven, are the same whoever does it.
"""

from datetime import datetime
from typing import Protocol

from hostdown.services.recovery_ports import Recovery


class Evacuator(Protocol):
    """Called by who leads, in one thread, and never waits. Raises what a cell raises."""

    def turn(self, now: datetime) -> None:
        """Take in what came of what was asked before."""
        ...

    def evacuate(self, seen: Recovery, now: datetime) -> None:
        """Take a recovery further whose host is proven dead, or off by a word; it is due."""
        ...

    def lets_up(self, seen: Recovery, now: datetime) -> bool:
        """Whether nothing stands against that its host, which is back, counts as up again."""
        ...
