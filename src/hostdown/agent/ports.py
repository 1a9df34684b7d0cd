"""What an agent needs from the outside, as Protocols."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from hostdown.domain.assignment import Holder, ImageSource
from hostdown.domain.disks import DiskFile, DiskRecipe
from hostdown.domain.lease import Lease
from hostdown.domain.lease_text import Claim, LeaseState
from hostdown.domain.model import Resources


class Hypervisor(Protocol):
    """What runs the instances of this host."""

    def resources(self) -> Resources:
        """What there is and what of it is used."""
        ...

    def instances(self) -> Sequence[Mapping[str, object]] | None:
        """Every instance there is; None if the hypervisor does not say, which is not "none"."""
        ...

    def silence(self) -> str | None:
        """Why it does not answer; "" if it does, None as long as nobody knows. Asks nothing."""
        ...


class Machine(Protocol):
    """Which machine this is, and which run of its kernel."""

    def sources(self) -> Sequence[str]:
        """The names of what identifies machines here, the most telling first; never empty."""
        ...

    def machine_id(self, source: str) -> str:
        """The machine by one of its sources; raises MachineUnreadable."""
        ...

    def boot_id(self) -> str:
        """Another one after each boot."""
        ...


class Identity(NamedTuple):
    """Who this host is, as kept in its state; `session` is the newest one known here."""

    id: str
    name: str
    secret: bytes
    machine_source: str
    session: int


class IdentityStore(Protocol):
    """Where an identity survives the agent."""

    def load(self) -> Identity | None:
        """The identity kept last; None before the enrolment."""
        ...

    def save(self, identity: Identity) -> None:
        """Keep it, whole or not at all, before returning."""
        ...


class Leases(Protocol):
    """The leases on one pool (NEVER-TWICE L1-L5). All raise PoolAbsent where there is no pool."""

    def read(self, instance: str) -> Lease | None:
        """The end of the chain; None if nobody ever claimed. Raises LeaseUnreadable."""
        ...

    def claim(self, claim: Claim, after: int) -> Claim:
        """Who follows generation `after`: this claim, durable, or one that was there before it.

        Raises PoolFull, PoolFailed, LeaseUnreadable.
        """
        ...

    def write(
        self,
        instance: str,
        holder: Holder,
        state: LeaseState,
        following: Holder | None,
        data_gen: int,
    ) -> None:
        """The bulletin, durable; one writer of a host at a time. Raises as `claim`."""
        ...

    def clean(self, instance: str, host: str) -> None:
        """Remove what attempts of this host to claim left behind; not while one is made."""
        ...

    def sweep(self, now: datetime) -> None:
        """Remove what is older than a day and means nothing any more, of all instances."""
        ...


class Disks(Protocol):
    """The disks on one pool. All raise PoolAbsent, PoolFull, PoolFailed."""

    def make(self, instance: str, recipe: DiskRecipe, host: str) -> None:
        """Anew, in place of any that is there; durable, whole or not at all.

        Raises DiskRefused, ImageMissing, ImageBad, ImageAway.
        """
        ...

    def find(self, instance: str) -> DiskFile | None:
        """The disk; None if there is none."""
        ...

    def grow(self, instance: str, root_gb: int) -> None:
        """So many GiB, if the disk is smaller; may be repeated. Raises DiskRefused."""
        ...

    def drop_saved(self, instance: str) -> None:
        """Forget saved memory, durably: a disk that goes on must never meet it again."""
        ...

    def sync(self, instance: str) -> None:
        """What was written to the disk is durable; nothing if there is none."""
        ...

    def remove(self, instance: str) -> None:
        """Nothing but the lease stays."""
        ...

    def tidy(self, host: str) -> None:
        """At the agent's start: remove what this host began to fetch before it died."""
        ...


class Copies(Protocol):
    """Disks on the pool whose servers run elsewhere. All raise PoolAbsent, PoolFull, PoolFailed."""

    def set_aside(self, instance: str, generation: int) -> None:
        """Give the disk, if there is one, a name under which nobody starts it; durably."""
        ...

    def sweep(self, now: datetime) -> None:
        """Remove those that were set aside a week ago, of all instances."""
        ...


class Images(Protocol):
    """Where images come from."""

    def fetch(self, image: ImageSource, to: Path) -> None:
        """Write it to a file that is not there yet; whoever asks checks size and checksum.

        Raises ImageMissing, ImageAway.
        """
        ...


class BootClock(Protocol):
    """A clock that goes on while the machine sleeps: what was read before is old then (S4)."""

    def boottime(self) -> float:
        """Seconds since the machine was started."""
        ...
