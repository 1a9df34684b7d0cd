"""The directory on one database."""

from collections.abc import Callable
from typing import TypeVar

from hostdown.domain.deliveries import DIRECTORY
from hostdown.domain.errors import DirectoryUnavailable, StorageFull
from hostdown.storage.aggregates import AggregateSql, SqlAggregateRows, SqlZoneRows, ZoneSql
from hostdown.storage.alarm_history import (
    AlarmChangeSql,
    AlarmQuotaSql,
    SqlAlarmChangeRows,
    SqlAlarmQuotaRows,
)
from hostdown.storage.alarms import AlarmSql, SqlAlarmRows, SqlWatchedAlarmRows
from hostdown.storage.boots import BootSql, SqlBootRows
from hostdown.storage.deliveries import DeliverySql, SqlDeadLetterRows, SqlDeliveryRows
from hostdown.storage.delivery_tables import directory_leaders, directory_outbox
from hostdown.storage.directory_journal import DirectoryJournalSql, SqlDirectoryJournal
from hostdown.storage.failure_domains import FailureDomainSql, SqlFailureDomainRows
from hostdown.storage.flavors import (
    FlavorProjectSql,
    FlavorSql,
    SqlFlavorProjectRows,
    SqlFlavorRows,
)
from hostdown.storage.hosts import (
    EnrolmentSql,
    HostSql,
    MappingSql,
    SqlEnrolmentRows,
    SqlHostRows,
    SqlMappingRows,
)
from hostdown.storage.identity import (
    IdentitySql,
    KeySql,
    RevocationSql,
    SqlIdentityRows,
    SqlKeyRows,
    SqlRevocationRows,
)
from hostdown.storage.images import ImageSql, SqlImageRows
from hostdown.storage.instance_mappings import InstanceMappingSql, SqlInstanceMappingRows
from hostdown.storage.leaders import LeaderSql, SqlLeaderRows
from hostdown.storage.observers import ObserverSql, SqlObserverRows
from hostdown.storage.outbox import OutboxSql, SqlOutbox
from hostdown.storage.server_groups import (
    ServerGroupMemberSql,
    ServerGroupSql,
    SqlServerGroupMemberRows,
    SqlServerGroupRows,
)
from hostdown.storage.sql import Compiler
from hostdown.storage.tellings import SqlTellingRows, TellingSql
from hostdown.storage.transaction import Database, Full, Transaction, Unavailable, telling

T = TypeVar("T")

RETRY_AFTER_S = 5
"""What a client is told while the directory does not answer."""


class DirectorySql:
    """All statements of the directory."""

    def __init__(self, sql: Compiler) -> None:
        self.hosts = HostSql(sql)
        self.boots = BootSql(sql)
        self.enrolments = EnrolmentSql(sql)
        self.observers = ObserverSql(sql)
        self.identity = IdentitySql(sql)
        self.revocations = RevocationSql(sql)
        self.keys = KeySql(sql)
        self.flavors = FlavorSql(sql)
        self.images = ImageSql(sql)
        self.flavor_projects = FlavorProjectSql(sql)
        self.server_groups = ServerGroupSql(sql)
        self.server_group_members = ServerGroupMemberSql(sql)
        self.mappings = MappingSql(sql)
        self.instance_mappings = InstanceMappingSql(sql)
        self.aggregates = AggregateSql(sql)
        self.zones = ZoneSql(sql)
        self.failure_domains = FailureDomainSql(sql, self.aggregates)
        self.journal = DirectoryJournalSql(sql)
        self.outbox = OutboxSql(sql, directory_outbox, "subject")
        self.leaders = LeaderSql(sql, directory_leaders)
        self.deliveries = DeliverySql(sql)
        self.tellings = TellingSql(sql)
        self.alarms = AlarmSql(sql)
        self.alarm_changes = AlarmChangeSql(sql)
        self.alarm_quotas = AlarmQuotaSql(sql)


