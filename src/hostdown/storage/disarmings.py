"""Where recovery is disarmed in a cell."""

from sqlalchemy import bindparam, select

from hostdown.domain.disarming import Disarming, Scope, Where
from hostdown.storage.recovery_tables import disarmings
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, moment_or_none, written, written_or_none

_C = disarmings.c
_COLUMNS = ["scope", "name", "reason", "ends_at", "at", "user_name", "user_id", "request_id"]


class DisarmingSql:
    """The statements of `SqlDisarmingRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(_C[name] for name in _COLUMNS)).order_by(_C.scope, _C.name)
        there = (_C.scope == bindparam("scope"), _C.name == bindparam("name"))
        self.all = sql.text(shown)
        self.put = sql.text(sql.upsert(disarmings, _COLUMNS, ["scope", "name"]))
        self.take = sql.text(disarmings.delete().where(*there))


class SqlDisarmingRows:
    """`services.disarming_ports.DisarmingRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: DisarmingSql) -> None:
        self._tx = tx
        self._sql = sql

    def all(self) -> list[Disarming]:
        return [_disarming(row) for row in self._tx.rows(self._sql.all, {})]

    def put(self, made: Disarming) -> None:
        place = {"scope": made.where.scope.value, "name": made.where.name}
        times = {"ends_at": written_or_none(made.until), "at": written(made.at)}
        who = {"user_name": made.user, "user_id": made.user_id, "request_id": made.request_id}
        self._tx.run(self._sql.put, {**place, **times, **who, "reason": made.reason})

    def take(self, where: Where) -> bool:
        place: dict[str, object] = {"scope": where.scope.value, "name": where.name}
        return self._tx.run(self._sql.take, place) > 0


def _disarming(row: Row) -> Disarming:
    scope, name, reason, ends_at, at, *who = row
    where = Where(Scope(scope), name)
    return Disarming(where, reason, moment_or_none(ends_at), moment(at), *who)
