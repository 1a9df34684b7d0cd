"""Outcomes that wait to be told to the server."""

import threading

from hostdown.domain.assignment import Outcome


class Tidings:
    """`agent.site.Teller`: outcomes that wait to be told, the newest of each instance."""

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}
        self._lock = threading.Lock()
        self._woken = threading.Event()

    def tell(self, outcome: Outcome) -> None:
        """Take it over, in place of an older one of the same instance."""
        with self._lock:
            self._outcomes[outcome.uuid] = outcome
        self.wake()

    def mention(self, outcome: Outcome) -> None:
        """Take it over where none of the same instance waits."""
        with self._lock:
            self._outcomes.setdefault(outcome.uuid, outcome)
        self.wake()

    def some(self, most: int) -> list[Outcome]:
        """Those to tell next."""
        with self._lock:
            return list(self._outcomes.values())[:most]

    def answered(self, outcome: Outcome) -> None:
        """It was heard; a newer one of the same instance stays."""
        with self._lock:
            if self._outcomes.get(outcome.uuid) == outcome:
                del self._outcomes[outcome.uuid]

    def wake(self) -> None:
        """Whoever waits has something to do."""
        self._woken.set()

    def wait(self, seconds: float) -> None:
        """Until woken, or so long."""
        self._woken.wait(seconds)
        self._woken.clear()
