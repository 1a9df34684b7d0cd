"""The history of alarms, and how many a project may have."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, bindparam, literal_column, select

from hostdown.domain.alarms import AlarmChange, ChangeType, Severity
from hostdown.storage.alarm_tables import alarm_changes, alarm_quotas
from hostdown.storage.locks import LockSql
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, storable, written

_C = alarm_changes.c
_SHOWN = [_C[name] for name in AlarmChange._fields]
_DELETION: ColumnElement[str] = literal_column(f"'{ChangeType.DELETION}'")


class AlarmChangeSql:
    """The statements of `SqlAlarmChangeRows`."""

    def __init__(self, sql: Compiler) -> None:
        newest_first = select(*_SHOWN).order_by(_C.number.desc())
        some = newest_first.limit(bindparam("most")).offset(ZERO)
        of_alarm, owned = (
            _C.alarm_id == bindparam("alarm_id"),
            _C.on_behalf_of == bindparam("project_id"),
        )
        self.add = sql.text(sql.insert_new(alarm_changes, AlarmChange._fields, ["id"]))
        self.of = sql.text(newest_first.where(of_alarm))
        self.newest = sql.text(some)
        self.newest_of = sql.text(some.where(owned))
        earlier = _C.place <= bindparam("place")
        self.forget = sql.text(alarm_changes.delete().where(of_alarm, earlier))
        deletions = (owned, _C.type == _DELETION)
        numbers = select(_C.number).where(*deletions).order_by(_C.number.desc())
        self.deletion_at = sql.text(numbers.limit(literal_column("1")).offset(bindparam("most")))
        old = _C.number <= bindparam("number")
        self.drop_deletions = sql.text(alarm_changes.delete().where(*deletions, old))


class SqlAlarmChangeRows:
    """`services.alarm_ports.AlarmChangeRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: AlarmChangeSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, changes: Sequence[AlarmChange]) -> None:
        facts = [
            {
                **each._asdict(),
                "type": each.type.value,
                "severity": each.severity.value,
                "at": written(each.at),
            }
            for each in changes
        ]
        if facts:
            self._tx.many(self._sql.add, facts)

    def of(self, alarm_id: str) -> list[AlarmChange]:
        if not storable(alarm_id):
            return []
        return _changes(self._tx.rows(self._sql.of, {"alarm_id": alarm_id}))

    def newest(self, project_id: str | None, limit: int) -> list[AlarmChange]:
        if project_id is None:
            return _changes(self._tx.rows(self._sql.newest, {"most": limit}))
        if not storable(project_id):
            return []
        facts = {"project_id": project_id, "most": limit}
        return _changes(self._tx.rows(self._sql.newest_of, facts))

    def forget(self, places: Sequence[tuple[str, int]]) -> None:
        facts = [{"alarm_id": alarm_id, "place": place} for alarm_id, place in sorted(places)]
        if facts:
            self._tx.many(self._sql.forget, facts)

    def bound_deletions(self, project_id: str, most: int) -> None:
        facts = {"project_id": project_id, "most": most}
        found = self._tx.row(self._sql.deletion_at, facts)
        if found is not None:
            last = {"project_id": project_id, "number": found[0]}
            self._tx.run(self._sql.drop_deletions, last)


def _changes(rows: Iterable[Row]) -> list[AlarmChange]:
    made = [AlarmChange._make(row) for row in rows]
    return [
        each._replace(
            type=ChangeType(each.type), severity=Severity(each.severity), at=moment(str(each.at))
        )
        for each in made
    ]


class AlarmQuotaSql:
    """The statements of `SqlAlarmQuotaRows`."""

    def __init__(self, sql: Compiler) -> None:
        this = alarm_quotas.c.project_id == bindparam("project_id")
        self.lock = LockSql(sql, "alarms")
        self.get = sql.text(select(alarm_quotas.c.alarms).where(this))
        self.put = sql.text(sql.upsert(alarm_quotas, ["project_id", "alarms"], ["project_id"]))
        self.remove = sql.text(alarm_quotas.delete().where(this))


class SqlAlarmQuotaRows:
    """`services.alarm_ports.AlarmQuotaRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: AlarmQuotaSql) -> None:
        self._tx = tx
        self._sql = sql

    def lock(self) -> None:
        self._sql.lock.take(self._tx)

    def get(self, project_id: str) -> int | None:
        if not storable(project_id):
            return None
        row = self._tx.row(self._sql.get, {"project_id": project_id})
        return None if row is None else int(row[0])

    def put(self, project_id: str, alarms: int) -> None:
        self._tx.run(self._sql.put, {"project_id": project_id, "alarms": alarms})

    def remove(self, project_id: str) -> None:
        if storable(project_id):
            self._tx.run(self._sql.remove, {"project_id": project_id})
