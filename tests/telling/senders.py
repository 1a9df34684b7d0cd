"""A channel whose receivers do as a test says."""

from collections.abc import Callable, Iterable

from hostdown.domain.deliveries import Delivery, Ended, Verdict


class FakeSender:
    """`services.delivery_ports.Sender`: `fate` says at once what becomes of each delivery.

    None: nothing is heard of it before `end`.
    """

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.fate: Callable[[Delivery], Verdict | None] = lambda _: Verdict.TAKEN
        self._ended: list[Ended] = []
        self.open: list[Delivery] = []

    def begin(self, deliveries: Iterable[Delivery]) -> None:
        for each in deliveries:
            self.sent.append(each.id)
            verdict = self.fate(each)
            if verdict is None:
                self.open.append(each)
            else:
                self._ended.append(Ended(each, verdict, "" if verdict is Verdict.TAKEN else "no"))

    def end(self, verdict: Verdict = Verdict.TAKEN) -> None:
        """All that are open."""
        self._ended += [Ended(each, verdict) for each in self.open]
        self.open = []

    def fail(self, delivery: Delivery) -> None:
        """One that was open."""
        self._ended.append(Ended(delivery, Verdict.FAILED, "no"))

    def wait(self, _timeout_s: float | None) -> list[Ended]:
        ended, self._ended = self._ended, []
        return ended

    def wake(self) -> None:
        """Nobody sleeps here."""

    def close(self) -> None:
        """There is nothing to let go."""
