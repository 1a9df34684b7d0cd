"""Hypervisors of every kind for the contract test, each with what tests do beside it."""

import os
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from tests.guests import disk
from tests.guests.libvirtd import Libvirtd
from tests.guests.qemu import running
from tests.processes.harness import until

from hostdown.agent.guests import GuestEvents, Guests, GuestSpec
from hostdown.domain.assignment import Holder
from hostdown.drivers.fake_guests import FakeGuests, FakeStorage
from hostdown.drivers.system_clock import SystemClock
from hostdown.services.ports import Clock

HOLDER = Holder(3, "0b5a2f1c-6d1f-4c86-9f0e-6a3f0d9b7c11", 2)


CALL_LIMIT_S = 2.0
"""Shorter than in earnest."""


class Driver(Guests, GuestEvents, Protocol):
    """The two ports that one driver implements."""


class World(ABC):
    """`tick_s`: longest time between two counts."""

    tick_s = 1.2

    def __init__(self, guests: Driver, directory: Path) -> None:
        self.guests = guests
        self.event = threading.Event()
        """Set after each event."""
        guests.watch(self.event.set)
        self._directory = directory

    def spec(self) -> GuestSpec:
        """One more guest, with a disk that nobody has booted from."""
        uuid = str(uuid4())
        path = disk.make_disk(self._directory / uuid)
        name = f"instance-{uuid[:8]}"
        return GuestSpec(uuid, name, HOLDER, 1, 8, path, "raw", "none", "")

    def close(self) -> None:
        """Leaves no guest."""
        for guest in self.guests.inventory():
            self.guests.end(guest.uuid, timedelta(0))

    @abstractmethod
    def count(self, spec: GuestSpec) -> int:
        """How far a guest has counted."""

    @abstractmethod
    def die(self, spec: GuestSpec) -> None:
        """It is killed by somebody else."""

    @abstractmethod
    def held_elsewhere(self, spec: GuestSpec) -> AbstractContextManager[object]:
        """Another host's guest writes to its disk."""

    @abstractmethod
    def silent(self) -> AbstractContextManager[object]:
        """The hypervisor does not answer."""

    def away(self) -> AbstractContextManager[object]:
        """The hypervisor is not there, and its guests go on."""
        return self.silent()

    def processes(self, spec: GuestSpec) -> list[int]:
        """The process numbers of a guest, of any hypervisor."""
        return []


class FakeWorld(World):
    tick_s = 0.05

    def __init__(self, directory: Path, kept: Path | None) -> None:
        self._storage: FakeStorage = {}
        self._fake = FakeGuests(SystemClock(), self._storage, kept, tick_s=0.02)
        super().__init__(self._fake, directory)

    def count(self, spec: GuestSpec) -> int:
        return self._fake.count(spec.uuid)

    def die(self, spec: GuestSpec) -> None:
        self._fake.die(spec.uuid)

    @contextmanager
    def held_elsewhere(self, spec: GuestSpec) -> Iterator[None]:
        other = FakeGuests(SystemClock(), self._storage)
        other.create(spec._replace(uuid=str(uuid4())))
        yield
        other.end(other.inventory()[0].uuid, timedelta(0))

    @contextmanager
    def silent(self) -> Iterator[None]:
        self._fake.trouble.silent = "a test wants it so"
        yield
        self._fake.trouble.silent = None


class LibvirtWorld(World):
    """Real guests, or those of libvirt's test driver, where no daemon is given."""

    def __init__(
        self, directory: Path, daemon: Libvirtd | None, clock: Clock | None = None
    ) -> None:
        from hostdown.drivers.libvirt_guests import LibvirtGuests  # not on every machine
        from hostdown.drivers.libvirt_link import LibvirtLink

        self._daemon = daemon
        self.link = LibvirtLink(daemon.uri if daemon else "test:///default", CALL_LIMIT_S)
        kind = "qemu" if daemon else "test"
        super().__init__(
            LibvirtGuests(self.link, lambda: kind, None, clock or SystemClock()), directory
        )

    def close(self) -> None:
        super().close()
        self.link.close()

    def count(self, spec: GuestSpec) -> int:
        return disk.count(spec.disk).counter

    def die(self, spec: GuestSpec) -> None:
        for pid in self.processes(spec):
            os.kill(pid, signal.SIGKILL)

    @contextmanager
    def held_elsewhere(self, spec: GuestSpec) -> Iterator[None]:
        with running(spec.disk):
            disk.counted(spec.disk, beyond=0)
            yield

    def silent(self) -> AbstractContextManager[object]:
        assert self._daemon is not None
        return self._daemon.hanging()

    @contextmanager
    def away(self) -> Iterator[None]:
        assert self._daemon is not None
        with self._daemon.gone():
            until(lambda: bool(self.link.lost()))
            yield

    def processes(self, spec: GuestSpec) -> list[int]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                arguments = path.read_bytes()
            except OSError:  # it ended meanwhile
                continue
            if b"\0-uuid\0" + spec.uuid.encode() + b"\0" in arguments:
                found.append(int(path.parent.name))
        return found
