"""The outbox of a cell or of the directory."""

from datetime import datetime

from sqlalchemy import Table, bindparam, func, or_, select

from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import written


class OutboxSql:
    """The statements of `SqlOutbox`, for one of the two tables."""

    def __init__(self, sql: Compiler, table: Table) -> None:
        self.ends = sql.text(select(func.min(table.c.id), func.max(table.c.id)))
        self.drop = sql.text(
            table.delete().where(
                table.c.id < bindparam("batch_end"),
                or_(table.c.created_at < bindparam("before"), table.c.id <= bindparam("beyond")),
            )
        )


class SqlOutbox:
    """`services.outbox_ports.Outbox` in a transaction.

    Rows are counted by their ids, which grow; a gap only makes the oldest go earlier.
    """

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: OutboxSql) -> None:
        self._tx = tx
        self._sql = sql

    def drop_oldest(self, before: datetime, rows_max: int, batch: int) -> int:
        ends = self._tx.row(self._sql.ends, {})
        if ends is None or ends[0] is None:
            return 0
        first, last = ends
        return self._tx.run(
            self._sql.drop,
            {"batch_end": first + batch, "before": written(before), "beyond": last - rows_max},
        )
