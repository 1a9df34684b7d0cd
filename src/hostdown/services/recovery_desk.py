"""What the parts of the controller share: its cell, its policy, and how it writes as the leader."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from hostdown.domain.liveness import Window, window
from hostdown.domain.model import HostRecord
from hostdown.domain.recovery import Ears
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.leadership import Leadership
from hostdown.services.ports import Clock
from hostdown.services.recovery_ports import Recovery
from hostdown.services.recovery_steps import later
from hostdown.services.storm import View
from hostdown.services.surveys import Surveyor

Misses = Callable[[CellRows, str, float], bool]
"""Whether observers find a host silent, by its id, and have said so since then, monotonic seconds
(`services.unreachable`)."""


class RecoveryPolicy(NamedTuple):
    """When a host is fenced, and which of its servers are brought back.

    `missed_after`: so long after a host's last pulse observers know that it is silent.
    """

    enabled: bool
    hold_off: timedelta
    ha_default: bool
    missed_after: timedelta = timedelta(seconds=5)


class Desk:
    """Of one cell's controller. Not safe between threads."""

    def __init__(
        self,
        cell: Cell,
        surveyor: Surveyor,
        leadership: Leadership,
        policy: RecoveryPolicy,
        clock: Clock,
        misses: Misses,
    ) -> None:
        self.cell = cell
        self.surveyor = surveyor
        self.leadership = leadership
        self.policy = policy
        self.clock = clock
        self.misses = misses

    def write(self, work: Callable[[CellRows], bool]) -> bool:
        """As the leader, with all other writers of permits behind (storm-two-leaders)."""

        def led(rows: CellRows) -> bool:
            rows.ledger.next()
            return self.leadership.holds(rows) and work(rows)

        return self.cell.write(led)

    def later(self, seen: Recovery, due_at: datetime) -> None:
        """It is looked at again then."""
        self.cell.write(partial(later, seen=seen, due_at=due_at))

    def record(self, host: str) -> HostRecord | None:
        """Of the host with this name."""
        return self.surveyor.directory.read(lambda rows: rows.hosts.named(host))

    def life(self, now: datetime) -> Window:
        """Until when a report is life."""
        return window(now, self.surveyor.liveness)

    def ears(self, now: datetime) -> Ears:
        """What counts as heard."""
        return Ears(self.life(now), self.policy.missed_after)

    def view(self, now: datetime) -> View:
        """What the storm gate sees by."""
        return View(self.surveyor.zones.current(), self.ears(now), now)
