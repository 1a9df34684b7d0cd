"""Looks at the slots of hosts that were proven over, for as long as they have a recovery (F5).

What wrote to a slot before the proof may arrive a little after it; what is renewed later is written
by a host that lives: its proof is void. Whoever lives does so soon after a false proof, so looks
are frequent at first. Times are of this leader's own monotonic clock; another one begins anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hostdown.domain.slots import Do, Renewals, lived_on
from hostdown.services import watchdog_steps as steps
from hostdown.services.cell_ports import CellRows
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Recovery
from hostdown.services.recovery_steps import BEFORE, IN_FLIGHT
from hostdown.services.slot_readers import SlotReaders, by_pool
from hostdown.services.watchdog_ports import Watchdog

FIRST_GAP_S, GAP_MAX_S = 2.0, 60.0
"""Between two looks; each gap is twice the one before."""


@dataclass(slots=True)
class _Watch:
    """Of one host. `asked`: when the look was ordered that is not judged yet; `lives`: what shows
    that it does."""

    dog: Watchdog | None
    due: float
    known: Renewals = field(default_factory=dict)
    gap_s: float = FIRST_GAP_S
    asked: float | None = None
    turn: int = 0
    lives: str | None = None


class SlotWatch:
    """Of one cell's hosts. Called by one thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._readers = SlotReaders(desk)
        self._watches: dict[int, _Watch] = {}
        """By the recovery's id."""

    def look_at(self, recoveries: Sequence[Recovery]) -> None:
        """These are all that are open."""
        after = {each.id for each in recoveries if each.stage not in BEFORE}
        self._watches = {n: each for n, each in self._watches.items() if n in after}

    def life_of(self, seen: Recovery, boot: int | None, now: datetime) -> str | None:
        """What shows that the boot lives that was proven over; raises what databases raise."""
        if seen.stage in BEFORE or boot != seen.boot:
            return None
        watch = self._watches.get(seen.id)
        if watch is None:
            watch = self._watches[seen.id] = self._begun(seen)
        if watch.dog is None:
            return None
        if watch.asked is not None:
            self._judge(seen, watch, watch.dog, watch.asked)
        elif self._now() >= watch.due:
            self._order(seen, watch, watch.dog, now)
        return watch.lives

    def _now(self) -> float:
        return self._desk.clock.monotonic()

    def _begun(self, seen: Recovery) -> _Watch:
        """Nothing is to be looked at where nothing proves, or there is no slot."""

        def look(rows: CellRows) -> Watchdog | None:
            is_proven = rows.proofs.covering(seen.host_id, seen.boot)
            return steps.armed(rows, seen) if is_proven else None

        dog = self._desk.cell.read(look)
        return _Watch(dog if dog and dog.pools else None, self._now() + IN_FLIGHT.total_seconds())

    def _order(self, seen: Recovery, watch: _Watch, dog: Watchdog, now: datetime) -> None:
        watch.turn += 1
        orders, _ = self._readers.orders(seen, dog, Do.READ, watch.turn, now)
        watch.asked = self._now()

        def work(rows: CellRows) -> bool:
            steps.order(rows, seen, Do.READ, orders)
            return True

        self._desk.write(work)

    def _judge(self, seen: Recovery, watch: _Watch, dog: Watchdog, asked: float) -> None:
        """Once each reader has answered, or it is too late."""
        orders = self._readers.answers(seen, asked)
        if orders is None:
            return
        look = by_pool(dog.pools, orders)
        watch.known, watch.lives = lived_on(look, dog.boot_id, watch.known)
        watch.asked, watch.due = None, self._now() + watch.gap_s
        watch.gap_s = min(2 * watch.gap_s, GAP_MAX_S)
