"""`services.delivery_ports.Sender` over a message bus: one message after another, in one thread.

A broker confirms each in about a millisecond, so nobody waits for anything but the broker.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Protocol

import orjson

from hostdown.domain.deliveries import Delivery, Ended, Verdict

LOG = logging.getLogger(__name__)

MESSAGE_BYTES_MAX = 16 * 2**20
"""Of one message: what RabbitMQ takes unless it is told otherwise."""


class NotTaken(Exception):
    """A bus may not have a message; the text says why, and holds no password. `retry`: it may take
    it later."""

    def __init__(self, reason: str, retry: bool) -> None:
        super().__init__(reason)
        self.retry = retry


class Publisher(Protocol):
    """A message bus."""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    def publish(self, topic: str, message: Mapping[str, object]) -> None:
        """Returns once the bus has it; raises NotTaken."""
        ...

    def close(self) -> None: ...


class BusSender:
    """A delivery's target is the topic."""

    def __init__(self, bus: Publisher) -> None:
        self._bus = bus
        self._waiting: deque[Delivery] = deque()
        self._woken = threading.Event()
        self._fails = False

    def begin(self, deliveries: Iterable[Delivery]) -> None:
        self._waiting.extend(deliveries)

    def wait(self, timeout_s: float | None) -> list[Ended]:
        """Sends what waits. With the first failure all that is left has failed, for each would wait
        as long; the last comes first, for so they are put back into their order."""
        if not self._waiting:
            self._woken.wait(timeout_s)
            self._woken.clear()
        ended: list[Ended] = []
        while self._waiting:
            result = self._send(self._waiting.popleft())
            if result.verdict is Verdict.FAILED:
                ended += [result._replace(delivery=each) for each in reversed(self._waiting)]
                self._waiting.clear()
            ended.append(result)
        return ended

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        self._bus.close()

    def _send(self, delivery: Delivery) -> Ended:
        if len(delivery.body) > MESSAGE_BYTES_MAX:
            reason = f"It is longer than the {MESSAGE_BYTES_MAX} bytes that a message may have."
            return Ended(delivery, Verdict.REFUSED, reason)
        try:
            message = orjson.loads(delivery.body)
        except orjson.JSONDecodeError:
            return Ended(delivery, Verdict.REFUSED, "It is no message.")
        try:
            self._bus.publish(delivery.target, message)
        except NotTaken as error:
            reason = f"The bus did not take it: {error}."
            if not error.retry:
                return Ended(delivery, Verdict.REFUSED, reason)
            self._tell(reason)
            return Ended(delivery, Verdict.FAILED, reason)
        if self._fails:
            LOG.info("Notifications go to %s again.", self._bus.place)
            self._fails = False
        return Ended(delivery, Verdict.TAKEN)

    def _tell(self, reason: str) -> None:
        level = logging.DEBUG if self._fails else logging.WARNING
        LOG.log(level, "Notifications wait until %s takes them. %s", self._bus.place, reason)
        self._fails = True
