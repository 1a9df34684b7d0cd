"""What aggregates and zones need from the directory's database; `ports` says how it is reached."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.model import Aggregate, Change


class AggregateRows(Protocol):
    """The aggregates. Each method that changes one makes older zone maps out of date."""

    def lock(self) -> None:
        """Until the transaction ends nobody else changes an aggregate.

        Whoever wants to change one takes the lock first, then reads, so that what it decides by
        stays true.
        """
        ...

    def all(self) -> list[Aggregate]:
        """By id, all as they were at one moment."""
        ...

    def get(self, aggregate_id: int) -> Aggregate | None:
        """One, as it was at one moment."""
        ...

    def add(self, made: Aggregate) -> Aggregate:
        """A new one, without hosts; the answer has its id. Raises AggregateNameTaken."""
        ...

    def replace(self, seen: Aggregate, after: Aggregate) -> None:
        """Write what differs. Raises AggregateNameTaken."""
        ...

    def remove(self, aggregate: Aggregate) -> None:
        """With its hosts and metadata."""
        ...


class ZoneRows(Protocol):
    """In which zone each host is that an aggregate puts into one."""

    def revision(self) -> int:
        """Grows with every change of an aggregate."""
        ...

    def of_hosts(self) -> tuple[int, dict[str, str]]:
        """Zones by host name, and the revision they are of, both of one moment."""
        ...

    def of_host(self, host: str) -> set[str]:
        """The zones that aggregates put a host into."""
        ...

    def of_members(self, aggregate_id: int) -> set[str]:
        """The zones that other aggregates put the hosts of this one into."""
        ...


class FailureDomainRows(Protocol):
    """The failure domains that operators put hosts into, by host name."""

    def all(self) -> dict[str, str]: ...

    def put(self, host: str, domain: str | None) -> None:
        """Make this its domain, or none; the revision of zones grows."""
        ...


class Told(NamedTuple):
    """One notification: its event type and the data of its payload."""

    event_type: str
    payload: Mapping[str, object]


class DirectoryJournal(Protocol):
    """Who changed what, and what is to be told: written in the change's own transaction."""

    def record(self, change: Change, subject: str, told: Sequence[Told]) -> None:
        """One audit row, and one outbox row for each of `told`, in this order."""
        ...

    def drop(self, before: datetime, limit: int) -> int:
        """The oldest of the audit rows from before some moment; how many there were."""
        ...
