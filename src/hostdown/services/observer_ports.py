"""What observers keep in the directory, and what they need to know of assignments."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


class Observer(NamedTuple):
    """The process of a server that hears pulses.

    `host` is the server's name in `os-services`, `port` its UDP port; `addresses`: where hosts
    reach it, one for each network; none if it hears at every address. `epoch` is random and new
    with each such process: a nonce that was made with another one is good for nothing.
    """

    host: str
    port: int
    epoch: bytes
    started_at: datetime
    addresses: tuple[str, ...] = ()


class ObserverRows(Protocol):
    """The newest observer of each server."""

    def put(self, observer: Observer) -> None:
        """This one hears for its server from now on; the one before it is forgotten."""
        ...

    def get(self, host: str) -> Observer | None:
        """The one of this server."""
        ...

    def all(self) -> list[Observer]:
        """One per server, by name."""
        ...


class HostVersion(NamedTuple):
    """The newest version of a host's assignments; each change of them makes it greater."""

    host_id: str
    version: int


class Versions(Protocol):
    """Which hosts were given other work."""

    def versions_since(self, mark: int) -> tuple[Sequence[HostVersion], int]:
        """Hosts whose assignments changed since `mark`, and the mark for the next call.

        As `HostRows.changed_since`: mark 0 gives every host that ever had any; a mark is the
        store's own, take it from an answer; a row may come more than once, and an older one after
        a newer one. Raises DirectoryUnavailable or CellUnavailable.
        """
        ...
