"""Pools of the simulated hosts: leases, disks with a counter on each, and what can befall them.

What runs on a disk counts on it, once a second, from where it found it, and writes its own mark
beside the number. Who finds another number than it left, or another mark, has a twin.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from tests.scenarios.leases import SimLeases
from tests.scenarios.world import World

from hostdown.agent.pools import PoolSeen
from hostdown.domain.assignment import Holder
from hostdown.domain.disks import DiskFile, DiskRecipe
from hostdown.domain.lease import Lease
from hostdown.domain.lease_text import Claim, LeaseState
from hostdown.domain.pool_errors import LeaseUnreadable, PoolAbsent
from hostdown.domain.pools import PoolClass
from hostdown.drivers.fake_guests import FakeStorage
from hostdown.drivers.memory_disks import MemoryDisks
from hostdown.drivers.memory_watch_slots import MemoryWatchSlots


class Written(NamedTuple):
    """What stands on a disk: how far somebody counted, and whose mark is beside it."""

    count: int = 0
    mark: str = ""


@dataclass
class SimPool:
    """One storage file system. `locks`: who holds which disk's lock, for all hosts that have it."""

    id: str
    kind: PoolClass
    memory: Path
    world: World
    locks: FakeStorage = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    """By instance, as long as it has a disk here."""
    aside: dict[str, int] = field(default_factory=dict)
    """Copies that were set aside, by instance, with their generation."""

    snapshot: SimLeases | None = None
    """The leases of an earlier moment."""

    def __post_init__(self) -> None:
        self.leases = SimLeases(self.world)
        self.watched = MemoryWatchSlots(self.id)
        self.disks = MemoryDisks(self.memory)

    def seen(self) -> PoolSeen:
        return PoolSeen(self.id, self.kind)


def go_on() -> None:
    """Nothing comes between."""


class PoolPath:
    """`agent.ports.Leases`, `Disks`, `Copies` and `agent.pools.Pool` of one host on its pool.

    `away` is raised by whatever is asked while it is set; `seen` answers at all times.
    """

    def __init__(self, world: World, pool: SimPool) -> None:
        self.pool = pool
        self.is_cut = False
        self.is_empty = False
        """Something else is mounted there, without the pool's marker."""
        self.fails: Callable[[], None] | None = None
        """Ends the host in the middle of the next bulletin that it writes."""
        self.stalls: Callable[[], None] = go_on
        """Comes between the look and the write of the next one."""
        self._world = world

    def seen(self) -> PoolSeen:
        return PoolSeen() if self.is_empty else self.pool.seen()

    def _reach(self) -> None:
        self._world.step()
        if self.is_empty:
            raise PoolAbsent(path="/pool", reason="there is no marker")

    def _reach_lease(self, instance: str) -> None:
        self._reach()
        if self.is_cut:
            raise LeaseUnreadable(instance=instance, reason="the storage does not answer")

    def _reach_disk(self) -> None:
        self._reach()
        if self.is_cut:
            raise PoolAbsent(path="/pool", reason="the storage does not answer")

    # ---------------------------------------------------------------------------------- leases

    def read(self, instance: str) -> Lease | None:
        self._reach_lease(instance)
        return self.pool.leases.read(instance)

    def claim(self, claim: Claim, after: int) -> Claim:
        self._reach_lease(claim.instance)
        return self.pool.leases.claim(claim, after)

    def write(
        self,
        instance: str,
        holder: Holder,
        state: LeaseState,
        following: Holder | None,
        data_gen: int,
    ) -> None:
        self._reach_lease(instance)
        fails, self.fails = self.fails, None
        if fails is not None:
            self.pool.leases.tear(instance, holder, state, following, data_gen)
            fails()
        stalls, self.stalls = self.stalls, go_on
        self.pool.leases.write(instance, holder, state, following, data_gen, stalls)

    def clean(self, instance: str, host: str) -> None:
        self._reach_lease(instance)

    # ----------------------------------------------------------------------------------- disks

    def make(self, instance: str, recipe: DiskRecipe, host: str) -> None:
        self._reach_disk()
        self.pool.disks.make(instance, recipe, host)
        self.pool.written[instance] = Written()

    def find(self, instance: str) -> DiskFile | None:
        self._reach_disk()
        return self.pool.disks.find(instance)

    def grow(self, instance: str, root_gb: int) -> None:
        self._reach_disk()

    def drop_saved(self, instance: str) -> None:
        self._reach_disk()
        self.pool.disks.drop_saved(instance)

    def sync(self, instance: str) -> None:
        self._reach_disk()

    def remove(self, instance: str) -> None:
        self._reach_disk()
        self.pool.disks.remove(instance)
        self.pool.written.pop(instance, None)

    def tidy(self, host: str) -> None:
        """Nothing is ever fetched."""

    # ---------------------------------------------------------------------------------- copies

    def set_aside(self, instance: str, generation: int) -> None:
        self._reach_disk()
        if self.pool.written.pop(instance, None) is not None:
            self.pool.disks.remove(instance)
            self.pool.aside[instance] = generation

    def sweep(self, now: datetime) -> None:
        """A week is longer than any scenario, and tombstones are looked at when it is over."""


Pools = Callable[[str], SimPool]
"""The pool of a host, by the host's name."""
