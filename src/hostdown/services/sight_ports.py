"""What observers tell each other of silent hosts, as kept in a cell."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.model import Service
from hostdown.domain.sight import Vote


class Silence(NamedTuple):
    """An observer has not heard a host since then, on any of its paths."""

    observer: str
    host_id: str
    since: datetime


class Sights(NamedTuple):
    """What the observers of a cell tell."""

    votes: list[Vote]
    silences: list[Silence]


class SightRows(Protocol):
    """The votes of one cell's observers, and which hosts each finds silent."""

    def put(self, vote: Vote) -> None:
        """What an observer says of itself now."""
        ...

    def add(self, silences: Sequence[Silence]) -> None:
        """These are silent; one that was told already begins anew."""
        ...

    def remove(self, observer: str, host_ids: Sequence[str]) -> None:
        """The observer hears them again, or they are gone."""
        ...

    def all(self) -> Sights:
        """Of every observer that there ever was."""
        ...

    def reach(self, service: Service, unreachable_at: datetime | None) -> bool:
        """Most observers find its host silent since then, or none (None); False if it is gone."""
        ...

    def unreachable(self) -> list[Service]:
        """The services of hosts that most observers find silent."""
        ...


class FarewellRows(Protocol):
    """Whose agents said that they end, as observers of one cell heard."""

    def put(self, host_id: str, session: int) -> None:
        """The host's agent of this session did."""
        ...

    def all(self) -> dict[str, int]:
        """The session in which each host said so last; it is away as long as that is its newest."""
        ...
