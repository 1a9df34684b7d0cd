"""What instances and their permits need from a cell's database; `ports` says how it is reached."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.instance import Ended, Instance, Permit
from hostdown.domain.model import Flavor


class Sort(NamedTuple):
    """One column of Instance's table to order by."""

    column: str
    descending: bool


class InstanceQuery(NamedTuple):
    """Which instances, in which order. Everything given must hold.

    `equal` are columns and the values of which one is wanted (None among them stands for an empty
    column). `alive`: those that were started before its second moment and, if ended, not before its
    first. `after` is the instance that the page begins behind, by the same order.
    """

    deleted: bool | None = False
    equal: Sequence[tuple[str, Sequence[object]]] = ()
    changed_since: datetime | None = None
    changed_before: datetime | None = None
    alive: tuple[datetime, datetime] | None = None
    order: Sequence[Sort] = ()
    after: Instance | None = None
    limit: int | None = None


class Used(NamedTuple):
    """What the instances of a host add up to; `instances` counts them, `busy` those with a task."""

    host: str
    instances: int
    vcpus: int
    memory_mb: int
    disk_gb: int
    busy: int = 0


class Brief(NamedTuple):
    """What of an instance says whether and where it can be moved; the names are Instance's."""

    uuid: str
    host: str
    pinned_zone: str | None
    vm_state: str
    wanted: str
    launched_at: datetime | None
    flavor: Flavor
    metadata: Mapping[str, str]
    group: str | None


class InstanceRows(Protocol):
    """The instances of one cell."""

    def find(self, query: InstanceQuery) -> list[Instance]:
        """Those asked for."""
        ...

    def get(self, uuid: str, deleted: bool = False) -> Instance | None:
        """One, by uuid; a deleted one only if `deleted`."""
        ...

    def add(self, made: Instance) -> Instance:
        """A new one; the answer has its id."""
        ...

    def replace(self, seen: Instance, after: Instance) -> Instance | None:
        """Write `after` over `seen`, with the next revision; None if the row is not as seen."""
        ...

    def used(self, project_id: str | None = None) -> list[Used]:
        """Sums by host, of all or of a project's; those without a host under "" ."""
        ...

    def briefs(self) -> list[Brief]:
        """All that are on hosts, by age: a fourth of what `find` takes for as many."""
        ...


class PermitRows(Protocol):
    """Who may run what (NEVER-TWICE P1 to P3)."""

    def of_instance(self, uuid: str) -> list[Permit]:
        """All permits that an instance ever had, by generation."""
        ...

    def of_instances(self, uuids: Collection[str]) -> Mapping[str, Sequence[Permit]]:
        """The same of several, each with as many as it has."""
        ...

    def held(self, host_id: str) -> list[Permit]:
        """The permits of a host that are not ended, by instance."""
        ...

    def assigned(self, host_id: str) -> list[tuple[Permit, Instance]]:
        """Those with their instances, as both were at one moment."""
        ...

    def add(self, made: Permit) -> None:
        """A new one, whatever its id says.

        Raises PermitOpen where another one for the instance is not ended.
        """
        ...

    def claimed(self, seen: Permit) -> bool:
        """Its claim is on the pool; False if it was ended meanwhile."""
        ...

    def ask_back(self, seen: Permit) -> bool:
        """Its host is to surrender it; False if it was ended meanwhile."""
        ...

    def promote(self, seen: Permit) -> Permit | None:
        """Make one of kind `incoming` one to run; None if it was ended meanwhile.

        To be called once no other one to run is open (NEVER-TWICE P1).
        """
        ...

    def end(self, seen: Permit, ended: Ended) -> bool:
        """End it; False if somebody did so before."""
        ...


class Ledger(Protocol):
    """Numbers commits that hosts must hear of, and tells which hosts (NEVER-TWICE P5)."""

    def next(self) -> int:
        """The number of this transaction; until it ends, others that want one wait."""
        ...

    def now(self) -> tuple[str, int]:
        """The database's id and its newest number."""
        ...

    def changed(self, host_ids: Sequence[str], number: int) -> None:
        """These hosts' assignments change with this transaction."""
        ...

    def changed_on(self, host: str, number: int) -> None:
        """So do those of every host of this name that has a permit which is not ended."""
        ...

    def changed_since(self, number: int) -> list[tuple[str, int]]:
        """Hosts whose assignments changed after `number`, with their versions."""
        ...


class SettledRows(Protocol):
    """The newest version of its assignments at which a host had nothing else left."""

    def of(self, host_id: str) -> int:
        """0 before the first."""
        ...

    def keep(self, host_id: str, version: int) -> bool:
        """Write it; False if it is not greater than before, or greater than the newest version."""
        ...


class Event(NamedTuple):
    """One step of an action; `order` is the one whose outcome ends it."""

    order: int
    event: str
    host: str | None
    start_time: datetime
    finish_time: datetime | None
    result: str | None
    details: str | None


class Action(NamedTuple):
    """What somebody asked of an instance."""

    id: int
    instance: str
    action: str
    request_id: str
    user_id: str
    project_id: str | None
    message: str | None
    start_time: datetime
    updated_at: datetime


class ActionRows(Protocol):
    """The history of what was asked of instances (contract 4.6)."""

    def add(self, made: Action, event: Event | None) -> None:
        """A new action, with its first event; one of this request is left as it is."""
        ...

    def finish(
        self, instance: str, order: int, result: str, details: str | None, now: datetime
    ) -> None:
        """End the events that wait for this order or an older one; `Error` marks the action."""
        ...

    def explain(self, instance: str, order: int, details: str | None) -> None:
        """Say why the events wait that wait for this order or an older one; None: no more."""
        ...

    def of_instance(
        self,
        uuid: str,
        since: datetime | None = None,
        before: datetime | None = None,
        marker: str | None = None,
        limit: int | None = None,
    ) -> list[Action] | None:
        """Newest first; `marker` is the request id to begin behind, None where it is unknown."""
        ...

    def get(self, uuid: str, request_id: str) -> tuple[Action, list[Event]] | None:
        """One with its events, newest first."""
        ...