class SqlDirectoryRows:
    """`services.directory_ports.DirectoryRows`."""

    __slots__ = ("_overlap", "_sql", "_tx")

    def __init__(self, tx: Transaction, sql: DirectorySql, overlap: int) -> None:
        self._tx = tx
        self._sql = sql
        self._overlap = overlap

    @property
    def hosts(self) -> SqlHostRows:
        return SqlHostRows(self._tx, self._sql.hosts, self._overlap)

    @property
    def boots(self) -> SqlBootRows:
        return SqlBootRows(self._tx, self._sql.boots)

    @property
    def enrolments(self) -> SqlEnrolmentRows:
        return SqlEnrolmentRows(self._tx, self._sql.enrolments)

    @property
    def observers(self) -> SqlObserverRows:
        return SqlObserverRows(self._tx, self._sql.observers)

    @property
    def identity(self) -> SqlIdentityRows:
        return SqlIdentityRows(self._tx, self._sql.identity)

    @property
    def revocations(self) -> SqlRevocationRows:
        return SqlRevocationRows(self._tx, self._sql.revocations)

    @property
    def keys(self) -> SqlKeyRows:
        return SqlKeyRows(self._tx, self._sql.keys)

    @property
    def flavors(self) -> SqlFlavorRows:
        return SqlFlavorRows(self._tx, self._sql.flavors)

    @property
    def images(self) -> SqlImageRows:
        return SqlImageRows(self._tx, self._sql.images)

    @property
    def flavor_projects(self) -> SqlFlavorProjectRows:
        return SqlFlavorProjectRows(self._tx, self._sql.flavor_projects)

    @property
    def server_groups(self) -> SqlServerGroupRows:
        return SqlServerGroupRows(self._tx, self._sql.server_groups)

    @property
    def server_group_members(self) -> SqlServerGroupMemberRows:
        return SqlServerGroupMemberRows(self._tx, self._sql.server_group_members)

    @property
    def mappings(self) -> SqlMappingRows:
        return SqlMappingRows(self._tx, self._sql.mappings)

    @property
    def instance_mappings(self) -> SqlInstanceMappingRows:
        return SqlInstanceMappingRows(self._tx, self._sql.instance_mappings)

    @property
    def aggregates(self) -> SqlAggregateRows:
        return SqlAggregateRows(self._tx, self._sql.aggregates)

    @property
    def zones(self) -> SqlZoneRows:
        return SqlZoneRows(self._tx, self._sql.zones)

    @property
    def failure_domains(self) -> SqlFailureDomainRows:
        return SqlFailureDomainRows(self._tx, self._sql.failure_domains)

    @property
    def journal(self) -> SqlDirectoryJournal:
        return SqlDirectoryJournal(self._tx, self._sql.journal)

    @property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self._tx, self._sql.outbox, DIRECTORY)

    @property
    def leaders(self) -> SqlLeaderRows:
        return SqlLeaderRows(self._tx, self._sql.leaders)

    @property
    def deliveries(self) -> SqlDeliveryRows:
        return SqlDeliveryRows(self._tx, self._sql.deliveries)

    @property
    def dead_letters(self) -> SqlDeadLetterRows:
        return SqlDeadLetterRows(self._tx, self._sql.deliveries)

    @property
    def tellings(self) -> SqlTellingRows:
        return SqlTellingRows(self._tx, self._sql.tellings)

    @property
    def alarms(self) -> SqlAlarmRows:
        return SqlAlarmRows(self._tx, self._sql.alarms)

    @property
    def watched_alarms(self) -> SqlWatchedAlarmRows:
        return SqlWatchedAlarmRows(self._tx, self._sql.alarms)

    @property
    def alarm_changes(self) -> SqlAlarmChangeRows:
        return SqlAlarmChangeRows(self._tx, self._sql.alarm_changes)

    @property
    def alarm_quotas(self) -> SqlAlarmQuotaRows:
        return SqlAlarmQuotaRows(self._tx, self._sql.alarm_quotas)


def directory_silent() -> DirectoryUnavailable:
    """The error for a directory that does not answer."""
    return DirectoryUnavailable(retry_after_s=RETRY_AFTER_S)


class SqlDirectory:
    """`services.directory_ports.Directory`; `told` is called after commits that fill its outbox."""

    def __init__(
        self, database: Database, sql: DirectorySql, overlap: int, told: Callable[[], None]
    ) -> None:
        self._database = database
        self._sql = sql
        self._overlap = overlap
        self._told = told

    def read(self, work: Callable[[SqlDirectoryRows], T]) -> T:
        try:
            return self._database.read(lambda tx: work(self._rows(tx)))
        except Unavailable as error:
            raise directory_silent() from error
        except Full as error:
            raise StorageFull from error

    def write(self, work: Callable[[SqlDirectoryRows], T]) -> T:
        try:
            return telling(self._database, lambda tx: work(self._rows(tx)), self._told)
        except Unavailable as error:
            raise directory_silent() from error
        except Full as error:
            raise StorageFull from error

    def _rows(self, tx: Transaction) -> SqlDirectoryRows:
        return SqlDirectoryRows(tx, self._sql, self._overlap)
