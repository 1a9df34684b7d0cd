"""What a host's agent works with: its server, its machine, its work."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from hostdown.agent.pools import NO_POOL, Pool
from hostdown.agent.ports import Hypervisor, IdentityStore, Machine
from hostdown.agent.pulses import NO_PULSES, Pulses
from hostdown.services.ports import Clock


class Server(Protocol):
    """`agent.client.ServerClient`."""

    @property
    def host(self) -> str: ...

    def post(
        self, path: str, content: Mapping[str, object], secret: bytes, unsigned_refusals: bool = ...
    ) -> Mapping[str, object]: ...


class Session(NamedTuple):
    """One run of an agent, as the server numbers it, on one boot of its host."""

    host: str
    secret: bytes
    number: int
    boot: int
    boot_id: str


class Work(Protocol):
    """`agent.exchange.Exchange`: what is done to instances beside reporting."""

    def began(self, session: Session) -> None: ...
    def rows(self) -> Sequence[object] | None: ...
    def answered(self, version: int) -> None: ...
    def hint(self, version: int) -> None: ...


class Watch(Protocol):
    """What is done about watchdogs: this host's, and those of others, at the slots of its pool."""

    def began(self, session: Session) -> None:
        """A session began."""
        ...

    def asked(self, session: Session, answer: Mapping[str, object]) -> None:
        """The answer to a question for assignments came, from a server that is not behind."""
        ...


class NoWatch:
    """`Watch` where nothing is."""

    def began(self, session: Session) -> None:
        """Nothing."""

    def asked(self, session: Session, answer: Mapping[str, object]) -> None:
        """Nothing."""


NO_WATCH = NoWatch()


class Surroundings(NamedTuple):
    """What an agent works with; without `work` its host has no instances."""

    server: Server
    store: IdentityStore
    machine: Machine
    hypervisor: Hypervisor
    clock: Clock
    pulses: Pulses = NO_PULSES
    work: Work | None = None
    pool: Pool = NO_POOL
