"""Who asks what is outside of this process, so that the controller never waits for it."""

from collections.abc import Callable
from typing import Protocol, TypeVar

K = TypeVar("K", contravariant=True)
R = TypeVar("R")


class Crew(Protocol[K, R]):
    """Does some things at a time, of each key one."""

    def begin(self, key: K, work: Callable[[], R], is_urgent: bool = True) -> bool:
        """Do it; False if the last one of this key has not ended, or all are busy.

        What is not urgent, as a look at a host that nobody fences, never has more than half of
        them, though all that is asked is dead.
        """
        ...

    def is_free(self, key: K) -> bool:
        """Whether `begin` would do now what is urgent."""
        ...

    def results(self) -> list[R]:
        """What ended since the last call."""
        ...
