"""Guests that are made up: a count that grows while they run, for swarms and tests.

They cost no thread and no process, so one process holds thousands of hosts of them. Hosts that
share a `FakeStorage` lock each other's disks out as QEMU does. With a directory, guests outlive the
process, as real ones outlive an agent.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from hostdown.domain.assignment import Failure, Holder, PowerState
from hostdown.domain.errors import HostdownError
from hostdown.domain.guest_errors import GuestRefused, GuestUnknown, HypervisorSilent, ImageLocked
from hostdown.domain.guests import Guest, GuestSpec
from hostdown.services.ports import Clock

TICK_S = 1.0
"""Seconds between two counts of a made-up guest."""

_CHANCE = secrets.SystemRandom()

FakeStorage = dict[str, str]
"""Which guest holds the lock of a disk, by the disk's path; one for all hosts that share disks."""


@dataclass
class Trouble:
    """What goes wrong, by the name of the method, for as long as it is set.

    `before` is raised instead of doing it, `after` once it is done; `delay_s` is how long it takes.
    `fails` is the share of calls that are refused, from 0 to 1.
    """

    silent: str | None = None
    """Why the hypervisor does not answer; None if it does."""
    before: dict[str, HostdownError] = field(default_factory=dict)
    after: dict[str, HostdownError] = field(default_factory=dict)
    delay_s: dict[str, float] = field(default_factory=dict)
    fails: dict[str, float] = field(default_factory=dict)


class Running(NamedTuple):
    """`counted` when it last stood still; since `since` it runs, None: it stands still.

    `locked`: it holds its disk's lock, if it is one that takes it (`locking`).
    """

    holder: Holder
    vcpus: int
    memory_mb: int
    disk: str
    mark: int
    counted: int
    since: float | None
    locking: bool
    locked: bool
    in_transit: bool = False


