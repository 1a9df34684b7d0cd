"""What the use cases need from the outside, as Protocols of at most six methods.

A database is reached by `read(work)` and `write(work)`: `work` gets a transaction's rows and must
be safe to run again, because a storage may repeat it after a deadlock or a lost connection. `write`
returns once the change is durable. Both raise DirectoryUnavailable or CellUnavailable when the
database does not answer in time, StorageFull when it has no room; nothing was changed then.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from hostdown.domain.model import Change, HostRecord, Resources, Service

T = TypeVar("T")


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Naive UTC, for what people see and databases keep."""
        ...

    def monotonic(self) -> float:
        """Seconds, for intervals."""
        ...


# ------------------------------------------------------------------------------------- the cell


class ChangedService(NamedTuple):
    """A service as it is now, or as it was when it was deleted."""

    service: Service
    deleted: bool


class ServiceRows(Protocol):
    """The services of one cell; soft-deleted ones are invisible."""

    def find(self, host: str | None = None, binary: str | None = None) -> list[Service]:
        """By id; `host` and `binary` match exactly and case-sensitively."""
        ...

    def get(self, service_id: int | str) -> Service | None:
        """By integer id or by uuid, compared as text."""
        ...

    def create(self, host: str, binary: str, now: datetime, disabled_reason: str | None) -> Service:
        """A new enabled service, or a disabled one when `disabled_reason` is given.

        An existing one (host, binary) is returned as it is.
        """
        ...

    def replace(self, seen: Service, after: Service) -> bool:
        """Write `after` over `seen`; False if the administrative columns are not as seen."""
        ...

    def delete(self, seen: Service, now: datetime) -> bool:
        """Soft-delete the service and its host's compute nodes; False if it was gone."""
        ...

    def changed_since(self, mark: int) -> tuple[list[ChangedService], int]:
        """What was created, changed or deleted since `mark`, and the mark for the next call.

        Heartbeats do not count. Mark 0 gives everything, deleted ones too. A mark is the store's
        own: take it from an answer, never make one. A row may come more than once.
        """
        ...


class Heartbeat(NamedTuple):
    """What of a report goes to the database. `sequence` only grows, over sessions too."""

    service_id: int
    seen_at: datetime
    sequence: int


class Refusal(NamedTuple):
    """Reports refused for one reason since the last flush; `host` is "" if nobody is proven."""

    host: str
    reason: str
    times: int
    last_at: datetime


class ReportRows(Protocol):
    """What reports write; exempt from durability (DESIGN §4.13), so written in batches."""

    def heartbeats(self, beats: Sequence[Heartbeat]) -> int:
        """Set `last_seen_up`, where the stored sequence is lower; how many rows were written."""
        ...

    def resources(self, service_id: int, resources: Resources, now: datetime) -> None:
        """Insert or update the compute node of a service."""
        ...

    def refusals(self, refusals: Iterable[Refusal]) -> None:
        """Add to the counts of refused reports."""
        ...

    def refused(self, host: str | None = None) -> list[Refusal]:
        """The counts, all or one host's."""
        ...


class Journal(Protocol):
    """Who changed what, and what is to be told: written in the change's own transaction."""

    def record(self, change: Change, service: Service) -> None:
        """One audit row and one outbox row."""
        ...

    def history(self, host: str, limit: int) -> list[Change]:
        """The newest changes to a host's services, newest first."""
        ...


class CellRows(Protocol):
    """One transaction on a cell."""

    @property
    def services(self) -> ServiceRows: ...
    @property
    def reports(self) -> ReportRows: ...
    @property
    def journal(self) -> Journal: ...


class Cell(Protocol):
    """The database that holds what runs: services, compute nodes, journal, outbox."""

    @property
    def name(self) -> str: ...
    def read(self, work: Callable[[CellRows], T]) -> T: ...
    def write(self, work: Callable[[CellRows], T]) -> T: ...


