"""A cell on one database, and all cells of a deployment."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from hostdown.domain.errors import CellUnavailable, HostdownError, StorageFull
from hostdown.storage.actions import ActionSql, SqlActionRows
from hostdown.storage.cell_tables import outbox
from hostdown.storage.clearings import ClearingSql, SqlClearingRows
from hostdown.storage.compute_nodes import ComputeNodeSql, SqlComputeNodeRows
from hostdown.storage.disarmings import DisarmingSql, SqlDisarmingRows
from hostdown.storage.doubts import DoubtSql, SqlDoubtRows
from hostdown.storage.fault_events import FaultEventSql, SqlFaultEventRows
from hostdown.storage.fence_checks import FenceCheckSql, SqlFenceCheckRows
from hostdown.storage.hearings import HearingSql, SqlHearingRows, SqlStrangerRows, StrangerSql
from hostdown.storage.instances import InstanceSql, SqlInstanceRows
from hostdown.storage.journal import JournalSql, SqlJournal
from hostdown.storage.leaders import LeaderSql, SqlLeaderRows
from hostdown.storage.ledger_tables import leaders
from hostdown.storage.moves import MoveSql, SqlMigrationRows
from hostdown.storage.outbox import OutboxSql, SqlOutbox
from hostdown.storage.permits import LedgerSql, PermitSql, SqlLedger, SqlPermitRows
from hostdown.storage.proofs import ProofSql, SqlProofRows
from hostdown.storage.recoveries import RecoverySql, SqlRecoveryRows, SqlTimelineRows, TimelineSql
from hostdown.storage.reports import ReportSql, SqlReportRows
from hostdown.storage.retention import OldSql, SqlOldRows
from hostdown.storage.services import ServiceSql, SqlServiceRows
from hostdown.storage.settled import SettledSql, SqlSettledRows
from hostdown.storage.sights import FarewellSql, SightSql, SqlFarewellRows, SqlSightRows
from hostdown.storage.slot_orders import SlotOrderSql, SqlSlotOrderRows
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Database, Full, Transaction, Unavailable, telling
from hostdown.storage.watchdogs import (
    NoGrantSql,
    SqlNoGrantRows,
    SqlWatchdogRows,
    WatchdogSql,
)

T = TypeVar("T")


class CellSql:
    """All statements of a cell."""

    def __init__(self, sql: Compiler) -> None:
        self.services = ServiceSql(sql)
        self.reports = ReportSql(sql)
        self.journal = JournalSql(sql)
        self.outbox = OutboxSql(sql, outbox, "host")
        self.nodes = ComputeNodeSql(sql)
        self.instances = InstanceSql(sql)
        self.permits = PermitSql(sql)
        self.ledger = LedgerSql(sql)
        self.settled = SettledSql(sql)
        self.proofs = ProofSql(sql)
        self.doubts = DoubtSql(sql)
        self.actions = ActionSql(sql)
        self.migrations = MoveSql(sql)
        self.leaders = LeaderSql(sql, leaders)
        self.clearings = ClearingSql(sql)
        self.hearing = HearingSql(sql)
        self.strangers = StrangerSql(sql)
        self.sights = SightSql(sql)
        self.farewells = FarewellSql(sql)
        self.recoveries = RecoverySql(sql)
        self.timelines = TimelineSql(sql)
        self.watchdogs = WatchdogSql(sql)
        self.no_grants = NoGrantSql(sql)
        self.slot_orders = SlotOrderSql(sql)
        self.disarmings = DisarmingSql(sql)
        self.fault_events = FaultEventSql(sql)
        self.fence_checks = FenceCheckSql(sql)
        self.old = OldSql(sql)


class SqlCellRows:
    """`services.cell_ports.CellRows`."""

    __slots__ = ("_name", "_overlap", "_sql", "_tx", "ledger")

    def __init__(self, tx: Transaction, sql: CellSql, overlap: int, name: str) -> None:
        self.ledger = SqlLedger(tx, sql.ledger)
        self._name = name
        self._tx = tx
        self._sql = sql
        self._overlap = overlap

    @property
    def services(self) -> SqlServiceRows:
        return SqlServiceRows(self._tx, self._sql.services, self._overlap)

    @property
    def reports(self) -> SqlReportRows:
        return SqlReportRows(self._tx, self._sql.reports)

    @property
    def journal(self) -> SqlJournal:
        return SqlJournal(self._tx, self._sql.journal)

    @property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self._tx, self._sql.outbox, self._name)

    @property
    def nodes(self) -> SqlComputeNodeRows:
        return SqlComputeNodeRows(self._tx, self._sql.nodes)

    @property
    def instances(self) -> SqlInstanceRows:
        return SqlInstanceRows(self._tx, self._sql.instances)

    @property
    def permits(self) -> SqlPermitRows:
        return SqlPermitRows(self._tx, self._sql.permits)

    @property
    def settled(self) -> SqlSettledRows:
        return SqlSettledRows(self._tx, self._sql.settled)

    @property
    def proofs(self) -> SqlProofRows:
        return SqlProofRows(self._tx, self._sql.proofs)

    @property
    def doubts(self) -> SqlDoubtRows:
        return SqlDoubtRows(self._tx, self._sql.doubts)

    @property
    def actions(self) -> SqlActionRows:
        return SqlActionRows(self._tx, self._sql.actions)

    @property
    def migrations(self) -> SqlMigrationRows:
        return SqlMigrationRows(self._tx, self._sql.migrations)

    @property
    def leaders(self) -> SqlLeaderRows:
        return SqlLeaderRows(self._tx, self._sql.leaders)

    @property
    def clearings(self) -> SqlClearingRows:
        return SqlClearingRows(self._tx, self._sql.clearings)

    @property
    def hearing(self) -> SqlHearingRows:
        return SqlHearingRows(self._tx, self._sql.hearing)

    @property
    def strangers(self) -> SqlStrangerRows:
        return SqlStrangerRows(self._tx, self._sql.strangers)

    @property
    def sights(self) -> SqlSightRows:
        return SqlSightRows(self._tx, self._sql.sights)

    @property
    def farewells(self) -> SqlFarewellRows:
        return SqlFarewellRows(self._tx, self._sql.farewells)

    @property
    def recoveries(self) -> SqlRecoveryRows:
        return SqlRecoveryRows(self._tx, self._sql.recoveries)

    @property
    def timelines(self) -> SqlTimelineRows:
        return SqlTimelineRows(self._tx, self._sql.timelines)

    @property
    def watchdogs(self) -> SqlWatchdogRows:
        return SqlWatchdogRows(self._tx, self._sql.watchdogs)

    @property
    def no_grants(self) -> SqlNoGrantRows:
        return SqlNoGrantRows(self._tx, self._sql.no_grants)

    @property
    def slot_orders(self) -> SqlSlotOrderRows:
        return SqlSlotOrderRows(self._tx, self._sql.slot_orders)

    @property
    def disarmings(self) -> SqlDisarmingRows:
        return SqlDisarmingRows(self._tx, self._sql.disarmings)

    @property
    def fault_events(self) -> SqlFaultEventRows:
        return SqlFaultEventRows(self._tx, self._sql.fault_events)

    @property
    def fence_checks(self) -> SqlFenceCheckRows:
        return SqlFenceCheckRows(self._tx, self._sql.fence_checks)

    @property
    def old(self) -> SqlOldRows:
        return SqlOldRows(self._tx, self._sql.old)


class SqlCell:
    """`services.cell_ports.Cell`.

    `silent` makes the error for a database that does not answer: where it is the directory's too,
    nothing can be said about anything, and no list may look shorter than it is. `told` is called
    after commits that fill the outbox.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        sql: CellSql,
        overlap: int,
        silent: Callable[[], HostdownError],
        told: Callable[[], None],
    ) -> None:
        self.name = name
        self._told = told
        self._silent = silent
        self._database = database
        self._sql = sql
        self._overlap = overlap

    def read(self, work: Callable[[SqlCellRows], T]) -> T:
        try:
            return self._database.read(lambda tx: work(self._rows(tx)))
        except Unavailable as error:
            raise self._silent() from error
        except Full as error:
            raise StorageFull from error

    def write(self, work: Callable[[SqlCellRows], T]) -> T:
        try:
            return telling(self._database, lambda tx: work(self._rows(tx)), self._told)
        except Unavailable as error:
            raise self._silent() from error
        except Full as error:
            raise StorageFull from error

    def _rows(self, tx: Transaction) -> SqlCellRows:
        return SqlCellRows(tx, self._sql, self._overlap, self.name)


class SqlCells:
    """`services.ports.Cells`."""

    def __init__(self, cells: Sequence[SqlCell]) -> None:
        self._cells = tuple(cells)

    def named(self, name: str) -> SqlCell:
        """A cell that a host is mapped to but nobody configured here does not answer either."""
        for cell in self._cells:
            if cell.name == name:
                return cell
        raise CellUnavailable(cell=name)

    def all(self) -> Sequence[SqlCell]:
        return self._cells
