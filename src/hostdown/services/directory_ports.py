"""What the use cases need from the directory's database; `ports` says how it is reached."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from hostdown.domain.boots import Boot
from hostdown.domain.model import HostRecord
from hostdown.services.aggregate_ports import (
    AggregateRows,
    DirectoryJournal,
    FailureDomainRows,
    ZoneRows,
)
from hostdown.services.alarm_ports import (
    AlarmChangeRows,
    AlarmQuotaRows,
    AlarmRows,
    WatchedAlarmRows,
)
from hostdown.services.delivery_ports import DeadLetterRows, DeliveryRows, TellingRows
from hostdown.services.flavor_ports import FlavorProjectRows, FlavorRows
from hostdown.services.hypervisor_ports import MappingRows
from hostdown.services.identity_ports import IdentityRows
from hostdown.services.image_ports import ImageRows
from hostdown.services.instance_mapping_ports import InstanceMappingRows
from hostdown.services.leader_ports import LeaderRows
from hostdown.services.observer_ports import ObserverRows
from hostdown.services.outbox_ports import Outbox
from hostdown.services.server_group_ports import ServerGroupMemberRows, ServerGroupRows

T = TypeVar("T")


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

    def on_machine(self, machine_id: str) -> list[HostRecord]:
        """Those of one machine, not deleted. For writers: who asks next waits for this one."""
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


class BootRows(Protocol):
    """The boots that hosts had, so that one that lives on is known (NEVER-TWICE D4)."""

    def of(self, host_id: str) -> list[Boot]:
        """Those of a host, by number."""
        ...

    def add(self, host_id: str, boot: Boot) -> None: ...


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


class Revocation(NamedTuple):
    """Tokens that are good for nothing; `token_checks` says what a `subject` may be."""

    subject: str
    issued_until: datetime
    expires_at: datetime


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

    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, value: bytes) -> None:
        """Make this the key, whatever was there."""
        ...


class DirectoryRows(Protocol):
    """One transaction on the directory."""

    @property
    def hosts(self) -> HostRows: ...
    @property
    def boots(self) -> BootRows: ...
    @property
    def enrolments(self) -> EnrolmentRows: ...
    @property
    def observers(self) -> ObserverRows: ...
    @property
    def identity(self) -> IdentityRows: ...
    @property
    def revocations(self) -> RevocationRows: ...
    @property
    def keys(self) -> KeyRows: ...
    @property
    def flavors(self) -> FlavorRows: ...
    @property
    def images(self) -> ImageRows: ...
    @property
    def flavor_projects(self) -> FlavorProjectRows: ...
    @property
    def server_groups(self) -> ServerGroupRows: ...
    @property
    def server_group_members(self) -> ServerGroupMemberRows: ...
    @property
    def mappings(self) -> MappingRows: ...
    @property
    def leaders(self) -> LeaderRows: ...
    @property
    def deliveries(self) -> DeliveryRows: ...
    @property
    def dead_letters(self) -> DeadLetterRows: ...
    @property
    def tellings(self) -> TellingRows: ...
    @property
    def alarms(self) -> AlarmRows: ...
    @property
    def watched_alarms(self) -> WatchedAlarmRows: ...
    @property
    def alarm_changes(self) -> AlarmChangeRows: ...
    @property
    def alarm_quotas(self) -> AlarmQuotaRows: ...
    @property
    def instance_mappings(self) -> InstanceMappingRows: ...
    @property
    def aggregates(self) -> AggregateRows: ...
    @property
    def zones(self) -> ZoneRows: ...
    @property
    def failure_domains(self) -> FailureDomainRows: ...
    @property
    def journal(self) -> DirectoryJournal: ...
    @property
    def outbox(self) -> Outbox: ...


class Directory(Protocol):
    """The database that says who and where: host mappings, users."""

    def read(self, work: Callable[[DirectoryRows], T]) -> T: ...
    def write(self, work: Callable[[DirectoryRows], T]) -> T: ...
