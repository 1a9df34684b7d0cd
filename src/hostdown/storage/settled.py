"""How far each host is through with what it was told, beside the version of its assignments."""

from sqlalchemy import ColumnElement, bindparam, select

from hostdown.storage.ledger_tables import host_assignments
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction

_C = host_assignments.c


class SettledSql:
    """The statements of `SqlSettledRows`."""

    def __init__(self, sql: Compiler) -> None:
        mine = _C.host_id == bindparam("host_id")
        self.of = sql.text(select(_C.settled).where(mine))
        after: ColumnElement[int] = bindparam("after")
        self.keep = sql.text(
            host_assignments.update()
            .where(mine, _C.settled < after, _C.version >= after)
            .values(settled=after)
        )


class SqlSettledRows:
    """`services.instance_ports.SettledRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: SettledSql) -> None:
        self._tx = tx
        self._sql = sql

    def of(self, host_id: str) -> int:
        row = self._tx.row(self._sql.of, {"host_id": host_id})
        return 0 if row is None else int(row[0])

    def keep(self, host_id: str, version: int) -> bool:
        return self._tx.run(self._sql.keep, {"host_id": host_id, "after": version}) == 1
