"""What is still to be cleared up of deleted servers, as kept in a cell."""

from datetime import datetime

from sqlalchemy import bindparam, select

from hostdown.services.clearing_ports import Clearing
from hostdown.storage.leftover_tables import clearings
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, written

_C = clearings.c
_KEY = ("instance_uuid", "pool_id", "host")


class ClearingSql:
    """The statements of `SqlClearingRows`."""

    def __init__(self, sql: Compiler) -> None:
        self.add = sql.text(sql.insert_new(clearings, list(_C.keys()), _KEY))
        self.due = sql.text(
            select(clearings)
            .where(_C.due_at <= bindparam("now"))
            .order_by(_C.due_at, _C.instance_uuid, _C.pool_id)
            .limit(bindparam("most"))
            .offset(ZERO)
        )
        seen = [_C[name] == bindparam(f"seen_{name}") for name in _KEY]
        self.put = sql.text(
            clearings.update()
            .where(*seen)
            .values(generation=bindparam("generation"), due_at=bindparam("due_at"))
        )
        self.remove = sql.text(clearings.delete().where(*seen))


class SqlClearingRows:
    """`services.clearing_ports.ClearingRows` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: ClearingSql) -> None:
        self._tx = tx
        self._sql = sql

    def add(self, made: Clearing) -> None:
        values = (*made[:-1], written(made.due_at))
        self._tx.run(self._sql.add, dict(zip(_C.keys(), values, strict=True)))

    def due(self, now: datetime, limit: int) -> list[Clearing]:
        rows = self._tx.rows(self._sql.due, {"now": written(now), "most": limit})
        return [Clearing._make((*facts, moment(due_at))) for *facts, due_at in rows]

    def put(self, seen: Clearing, generation: int, due_at: datetime) -> None:
        after = {"generation": generation, "due_at": written(due_at)}
        self._tx.run(self._sql.put, _key(seen) | after)

    def remove(self, seen: Clearing) -> None:
        self._tx.run(self._sql.remove, _key(seen))


def _key(seen: Clearing) -> dict[str, object]:
    return {f"seen_{name}": value for name, value in zip(_KEY, seen[:3], strict=True)}
