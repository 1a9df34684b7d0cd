"""The last check of each host's fencing, in a cell."""

import orjson
from sqlalchemy import bindparam, select

from hostdown.domain.fence_checks import FenceCheck, LevelSeen
from hostdown.storage.fence_check_tables import fence_checks
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Row, Transaction
from hostdown.storage.types import moment, moment_or_none, storable, written, written_or_none

_C = fence_checks.c


class FenceCheckSql:
    """The statements of `SqlFenceCheckRows`."""

    def __init__(self, sql: Compiler) -> None:
        shown = select(*(_C[name] for name in FenceCheck._fields))
        mine = _C.host == bindparam("host")
        self.all = sql.text(shown.order_by(_C.host))
        self.get = sql.text(shown.where(mine))
        self.put = sql.text(sql.upsert(fence_checks, FenceCheck._fields, ["host"]))
        self.forget = sql.text(fence_checks.delete().where(mine))


class SqlFenceCheckRows:
    """`services.fence_check_ports.FenceCheckRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: FenceCheckSql) -> None:
        self._tx = tx
        self._sql = sql

    def all(self) -> list[FenceCheck]:
        return [_check(row) for row in self._tx.rows(self._sql.all, {})]

    def get(self, host: str) -> FenceCheck | None:
        row = self._tx.row(self._sql.get, {"host": host}) if storable(host) else None
        return None if row is None else _check(row)

    def put(self, made: FenceCheck) -> None:
        facts = made._asdict() | {
            "checked_at": written(made.checked_at),
            "failing_since": written_or_none(made.failing_since),
            "levels": orjson.dumps([list(each) for each in made.levels]).decode(),
        }
        self._tx.run(self._sql.put, facts)

    def forget(self, host: str) -> None:
        self._tx.run(self._sql.forget, {"host": host})


def _check(row: Row) -> FenceCheck:
    host, checked_at, failures, failing_since, levels, problem = row
    seen = tuple(LevelSeen(*each) for each in orjson.loads(levels))
    since = moment_or_none(failing_since)
    return FenceCheck(host, moment(checked_at), failures, since, seen, problem)
