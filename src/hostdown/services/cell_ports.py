"""What the use cases need from a cell's database; `ports` says how it is reached."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from hostdown.domain.host_words import About
from hostdown.domain.instance import Instance
from hostdown.domain.model import Change, Resources, Service
from hostdown.services.clearing_ports import ClearingRows
from hostdown.services.disarming_ports import DisarmingRows
from hostdown.services.fault_ports import FaultEventRows
from hostdown.services.fence_check_ports import FenceCheckRows
from hostdown.services.hearing_ports import HearingRows, StrangerRows
from hostdown.services.hypervisor_ports import ComputeNodeRows
from hostdown.services.instance_ports import (
    ActionRows,
    InstanceRows,
    Ledger,
    PermitRows,
    SettledRows,
)
from hostdown.services.leader_ports import LeaderRows
from hostdown.services.migration_ports import MigrationRows
from hostdown.services.outbox_ports import Outbox
from hostdown.services.permit_ports import DoubtRows, ProofRows
from hostdown.services.recovery_ports import RecoveryRows, TimelineRows
from hostdown.services.retention_ports import OldRows
from hostdown.services.sight_ports import FarewellRows, SightRows
from hostdown.services.watchdog_ports import NoGrantRows, SlotOrderRows, WatchdogRows

T = TypeVar("T")


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

    def create(
        self, host: str, binary: str, now: datetime, disabled_reason: str | None
    ) -> Service | None:
        """A new enabled service, or a disabled one when `disabled_reason` is given.

        None if (host, binary) is there: whoever else made it has told of it.
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
        """One audit row and one outbox row; where it is another word for the servers of a compute
        host (`domain.host_words`), with these. That a host is silent, or not, is kept as told."""
        ...

    def keep_instance(self, change: Change, instance: Instance) -> None:
        """One audit row of an instance."""
        ...

    def tell_instance(
        self,
        change: Change,
        instance: Instance,
        payload: Mapping[str, object],
        about: About | None = None,
    ) -> None:
        """One outbox row of an instance; `payload` is what is told, `about` what became of its
        host, if that is another one."""
        ...

    def tell(self, change: Change, host: str, payload: Mapping[str, object]) -> None:
        """One outbox row of what is kept elsewhere."""
        ...

    def note(self, change: Change, host: str) -> None:
        """One audit row and one outbox row of what is about no one service; `host` is "" where it
        is about no one host either."""
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
    @property
    def outbox(self) -> Outbox: ...
    @property
    def nodes(self) -> ComputeNodeRows: ...
    @property
    def instances(self) -> InstanceRows: ...
    @property
    def permits(self) -> PermitRows: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def settled(self) -> SettledRows: ...
    @property
    def proofs(self) -> ProofRows: ...
    @property
    def doubts(self) -> DoubtRows: ...
    @property
    def actions(self) -> ActionRows: ...
    @property
    def migrations(self) -> MigrationRows: ...
    @property
    def leaders(self) -> LeaderRows: ...
    @property
    def clearings(self) -> ClearingRows: ...
    @property
    def hearing(self) -> HearingRows: ...
    @property
    def strangers(self) -> StrangerRows: ...
    @property
    def sights(self) -> SightRows: ...
    @property
    def farewells(self) -> FarewellRows: ...
    @property
    def recoveries(self) -> RecoveryRows: ...
    @property
    def timelines(self) -> TimelineRows: ...
    @property
    def watchdogs(self) -> WatchdogRows: ...
    @property
    def no_grants(self) -> NoGrantRows: ...
    @property
    def slot_orders(self) -> SlotOrderRows: ...
    @property
    def disarmings(self) -> DisarmingRows: ...
    @property
    def fault_events(self) -> FaultEventRows: ...
    @property
    def fence_checks(self) -> FenceCheckRows: ...
    @property
    def old(self) -> OldRows: ...


class Cell(Protocol):
    """The database that holds what runs: services, compute nodes, journal, outbox."""

    @property
    def name(self) -> str: ...
    def read(self, work: Callable[[CellRows], T]) -> T: ...
    def write(self, work: Callable[[CellRows], T]) -> T: ...
