"""Which deliveries may be sent now: in order per lane, and no receiver waits for another.

A receiver that failed is left alone for a while, longer each time, and then tried with one delivery
alone. A lane whose delivery failed rests as well, by its own count: so what a receiver fails at for
ever holds up nothing but what follows it in its lane.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from hostdown.domain.deliveries import Delivery, pause_s

AT_ONCE_MAX = 16
"""Deliveries that one receiver is sent at a time."""


@dataclass(slots=True)
class _Lane:
    """`left`: of the batch that is sent now; `again`: what of it has failed."""

    batch: int = 0
    left: int = 0
    waiting: deque[Delivery] = field(default_factory=deque)
    again: deque[Delivery] = field(default_factory=deque)
    failures: int = 0
    rests_until: float = 0.0


@dataclass(slots=True)
class _Receiver:
    """`resting`: the lanes in which something has failed."""

    lanes: dict[str, _Lane] = field(default_factory=dict)
    resting: dict[str, _Lane] = field(default_factory=dict)
    ready: deque[Delivery] = field(default_factory=deque)
    sent: int = 0
    held: int = 0
    failures: int = 0
    rests_until: float = 0.0


class Lanes:
    """Times are monotonic seconds. Used by one thread."""

    def __init__(self) -> None:
        self._receivers: dict[str, _Receiver] = {}

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Those that are not known yet, in the order of their rows."""
        for each in deliveries:
            receiver = self._receivers.setdefault(each.receiver, _Receiver())
            lane = receiver.lanes.setdefault(each.lane, _Lane())
            receiver.held += 1
            lane.waiting.append(each)
            if not lane.left or (lane.batch == each.batch and len(lane.waiting) == 1):
                _open(receiver, lane)

    def held(self, receiver: str) -> int:
        """How many of a receiver's are here, those that were sent among them."""
        found = self._receivers.get(receiver)
        return 0 if found is None else found.held

    def next(self, now: float) -> list[Delivery]:
        """What is to be sent now; each comes once, until it was `taken`, `failed` or `given_up`."""
        found: list[Delivery] = []
        for receiver in self._receivers.values():
            if now < receiver.rests_until:
                continue
            _wake(receiver, now)
            most = 1 if receiver.failures else AT_ONCE_MAX
            while receiver.ready and receiver.sent < most:
                receiver.sent += 1
                found.append(receiver.ready.popleft())
        return found

    def due(self) -> float | None:
        """When something that rests has rested; None if nothing does that could be sent then."""
        found = (_due(each) for each in self._receivers.values())
        return min((each for each in found if each is not None), default=None)

    def taken(self, delivery: Delivery) -> None:
        """Its receiver has it. If that had failed at more than one, nothing rests any longer."""
        receiver = self._receivers[delivery.receiver]
        if receiver.failures > 1:
            for lane in receiver.resting.values():
                lane.rests_until = 0.0
        receiver.failures = 0
        receiver.rests_until = 0.0
        self._over(receiver, delivery)

    def given_up(self, delivery: Delivery) -> None:
        """Nobody sends it again; what follows it is sent."""
        self._over(self._receivers[delivery.receiver], delivery)

    def failed(self, delivery: Delivery, now: float) -> None:
        """It is sent again once its receiver and its lane have rested, before what follows it. Of
        several of a lane the last is told first."""
        receiver = self._receivers[delivery.receiver]
        lane = receiver.lanes[delivery.lane]
        receiver.sent -= 1
        receiver.resting[delivery.lane] = lane
        lane.again.appendleft(delivery)
        for each in (receiver, lane):
            if now >= each.rests_until:  # those that were sent together fail together
                each.failures += 1
                each.rests_until = now + pause_s(each.failures)

    def _over(self, receiver: _Receiver, delivery: Delivery) -> None:
        receiver.sent -= 1
        receiver.held -= 1
        lane = receiver.lanes[delivery.lane]
        lane.left -= 1
        lane.failures = 0
        if lane.left:
            return
        if lane.waiting:
            _open(receiver, lane)
        else:
            del receiver.lanes[delivery.lane]
        if not receiver.held:
            del self._receivers[delivery.receiver]


def _wake(receiver: _Receiver, now: float) -> None:
    """What has failed in lanes that have rested goes first."""
    for name in [name for name, lane in receiver.resting.items() if now >= lane.rests_until]:
        again = receiver.resting.pop(name).again
        receiver.ready.extendleft(reversed(again))
        again.clear()


def _due(receiver: _Receiver) -> float | None:
    if receiver.failures and receiver.sent:
        return None
    if receiver.ready:
        return receiver.rests_until if receiver.failures else None
    rests = [lane.rests_until for lane in receiver.resting.values()]
    return max(min(rests), receiver.rests_until) if rests else None


def _open(receiver: _Receiver, lane: _Lane) -> None:
    """The whole of the batch that is first in line."""
    lane.batch = lane.waiting[0].batch
    while lane.waiting and lane.waiting[0].batch == lane.batch:
        lane.left += 1
        receiver.ready.append(lane.waiting.popleft())