class FakeGuests:
    """`agent.guests.Guests` and `GuestEvents` of one host, with a few more methods for tests."""

    def __init__(
        self,
        clock: Clock,
        storage: FakeStorage | None = None,
        directory: Path | None = None,
        tick_s: float = TICK_S,
        trouble: Trouble | None = None,
    ) -> None:
        self.trouble = trouble or Trouble()
        self._clock = clock
        self._storage: FakeStorage = {} if storage is None else storage
        self._directory = directory
        self._tick_s = tick_s
        self._lock = threading.Lock()
        self._guests: dict[str, Running] = {}
        self._callback: Callable[[], None] | None = None
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            for file in directory.glob("*.json"):
                self._load(file)

    # ------------------------------------------------------------------------------- the ports

    def watch(self, callback: Callable[[], None]) -> None:
        """It is called in the thread that changes a guest."""
        self._callback = callback

    def inventory(self) -> Sequence[Guest]:
        """See `agent.guests`."""
        with self._asked("inventory"):
            return [
                Guest(
                    uuid,
                    it.holder,
                    PowerState.PAUSED if it.since is None else PowerState.RUNNING,
                    it.in_transit,
                )
                for uuid, it in self._guests.items()
            ]

    def create(self, spec: GuestSpec) -> None:
        """See `agent.guests`."""
        with self._asked("create"):
            if spec.uuid in self._guests:
                raise _refused(f"domain '{spec.name}' is already active")
            disk = str(spec.disk)
            if spec.locking and self._storage.get(disk) is not None:
                raise ImageLocked(disk=spec.disk)
            mark, counted = _remembered(spec.saved) if spec.saved else (secrets.randbits(32), 0)
            if spec.locking:
                self._storage[disk] = spec.uuid
            shape = (spec.holder, spec.vcpus, spec.memory_mb, disk)
            locks = (spec.locking, spec.locking)
            self._put(spec.uuid, Running(*shape, mark, counted, None, *locks))

    def go(self, uuid: str) -> None:
        """See `agent.guests`."""
        with self._asked("go"):
            guest = self._locked(uuid, self._known(uuid))
            if guest.since is None:
                self._put(uuid, guest._replace(since=self._clock.monotonic()))

    def pause(self, uuid: str) -> None:
        """See `agent.guests`."""
        with self._asked("pause"):
            self._put(uuid, self._stood_still(self._known(uuid)))

    def save(self, uuid: str, path: Path) -> None:
        """See `agent.guests`."""
        with self._asked("save"):
            guest = self._stood_still(self._known(uuid))
            path.write_text(json.dumps([guest.mark, guest.counted]))
            self._drop(uuid)

    def end(self, uuid: str, grace: timedelta) -> None:
        """It obeys at once, whatever the grace, and also while the hypervisor does not answer."""
        with self._asked("end", answers=True):
            self._drop(uuid)

    # -------------------------------------------------------------------- for who sends guests

    def copy_of(self, uuid: str, holder: Holder) -> Running:
        """As another host has it while it is sent there: not whole, and without the lock."""
        with self._lock:
            guest = self._stood_still(self._known(uuid))
            return guest._replace(holder=holder, locked=False, in_transit=True)

    def take_in(self, uuid: str, guest: Running) -> None:
        """A copy of a guest that another host sends, in place of an older one."""
        with self._lock:
            self._put(uuid, guest)
        self._tell()

    def has(self, uuid: str, holder: Holder) -> bool:
        """Whether a copy for this holder is there that is not whole yet."""
        with self._lock:
            guest = self._guests.get(uuid)
            return guest is not None and guest.holder == holder and guest.in_transit

    # ---------------------------------------------------------------------- for who looks on

    def count(self, uuid: str) -> int:
        """How far it has counted."""
        with self._lock:
            return self._stood_still(self._known(uuid)).counted

    def die(self, uuid: str) -> None:
        """As if its process were killed by somebody else."""
        with self._lock:
            self._known(uuid)
            self._drop(uuid)
        self._tell()

    def used(self) -> tuple[int, int, int]:
        """Guests, their processors and their memory in MiB."""
        with self._lock:
            guests = self._guests.values()
            return len(guests), sum(it.vcpus for it in guests), sum(it.memory_mb for it in guests)

    # ---------------------------------------------------------------------------------- within

    @contextmanager
    def _asked(self, method: str, answers: bool = False) -> Iterator[None]:
        delay_s = self.trouble.delay_s.get(method)
        if delay_s:
            threading.Event().wait(delay_s)
        if self.trouble.silent is not None and not answers:
            raise HypervisorSilent(reason=self.trouble.silent)
        if _CHANCE.random() < self.trouble.fails.get(method, 0.0):
            raise _refused(f"made-up failure of '{method}'")
        if method in self.trouble.before:
            raise self.trouble.before[method]
        with self._lock:
            yield
        if method != "inventory":
            self._tell()
        if method in self.trouble.after:
            raise self.trouble.after[method]

    def _tell(self) -> None:
        if self._callback is not None:
            self._callback()

    def _known(self, uuid: str) -> Running:
        guest = self._guests.get(uuid)
        if guest is None:
            raise GuestUnknown(uuid=uuid)
        return guest

    def _locked(self, uuid: str, guest: Running) -> Running:
        """One that was sent here takes the lock when it is let go on."""
        if guest.in_transit:
            raise _refused("domain is being migrated")
        if guest.locking and not guest.locked:
            if self._storage.get(guest.disk) is not None:
                raise _refused(f'Failed to get "write" lock of {guest.disk}')
            self._storage[guest.disk] = uuid
        return guest._replace(locked=guest.locking)

    def _stood_still(self, guest: Running) -> Running:
        """As it is if it stood still from now on. It counts at once when it starts to run."""
        if guest.since is None:
            return guest
        counts = 1 + int((self._clock.monotonic() - guest.since) / self._tick_s)
        return guest._replace(counted=guest.counted + counts, since=None)

    def _put(self, uuid: str, guest: Running) -> None:
        self._guests[uuid] = guest
        if self._directory is not None:
            partial = self._directory / f"{uuid}.partial"
            partial.write_text(json.dumps(guest))
            partial.rename(partial.with_suffix(".json"))

    def _drop(self, uuid: str) -> None:
        guest = self._guests.pop(uuid, None)
        if guest is not None and guest.locked and self._storage.get(guest.disk) == uuid:
            del self._storage[guest.disk]
        if self._directory is not None:
            (self._directory / f"{uuid}.json").unlink(missing_ok=True)

    def _load(self, file: Path) -> None:
        holder, *fields = json.loads(file.read_text())
        guest = self._guests[file.stem] = Running(Holder(*holder), *fields)
        if guest.locked:
            self._storage[guest.disk] = file.stem


def _remembered(saved: Path) -> tuple[int, int]:
    try:
        mark, counted = json.loads(saved.read_text())
    except (OSError, ValueError) as error:
        raise _refused(f"cannot restore from {saved}: {error}") from error
    return int(mark), int(counted)


def _refused(sentence: str) -> GuestRefused:
    return GuestRefused(Failure("hypervisor", sentence))
