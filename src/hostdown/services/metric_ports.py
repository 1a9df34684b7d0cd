"""What the use cases need to count what they do."""

from collections.abc import Sequence
from typing import Protocol

from hostdown.domain.metrics import Metric, Series


class Counts(Protocol):
    """Counts of one process, from any of its threads; never fails, and takes microseconds."""

    def add(self, metric: Metric, values: tuple[str, ...] = (), times: int = 1) -> None:
        """So many more of a counter; one of `values` for each label."""
        ...

    def observe(self, metric: Metric, values: tuple[str, ...], number: float) -> None:
        """A value more in a histogram."""
        ...


class AllCounts(Protocol):
    """What all processes of a server have counted since it started."""

    def read(self) -> Sequence[Series]:
        """Every series once."""
        ...


class NothingCounted:
    """For whoever counts where nobody wants to know."""

    def add(self, metric: Metric, values: tuple[str, ...] = (), times: int = 1) -> None:
        """See `Counts`."""

    def observe(self, metric: Metric, values: tuple[str, ...], number: float) -> None:
        """See `Counts`."""

    def read(self) -> Sequence[Series]:
        """See `AllCounts`."""
        return ()


NOTHING_COUNTED = NothingCounted()
