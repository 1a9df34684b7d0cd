"""What others say of the hosts of a cell."""

from collections.abc import Iterable
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, bindparam, literal_column, select

from hostdown.domain.fault_events import FaultEvent, FaultKind
from hostdown.services.fault_ports import KEPT_MAX, STANDING_MAX
from hostdown.storage.fault_tables import fault_events
from hostdown.storage.sql import ZERO, Compiler, parameters
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, written

_C = fault_events.c
_WRITTEN = [name for name in FaultEvent._fields if name != "id"]
_ONE: ColumnElement[int] = literal_column("1")
_SAME = ("host_id", "kind", "source", "event_id")


class FaultEventSql:
    """The statements of `SqlFaultEventRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(_C[name] for name in FaultEvent._fields))
        host = _C.host_id == bindparam("host_id")
        newest = _C.id.desc()
        most: ColumnElement[int] = bindparam("most")
        self.add = sql.text(sql.insert(fault_events, _WRITTEN))
        same = [_C[name] == bindparam(name) for name in _SAME]
        since = _C.last_at >= bindparam("since")
        self.same = sql.text(shown.where(*same, since).order_by(newest).limit(_ONE).offset(ZERO))
        mine = _C.id == bindparam("number")
        self.again = sql.text(
            fault_events.update().where(mine).values(parameters(["last_at", "times"]))
        )
        self.of_host = sql.text(shown.where(host).order_by(newest).limit(most).offset(ZERO))
        self.since = sql.text(shown.where(since).order_by(newest).limit(most).offset(ZERO))
        kept = select(_C.id).where(host).order_by(newest)
        self.newest_old = sql.text(kept.limit(_ONE).offset(bindparam("most")))
        self.forget = sql.text(fault_events.delete().where(host, _C.id <= bindparam("number")))


class SqlFaultEventRows:
    """`services.fault_ports.FaultEventRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: FaultEventSql) -> None:
        self._tx = tx
        self._sql = sql

    def put(self, event: FaultEvent, same_since: datetime) -> FaultEvent:
        facts: dict[str, object] = event._asdict()
        del facts["id"]
        key = {name: facts[name] for name in _SAME}
        row = self._tx.row(self._sql.same, key | {"since": written(same_since)})
        if row is not None:
            seen = _event(row)
            after = seen._replace(last_at=event.last_at, times=seen.times + 1)
            again = {"number": seen.id, "last_at": written(after.last_at), "times": after.times}
            self._tx.run(self._sql.again, again)
            return after
        facts["details"] = orjson.dumps(dict(event.details)).decode()
        facts["first_at"], facts["last_at"] = written(event.first_at), written(event.last_at)
        self._tx.run(self._sql.add, facts)
        self._forget(event.host_id)
        return self.of_host(event.host_id, 1)[0]

    def _forget(self, host_id: str) -> None:
        row = self._tx.row(self._sql.newest_old, {"host_id": host_id, "most": KEPT_MAX})
        if row is not None:
            self._tx.run(self._sql.forget, {"host_id": host_id, "number": row[0]})

    def of_host(self, host_id: str, limit: int) -> list[FaultEvent]:
        return _events(self._tx.rows(self._sql.of_host, {"host_id": host_id, "most": limit}))

    def since(self, at: datetime) -> list[FaultEvent]:
        return _events(self._tx.rows(self._sql.since, {"since": written(at), "most": STANDING_MAX}))


def _events(rows: Iterable[Row]) -> list[FaultEvent]:
    return [_event(row) for row in rows]


def _event(row: Row) -> FaultEvent:
    facts = dict(zip(FaultEvent._fields, row, strict=True))
    facts["kind"] = FaultKind(facts["kind"])
    facts["first_at"], facts["last_at"] = moment(facts["first_at"]), moment(facts["last_at"])
    facts["details"] = orjson.loads(facts["details"])
    return FaultEvent(**facts)
