"""All that a server tells of itself to whoever looks at its metrics."""

from collections.abc import Callable, Iterator, Mapping

from hostdown.domain import metric_table as table
from hostdown.domain.metrics import Series, one, text
from hostdown.domain.pulse import LOST, TAKEN, UNANSWERED
from hostdown.services.gauges import Gauges
from hostdown.services.metric_ports import AllCounts

_PULSES = {
    TAKEN: table.PULSES,
    LOST: table.PULSES_LOST,
    UNANSWERED: table.PULSES_UNANSWERED,
}


class Scrape:
    """Called by any thread."""

    def __init__(
        self,
        counts: AllCounts,
        gauges: Gauges,
        pulses: Callable[[], Mapping[str, int]] | None,
        version: str,
    ) -> None:
        """`pulses`: how many were taken, were lost, and were refused, by name; None where nobody
        hears any."""
        self._counts = counts
        self._gauges = gauges
        self._pulses = pulses
        self._version = version

    def __call__(self) -> str:
        """The text; takes about as long as the slowest database, and never fails."""
        return text(self._series())

    def _series(self) -> Iterator[Series]:
        yield one(table.BUILD, 1, self._version)
        yield from self._counts.read()
        yield from self._gauges.read()
        pulses: Mapping[str, int] = {} if self._pulses is None else self._pulses()
        for name, number in pulses.items():
            if name in _PULSES:
                yield one(_PULSES[name], number)
            else:
                yield one(table.PULSES_REFUSED, number, name)
