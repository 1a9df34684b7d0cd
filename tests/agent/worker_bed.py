"""A host's worker on real files, with guests that outlive it, and time that the test moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tests.agent.guests_in_files import GuestsInFiles

from hostdown.agent.notes import Note, NoteFiles
from hostdown.agent.pools import PoolSeen
from hostdown.agent.site import Site, Standing, Step, Teller, WorkerSettings
from hostdown.agent.watching import Watcher
from hostdown.agent.worker import Worker
from hostdown.domain.assignment import (
    Assignment,
    Assignments,
    Disk,
    Holder,
    ImageSource,
    Outcome,
    PowerState,
    Wanted,
)
from hostdown.domain.lease import Lease
from hostdown.domain.lease_text import Claim, LeaseState
from hostdown.drivers.disk_copies import DiskCopies
from hostdown.drivers.disk_files import DiskFiles
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.pool import PoolDirectory, make_pool

UUID = "6ee78d05-7a41-4a59-9b41-5b1b4a4e39d1"
HERE = Standing("host-here", 3, "boot-id-3")
THERE = Holder(9, "host-there", 1)
TURNS_MAX = 50
SETTINGS = WorkerSettings(grace=timedelta(seconds=7), settle_s=0.0)

ASKED = Assignment(
    uuid=UUID,
    name="instance-00000001",
    generation=1,
    boot=HERE.boot,
    over=(),
    disk=Disk.CREATE,
    data_gen=0,
    wanted=Wanted.RUNNING,
    order=1,
    reboot=None,
    vcpus=1,
    memory_mb=64,
    root_gb=0,
    image=None,
    network="none",
    mac="",
)
MINE = Holder(1, HERE.host, HERE.boot)
SOURCE = Holder(1, "host-source", 1)
"""Who ran it before, where a test says so."""


def moved(*over: Holder, generation: int = 2, order: int = 1, data_gen: int = 1) -> Assignment:
    """A permit over a server that ran elsewhere."""
    return ASKED._replace(
        generation=generation, over=over, disk=Disk.KEEP, data_gen=data_gen, order=order
    )


class BedClock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 2) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def boottime(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.seconds += seconds


class Told:
    """A teller that keeps what it was told, and may pass it on."""

    def __init__(self, forward: Teller | None = None) -> None:
        self.outcomes: list[Outcome] = []
        self.forward = forward

    def tell(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if self.forward is not None:
            self.forward.tell(outcome)

    def mention(self, outcome: Outcome) -> None:
        self.tell(outcome)

    @property
    def last(self) -> Outcome:
        return self.outcomes[-1]


def no_image(image: ImageSource, to: Path) -> None:
    raise AssertionError(f"nobody asked for image {image.id} at {to}")


@dataclass
class Bed:
    """`restart` is an agent that starts again on what the one before left."""

    root: Path
    settings: WorkerSettings = SETTINGS
    fetch: Callable[[ImageSource, Path], None] = no_image
    at: Callable[[Step, str], None] = lambda _step, _uuid: None
    clock: BedClock = field(default_factory=BedClock)
    forward: Teller | None = None
    pool_seen: PoolSeen = field(default_factory=PoolSeen)
    moved: frozenset[str] = frozenset()

    def seen(self) -> PoolSeen:
        """What is known of the pool."""
        return self.pool_seen

    def __post_init__(self) -> None:
        self.pool = self.root / "pool"
        make_pool(self.pool)
        self.steps: list[Step] = []
        self.restart()

    def restart(self) -> None:
        self.told = Told(self.forward)
        self.guests = GuestsInFiles(self.root / "guests")
        directory = PoolDirectory(self.pool)
        self.leases = LeaseFiles(directory)
        self.site = Site(
            guests=self.guests,
            leases=self.leases,
            disks=DiskFiles(directory, lambda image, to: self.fetch(image, to)),
            notes=NoteFiles(self.root / "state" / "notes"),
            clock=self.clock,
            settings=self.settings,
            pool=self,
            copies=DiskCopies(directory),
            at=self._step,
        )
        self.worker = Worker(self.site, self.told, self.clock)
        self.watcher = Watcher(self.site, self.worker.turn)
        self.worker.begin(HERE)

    def _step(self, step: Step, uuid: str) -> None:
        self.steps.append(step)
        self.at(step, uuid)

    def ask(self, *asked: Assignment, held: bool = False) -> None:
        """Give the worker a new list, and turns until it has nothing to do.

        What is not in it is ended, as a server says that knows of all permits.
        """
        self.give(Assignments("db", 1, asked, held, self.moved))
        self.turns()
        if self.worker.unlisted():  # of a guest without a note it is known only now
            self.end()
            self.turns()

    def give(self, asked: Assignments) -> None:
        """The same without turns."""
        self.worker.assign(asked)
        self.end()

    def end(self) -> None:
        """The server knows that what it does not ask for was ended."""
        self.worker.end_permits(self.worker.have(), dict(self.worker.unlisted()))

    def turns(self) -> None:
        for _ in range(TURNS_MAX):
            if not self.worker.step(wait=False):
                return
        raise AssertionError("the worker does not come to rest")

    def later(self, seconds: float) -> None:
        self.clock.forward(seconds)
        self.turns()

    def claim(self, holder: Holder, after: int, state: LeaseState = LeaseState.HELD) -> None:
        """What another host did to the lease."""
        self.leases.claim(Claim(UUID, holder, "b", f"{holder.host}-1"), after)
        self.leases.write(UUID, holder, state, None, holder.generation)

    @property
    def state(self) -> PowerState | None:
        found = [guest for guest in self.guests.inventory() if guest.uuid == UUID]
        return found[0].state if found else None

    @property
    def lease(self) -> Lease | None:
        return self.leases.read(UUID)

    @property
    def note(self) -> Note:
        return self.site.notes.get(UUID)

    @property
    def files(self) -> list[str]:
        """What lies on the pool of the instance."""
        directory = self.pool / UUID
        return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def ran_elsewhere(bed: Bed, state: LeaseState = LeaseState.HELD) -> None:
    """What its source left on the pool."""
    bed.claim(SOURCE, 0, state)
    (bed.pool / UUID / "disk").write_text("data of the source")
