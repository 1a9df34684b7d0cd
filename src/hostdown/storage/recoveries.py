"""The recoveries of a cell."""

import orjson
from sqlalchemy import bindparam, func, select

from hostdown.domain.recovery import OVER, Held, Stage
from hostdown.services.recovery_ports import Entry, Line, Recovery
from hostdown.storage.recovery_tables import recoveries, recovery_entries
from hostdown.storage.sql import ZERO, Compiler, parameters
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import ID_MAX, moment, moment_or_none, written, written_or_none

_C = recoveries.c
_E = recovery_entries.c
_WRITTEN = [*(name for name in Recovery._fields if name != "id"), "open_key"]
_ENTRY = ["recovery_id", *Entry._fields]


class RecoverySql:
    """The statements of `SqlRecoveryRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(_C[name] for name in Recovery._fields))
        self.add = sql.text(sql.insert_new(recoveries, _WRITTEN, ["open_key"]))
        self.of_host = sql.text(shown.where(_C.open_key == bindparam("open_key")))
        self.open = sql.text(shown.where(_C.open_key.is_not(None)).order_by(_C.id))
        self.get = sql.text(shown.where(_C.id == bindparam("id")))
        newest = shown.order_by(_C.id.desc())
        self.find = sql.text(newest.limit(bindparam("most")).offset(ZERO))
        same = (_C.id == bindparam("id"), _C.revision == bindparam("seen_revision"))
        self.replace = sql.text(recoveries.update().where(*same).values(parameters(_WRITTEN)))
        self.newest = sql.text(select(func.max(_C.id)))


class SqlRecoveryRows:
    """`services.recovery_ports.RecoveryRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: RecoverySql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, made: Recovery) -> Recovery | None:
        before = self._tx.value(self._sql.newest, {})
        self._tx.run(self._sql.add, _written(made))
        row = self._tx.row(self._sql.of_host, {"open_key": made.host_id})
        found = None if row is None else _recovery(row)
        is_new = found is not None and (before is None or found.id > before)
        return found if is_new else None

    def open(self) -> list[Recovery]:
        return [_recovery(row) for row in self._tx.rows(self._sql.open, {})]

    def find(self, limit: int) -> list[Recovery]:
        return [_recovery(row) for row in self._tx.rows(self._sql.find, {"most": limit})]

    def get(self, number: int) -> Recovery | None:
        row = self._tx.row(self._sql.get, {"id": number}) if abs(number) <= ID_MAX else None
        return None if row is None else _recovery(row)

    def replace(self, seen: Recovery, after: Recovery) -> Recovery | None:
        after = after._replace(revision=seen.revision + 1)
        facts = _written(after) | {"id": seen.id, "seen_revision": seen.revision}
        return after if self._tx.run(self._sql.replace, facts) == 1 else None


_TIMES = (
    "silent_at",
    "begun_at",
    "due_at",
    "attempted_at",
    "level_at",
    "sent_at",
    "cut_at",
    "evacuated_at",
    "ended_at",
)
_FLAGS = ("gated", "released", "forced")


def _written(made: Recovery) -> dict[str, object]:
    facts: dict[str, object] = made._asdict()
    del facts["id"]
    for name in _TIMES:
        facts[name] = written_or_none(getattr(made, name))
    return facts | {"open_key": None if made.stage in OVER else made.host_id}


def _recovery(row: Row) -> Recovery:
    facts = dict(zip(Recovery._fields, row, strict=True))
    for name in _TIMES:
        facts[name] = moment_or_none(facts[name])
    facts["stage"] = Stage(facts["stage"])
    facts["held"] = None if facts["held"] is None else Held(facts["held"])
    for name in _FLAGS:
        facts[name] = facts[name] == 1
    return Recovery(**facts)


class TimelineSql:
    """The statements of `SqlTimelineRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.add = sql.text(sql.insert(recovery_entries, _ENTRY))
        told = select(*(_E[name] for name in Entry._fields)).order_by(_E.id)
        self.of = sql.text(told.where(_E.recovery_id == bindparam("recovery_id")))
        lines = select(_E.id, _E.recovery_id, *(_E[name] for name in Entry._fields))
        later = lines.where(_E.id > bindparam("number")).order_by(_E.id)
        self.after = sql.text(later.limit(bindparam("most")).offset(ZERO))
        self.newest = sql.text(select(func.max(_E.id)))


class SqlTimelineRows:
    """`services.recovery_ports.TimelineRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: TimelineSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, recovery: int, entry: Entry) -> None:
        details = orjson.dumps(dict(entry.details)).decode()
        facts = {"at": written(entry.at), "what": entry.what, "details": details}
        self._tx.run(self._sql.add, {"recovery_id": recovery, **facts})

    def of(self, recovery: int) -> list[Entry]:
        rows = self._tx.rows(self._sql.of, {"recovery_id": recovery})
        return [_entry(row) for row in rows]

    def after(self, number: int, limit: int) -> list[Line]:
        rows = self._tx.rows(self._sql.after, {"number": number, "most": limit})
        return [Line(row[0], row[1], _entry(row[2:])) for row in rows]

    def newest(self) -> int:
        return int(self._tx.value(self._sql.newest, {}) or 0)


def _entry(row: Row) -> Entry:
    at, what, details = row
    return Entry(moment(at), what, orjson.loads(details))
