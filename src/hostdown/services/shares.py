"""No owner of receivers holds up the others, however many receivers it has that do not answer.

Each may take a seat only while it has fewer than a fourth of those that are free. So whoever is
alone has a fifth of all, the more there are the less each has, and there is always a seat for one
who has none: some twenty owners that take all they can at one moment leave one.
"""

from collections import deque
from collections.abc import Callable, Iterable

from hostdown.domain.deliveries import Delivery, Ended
from hostdown.services.delivery_ports import Sender

FREE_PER_SEAT = 4
"""So many seats must be free for each that an owner has."""


class SharedSender:
    """`services.delivery_ports.Sender`: another one, whose seats are shared."""

    def __init__(self, sender: Sender, owner: Callable[[Delivery], str], seats: int) -> None:
        """`seats`: how many deliveries that one has on their way."""
        self._sender = sender
        self._owner = owner
        self._free = seats
        self._sent: dict[str, int] = {}
        self._waiting: dict[str, deque[Delivery]] = {}
        self.wake, self.close = sender.wake, sender.close

    def begin(self, deliveries: Iterable[Delivery]) -> None:
        begun = []
        for each in deliveries:
            owner = self._owner(each)
            if owner not in self._waiting and self._may_sit(owner):
                self._sit(owner)
                begun.append(each)
            else:
                self._waiting.setdefault(owner, deque()).append(each)
        self._sender.begin(begun)

    def wait(self, timeout_s: float | None) -> list[Ended]:
        ended = self._sender.wait(timeout_s)
        for each in ended:
            self._rise(self._owner(each.delivery))
        self._sender.begin(self._next())
        return ended

    def _next(self) -> list[Delivery]:
        """What waits and finds a seat: first of those who have fewest."""
        begun = []
        while self._waiting:
            owner = min(self._waiting, key=lambda each: self._sent.get(each, 0))
            if not self._may_sit(owner):
                break
            self._sit(owner)
            begun.append(self._waiting[owner].popleft())
            if not self._waiting[owner]:
                del self._waiting[owner]
        return begun

    def _may_sit(self, owner: str) -> bool:
        return FREE_PER_SEAT * self._sent.get(owner, 0) < self._free

    def _sit(self, owner: str) -> None:
        self._sent[owner] = self._sent.get(owner, 0) + 1
        self._free -= 1

    def _rise(self, owner: str) -> None:
        self._free += 1
        self._sent[owner] -= 1
        if not self._sent[owner]:
            del self._sent[owner]
