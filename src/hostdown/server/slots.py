"""The places that processes must fill, and how long to wait before one is filled again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from hostdown.config import Settings
from hostdown.server.child import Ready
from hostdown.server.family import Child

BACKOFF_FIRST_S = 0.1
"""Until a process that ended is started anew; each further time in a row twice as long."""
BACKOFF_MAX_S = 5.0
"""The longest such wait."""
DOUBLINGS_MAX = 16
"""Ends in a row that are counted."""


class Kind(NamedTuple):
    """One kind of process: how many there are, and what each does."""

    name: str
    count: Callable[[Settings], int]
    run: Callable[[Settings, int, Ready], int]


@dataclass
class Slot:
    """A place that a process must fill; `successor` is to take over from `child`."""

    kind: Kind
    index: int
    child: Child | None = None
    successor: Child | None = None
    failures: int = 0
    due: float = 0.0

    @property
    def name(self) -> str:
        """As people see it: kind and number, counted from 1."""
        return f"{self.kind.name} {self.index + 1}"

    @property
    def key(self) -> tuple[str, int]:
        """The same for programs."""
        return self.kind.name, self.index

    def failed(self, now: float) -> float:
        """A process ended before it was ready; returns the seconds until the next attempt.

        One that was ready is started anew at once: only repeated failures to start are slowed
        down, up to a limit and without end.
        """
        wait: float = min(BACKOFF_FIRST_S * 2**self.failures, BACKOFF_MAX_S)
        self.failures = min(self.failures + 1, DOUBLINGS_MAX)
        self.due = now + wait
        return wait
