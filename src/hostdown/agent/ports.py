"""What an agent needs from the outside, as Protocols."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from hostdown.domain.model import Resources


class Hypervisor(Protocol):
    """What runs the instances of this host."""

    def resources(self) -> Resources:
        """What there is and what of it is used."""
        ...

    def instances(self) -> Sequence[Mapping[str, object]] | None:
        """Every instance there is; None if the hypervisor does not say, which is not "none"."""
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
