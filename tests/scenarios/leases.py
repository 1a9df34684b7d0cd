"""Leases of a simulated pool, whose writes take time, and may be torn by a loss of power."""

from collections.abc import Callable
from copy import deepcopy

from tests.scenarios.world import World

from hostdown.domain.assignment import Holder
from hostdown.domain.lease_text import (
    SLOT_BYTES,
    Bulletin,
    LeaseState,
    bulletins_of,
    next_write,
    slot_text,
)
from hostdown.drivers.memory_leases import MemoryLeases

CALM_SHARE = 0.02
"""How much of a slot is written where no seed says how much: the middle of its text."""


class SimLeases(MemoryLeases):
    """As `LeaseFiles`: a bulletin is read, and later one of its slots is written."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def write(
        self,
        instance: str,
        holder: Holder,
        state: LeaseState,
        following: Holder | None,
        data_gen: int,
        amid: Callable[[], None] = lambda: None,
    ) -> None:
        """Whoever stalls in it, as `amid` may do, writes over what came meanwhile."""
        slot, bulletin = self._next(instance, holder, state, following, data_gen)
        self._world.step()
        amid()
        self._known(instance).slots[slot] = bulletin

    def tear(
        self,
        instance: str,
        holder: Holder,
        state: LeaseState,
        following: Holder | None,
        data_gen: int,
    ) -> None:
        """The same, cut off at some byte."""
        slot, bulletin = self._next(instance, holder, state, following, data_gen)
        share = CALM_SHARE if self._world.calm else self._world.random.random() ** 3
        slots = self._known(instance).slots
        slots[slot] = torn(slots[slot], bulletin, int(share * SLOT_BYTES))

    def snapshot(self) -> "SimLeases":
        """As they are now, to be put back later."""
        made = SimLeases(self._world)
        made._directories = deepcopy(self._directories)
        return made

    def _next(
        self,
        instance: str,
        holder: Holder,
        state: LeaseState,
        following: Holder | None,
        data_gen: int,
    ) -> tuple[int, Bulletin]:
        slots = list(self._known(instance).slots)
        return next_write(slots, holder, state, following, data_gen)


def torn(before: Bulletin | None, after: Bulletin, at: int) -> Bulletin | None:
    """What is read of a slot of which so many bytes were written."""
    old = bytes(SLOT_BYTES) if before is None else slot_text(before)
    return bulletins_of(slot_text(after)[:at] + old[at:])[0]
