"""No owner of receivers holds up the others, however many receivers it has that do not answer."""

from collections import deque
from collections.abc import Callable, Iterable

from hostdown.domain.deliveries import Delivery, Ended
from hostdown.services.delivery_ports import Sender

OWNER_AT_ONCE_MAX = 64
"""Requests of one owner that are on their way; a fourth of what a sender has on its way."""


class SharedSender:
    """`services.delivery_ports.Sender`: another one, of which each owner has a share."""

    def __init__(
        self,
        sender: Sender,
        owner: Callable[[Delivery], str],
        most: int = OWNER_AT_ONCE_MAX,
    ) -> None:
        self._sender = sender
        self._owner = owner
        self._most = most
        self._sent: dict[str, int] = {}
        self._waiting: dict[str, deque[Delivery]] = {}
        self.wake, self.close = sender.wake, sender.close

    def begin(self, deliveries: Iterable[Delivery]) -> None:
        begun = []
        for each in deliveries:
            owner = self._owner(each)
            if self._sent.get(owner, 0) >= self._most:
                self._waiting.setdefault(owner, deque()).append(each)
                continue
            self._sent[owner] = self._sent.get(owner, 0) + 1
            begun.append(each)
        self._sender.begin(begun)

    def wait(self, timeout_s: float | None) -> list[Ended]:
        ended = self._sender.wait(timeout_s)
        self._sender.begin([next_one for each in ended for next_one in self._over(each.delivery)])
        return ended

    def _over(self, delivery: Delivery) -> list[Delivery]:
        """What of the same owner is sent in its place."""
        owner = self._owner(delivery)
        waiting = self._waiting.get(owner)
        if not waiting:
            self._sent[owner] -= 1
            if not self._sent[owner]:
                del self._sent[owner]
            return []
        following = waiting.popleft()
        if not waiting:
            del self._waiting[owner]
        return [following]
