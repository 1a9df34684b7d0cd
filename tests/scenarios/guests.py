"""Guests of one simulated host: made-up ones that count on their disks, once a second."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from tests.scenarios.pools import PoolPath, Written
from tests.scenarios.world import World

from hostdown.agent.guests import Guest, GuestSpec
from hostdown.domain.assignment import Holder
from hostdown.domain.guest_errors import NotGone
from hostdown.drivers.fake_guests import FakeGuests, FakeStorage, Running

Told = Callable[[str, str], None]
"""Is told what befell which instance."""


class Copy(NamedTuple):
    """A process with the instance's disk open. `left`: what it wrote last, None before it ran."""

    holder: Holder
    mark: str
    left: Written | None = None


class SimGuests:
    """`agent.guests.Guests` of one boot of one host."""

    def __init__(
        self, world: World, name: str, path: PoolPath, locks: FakeStorage, told: Told
    ) -> None:
        self.fake = FakeGuests(world, locks)
        self.copies: dict[str, Copy] = {}
        self.running: dict[str, Copy] = {}
        """Those of them that are let run."""
        self.hung: set[str] = set()
        """Processes that wait for storage, and end no other way."""
        self.slow_s = 0.0
        """How long the hypervisor takes to make a guest."""
        self.failed: set[str] = set()
        """Whose storage came back with errors: their locks were lost, and they write no more."""
        self.saved: dict[str, Written | None] = {}
        self.twins: list[str] = []
        """Who found that somebody else had written to its disk."""
        self._world = world
        self._name = name
        self._path = path
        self._told = told
        self._made = 0

    # ---------------------------------------------------------------------------------- the port

    def inventory(self) -> Sequence[Guest]:
        self._world.step()
        return self.fake.inventory()

    def create(self, spec: GuestSpec) -> None:
        self._world.sleep(self.slow_s + self._world.hurry())
        self.fake.create(spec)
        self._made += 1
        mark = f"{self._name} g{spec.holder.generation} no {self._made}"
        left = self.saved.get(spec.uuid) if spec.saved else None
        self.copies[spec.uuid] = Copy(spec.holder, mark, left)
        self._world.step()

    def go(self, uuid: str) -> None:
        self._world.step()
        self.fake.go(uuid)
        self.running[uuid] = self.copies[uuid]
        self._told(uuid, f"runs on {self._name} under g{self.copies[uuid].holder.generation}")
        self.write(uuid)

    def pause(self, uuid: str) -> None:
        self._world.step()
        self.fake.pause(uuid)
        self.running.pop(uuid, None)
        self._told(uuid, f"is paused on {self._name}")

    def save(self, uuid: str, path: Path) -> None:
        self._world.step()
        self.fake.save(uuid, path)
        self.saved[uuid] = self.copies[uuid].left
        self._drop(uuid, "is saved")

    def end(self, uuid: str, grace: timedelta) -> None:
        self._world.step()
        if uuid in self.hung and uuid in self.copies:
            raise NotGone(pid=1, uuid=uuid)
        was_copy = uuid in self.copies and not self.copies[uuid].mark
        self.fake.end(uuid, grace)
        if was_copy:
            self.copies.pop(uuid)
            return
        self._drop(uuid, "is killed" if grace == timedelta(0) else "ends")

    # ------------------------------------------------------------------------- for those that send

    def take_in(self, uuid: str, guest: Running, copy: Copy) -> None:
        """A copy that another host sends, whole or not; it stands still."""
        self.fake.take_in(uuid, guest)
        self.copies[uuid] = copy

    def drop_copy(self, uuid: str) -> None:
        """What is not whole is worth nothing."""
        self.fake.end(uuid, timedelta(0))
        self.copies.pop(uuid, None)

    def stand_still(self, uuid: str) -> bool:
        """All of it is on its way; whether it ran."""
        self.fake.pause(uuid)
        return self.running.pop(uuid, None) is not None

    def leave(self, uuid: str) -> None:
        """Its process is gone; it goes on elsewhere."""
        self.fake.end(uuid, timedelta(0))
        self._drop(uuid, "leaves from")

    # ------------------------------------------------------------------------------- for the world

    def die(self, uuid: str) -> None:
        """By itself."""
        self.fake.die(uuid)
        self._drop(uuid, "dies")

    def lose_power(self, keep_locks: bool) -> None:
        """All are gone; `keep_locks`: who has the storage does not know it yet."""
        for uuid in list(self.copies):
            if not keep_locks:
                self.fake.end(uuid, timedelta(0))
        self.copies.clear()
        self.running.clear()

    def write(self, uuid: str) -> None:
        """One number further, from where it found the disk when it began."""
        if self._path.is_cut or uuid in self.failed:
            return  # it waits for its storage
        copy = self.copies[uuid]
        found = self._path.pool.written.get(uuid)
        if found is None:
            self.twins.append(f"{copy.mark} finds no disk")
            return
        if copy.left is not None and found != copy.left:
            self.twins.append(f"{copy.mark} left {copy.left}, finds {found}")
        left = Written(max(found.count, 0 if copy.left is None else copy.left.count) + 1, copy.mark)
        self._path.pool.written[uuid] = left
        self.copies[uuid] = self.running[uuid] = copy._replace(left=left)

    def _drop(self, uuid: str, how: str) -> None:
        copy = self.copies.pop(uuid, None)
        self.running.pop(uuid, None)
        self.failed.discard(uuid)
        if copy is not None:
            self._told(
                uuid, f"{how} {self._name}" if how.endswith("from") else f"{how} on {self._name}"
            )
