"""What comes of asking fence devices."""

from datetime import datetime
from typing import NamedTuple

from hostdown.services.crew_ports import Crew
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


FenceCrew = Crew[int, Reached]
"""Asks devices, for each recovery one at a time."""