# -------------------------------------------------------------------------------- the directory


class HostRows(Protocol):
    """Every host ever enrolled; a deleted one stays, so that its agent can be told."""

    def all(self) -> list[HostRecord]:
        """Those not deleted, by name."""
        ...

    def get(self, host_id: str) -> HostRecord | None:
        """By id, deleted or not."""
        ...

    def named(self, name: str) -> HostRecord | None:
        """By exact name, not deleted."""
        ...

    def add(self, record: HostRecord) -> None:
        """A new host; raises HostNameTaken if a host that is not deleted has its name."""
        ...

    def replace(self, seen: HostRecord, after: HostRecord) -> bool:
        """Write `after` over `seen`; False if the row is not as seen; HostNameTaken as `add`."""
        ...

    def changed_since(self, mark: int) -> tuple[list[HostRecord], int]:
        """Hosts added, changed or deleted since `mark`, and the mark for the next call.

        As `ServiceRows.changed_since`: mark 0 gives every host, deleted ones too.
        """
        ...


class Enrolment(NamedTuple):
    """A secret made by `hostdown host enroll NAME`: for one name, once, until it expires."""

    name: str
    secret: bytes
    replace: bool
    expires_at: datetime


class EnrolmentRows(Protocol):
    """Open enrolments, one per name."""

    def put(self, enrolment: Enrolment) -> None: ...
    def get(self, name: str) -> Enrolment | None: ...
    def remove(self, name: str) -> bool: ...


class User(NamedTuple):
    """Somebody who may log in to the embedded identity."""

    id: str
    name: str
    password_hash: str
    enabled: bool
    default_project_id: str | None


class Project(NamedTuple):
    """A project of the embedded identity; its id is 32 hexadecimal digits."""

    id: str
    name: str
    enabled: bool


class Revocation(NamedTuple):
    """A token (`subject` is its id), or all tokens of a user issued up to `issued_until`."""

    subject: str
    issued_until: datetime
    expires_at: datetime


class IdentityRows(Protocol):
    """Users, projects and roles of the embedded identity, which has one domain, `default`."""

    def users(self) -> list[User]: ...
    def projects(self) -> list[Project]: ...
    def roles(self, user_id: str, project_id: str) -> tuple[str, ...]: ...
    def put_user(self, user: User) -> None: ...
    def put_project(self, project: Project) -> None: ...
    def put_roles(self, user_id: str, project_id: str, roles: Sequence[str]) -> None: ...


class RevocationRows(Protocol):
    """What makes a signed token invalid before it expires."""

    def put(self, revocation: Revocation) -> None: ...
    def current(self, now: datetime) -> list[Revocation]:
        """Those that still matter at `now`."""
        ...


class KeyRows(Protocol):
    """Secrets that all servers of a deployment share, by name (`token-signing`, `enrolment`)."""

    def get_or_put(self, name: str, made: bytes) -> bytes:
        """The stored key; `made` becomes it if there is none."""
        ...


class DirectoryRows(Protocol):
    """One transaction on the directory."""

    @property
    def hosts(self) -> HostRows: ...
    @property
    def enrolments(self) -> EnrolmentRows: ...
    @property
    def identity(self) -> IdentityRows: ...
    @property
    def revocations(self) -> RevocationRows: ...
    @property
    def keys(self) -> KeyRows: ...


class Directory(Protocol):
    """The database that says who and where: host mappings, users."""

    def read(self, work: Callable[[DirectoryRows], T]) -> T: ...
    def write(self, work: Callable[[DirectoryRows], T]) -> T: ...


class Cells(Protocol):
    """All cells of a deployment."""

    def named(self, name: str) -> Cell: ...
    def all(self) -> Sequence[Cell]: ...


class Tolerances(NamedTuple):
    """Times that several use cases need, from the configuration."""

    report_interval: timedelta
    service_down_time: timedelta
