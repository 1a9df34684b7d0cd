"""Which deliveries may be sent now: in order per lane, and no receiver waits for another.

A lane whose delivery failed is left alone for a while, longer each time, and so is a receiver that
was not reached: it is then tried with one delivery alone. What a receiver was reached with and
fails at holds up nothing but what follows it in its lane.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from hostdown.domain.deliveries import Delivery, pause_s

AT_ONCE_MAX = 16
"""Deliveries that one receiver is sent at a time."""
AGAIN_AT_ONCE_MAX = AT_ONCE_MAX // 2
"""So many of them have failed before: those that hang at each attempt leave room for others."""


@dataclass(slots=True)
class _Lane:
    """`left`: of the batch that is sent now; `again`: what of it has failed. `lost`: its receiver
    was not reached with what failed last."""

    batch: int = 0
    left: int = 0
    waiting: deque[Delivery] = field(default_factory=deque)
    again: deque[Delivery] = field(default_factory=deque)
    failures: int = 0
    rests_until: float = 0.0
    lost: bool = False


@dataclass(slots=True)
class _Receiver:
    """`resting`: the lanes in which something has failed; `again`: what of those that have rested.
    `trying`: the numbers of those that were sent again; `failures`: at reaching it, in a row."""

    lanes: dict[str, _Lane] = field(default_factory=dict)
    resting: dict[str, _Lane] = field(default_factory=dict)
    ready: deque[Delivery] = field(default_factory=deque)
    again: deque[Delivery] = field(default_factory=deque)
    sent: int = 0
    trying: set[int] = field(default_factory=set)
    held: int = 0
    failures: int = 0
    rests_until: float = 0.0

    def next(self) -> Delivery | None:
        """What may be sent now; what has failed goes before what is new."""
        if self.sent >= (1 if self.failures else AT_ONCE_MAX):
            return None
        if self.again and len(self.trying) < AGAIN_AT_ONCE_MAX:
            found = self.again.popleft()
            self.trying.add(found.number)
        elif self.ready:
            found = self.ready.popleft()
        else:
            return None
        self.sent += 1
        return found


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
            while (each := receiver.next()) is not None:
                found.append(each)
        return found

    def due(self) -> float | None:
        """When something that rests has rested; None if nothing does that could be sent then."""
        found = (_due(each) for each in self._receivers.values())
        return min((each for each in found if each is not None), default=None)

    def taken(self, delivery: Delivery) -> None:
        """Its receiver has it."""
        receiver = self._receivers[delivery.receiver]
        _reached(receiver)
        self._over(receiver, delivery)

    def given_up(self, delivery: Delivery) -> None:
        """Nobody sends it again; what follows it is sent."""
        self._over(self._receivers[delivery.receiver], delivery)

    def failed(self, delivery: Delivery, now: float, reached: bool = False) -> None:
        """It is sent again once its lane has rested, before what follows it; unless its receiver
        was `reached`, once that has rested, too. Of several of a lane the last is told first."""
        receiver = self._receivers[delivery.receiver]
        lane = receiver.lanes[delivery.lane]
        receiver.sent -= 1
        receiver.trying.discard(delivery.number)
        receiver.resting[delivery.lane] = lane
        lane.again.appendleft(delivery)
        lane.lost = not reached
        if reached:
            _reached(receiver)
        for each in (lane,) if reached else (receiver, lane):
            if now >= each.rests_until:  # those that were sent together fail together
                each.failures += 1
                each.rests_until = now + pause_s(each.failures)

    def _over(self, receiver: _Receiver, delivery: Delivery) -> None:
        receiver.sent -= 1
        receiver.trying.discard(delivery.number)
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


def _reached(receiver: _Receiver) -> None:
    """Lanes rest no longer that rested because it was not."""
    if receiver.failures:
        for lane in receiver.resting.values():
            if lane.lost:
                lane.rests_until = 0.0
    receiver.failures = 0
    receiver.rests_until = 0.0


def _wake(receiver: _Receiver, now: float) -> None:
    """What has failed in lanes that have rested is sent again; what was told last goes first."""
    rested = [name for name, lane in receiver.resting.items() if now >= lane.rests_until]
    for name in reversed(rested):
        again = receiver.resting.pop(name).again
        receiver.again.extend(again)
        again.clear()


def _due(receiver: _Receiver) -> float | None:
    """When something of it may be sent that may not be now."""
    if receiver.failures and receiver.sent:
        return None
    if receiver.ready or receiver.again:
        return receiver.rests_until if receiver.failures else None
    rests = [lane.rests_until for lane in receiver.resting.values()]
    return max(min(rests), receiver.rests_until) if rests else None


def _open(receiver: _Receiver, lane: _Lane) -> None:
    """The whole of the batch that is first in line."""
    lane.batch = lane.waiting[0].batch
    while lane.waiting and lane.waiting[0].batch == lane.batch:
        lane.left += 1
        receiver.ready.append(lane.waiting.popleft())
