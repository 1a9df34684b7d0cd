"""The outbox of a cell or of the directory."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import Table, bindparam, func, null, or_, select

from hostdown.domain import host_words
from hostdown.domain.deliveries import Event
from hostdown.services.outbox_ports import Depth
from hostdown.storage.sql import ZERO, Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import moment, moment_or_none, written


class OutboxSql:
    """The statements of `SqlOutbox`, for one of the two tables, whose `subject` is a column."""

    def __init__(self, sql: Compiler, table: Table, subject: str) -> None:
        names = ["id", "uuid", "created_at", subject, "event_type", "payload", "request_id"]
        shown = [table.c[each] for each in names]
        about = table.c.about if "about" in table.c else null().label("about")
        oldest = select(*shown, about).order_by(table.c.id)
        self.oldest = sql.text(oldest.limit(bindparam("most")).offset(ZERO))
        self.depth = sql.text(select(func.count(), func.min(table.c.created_at)))
        self.drop = sql.text(table.delete().where(table.c.id == bindparam("id")))
        self.ends = sql.text(select(func.min(table.c.id), func.max(table.c.id)))
        self.drop_oldest = sql.text(
            table.delete().where(
                table.c.id < bindparam("batch_end"),
                or_(table.c.created_at < bindparam("before"), table.c.id <= bindparam("beyond")),
            )
        )


class SqlOutbox:
    """`services.outbox_ports.Outbox` in a transaction.

    Rows are counted by their ids, which grow; a gap only makes the oldest go earlier.
    """

    __slots__ = ("_source", "_sql", "_tx")

    def __init__(self, tx: Transaction, sql: OutboxSql, source: str) -> None:
        self._tx = tx
        self._sql = sql
        self._source = source

    def oldest(self, limit: int) -> list[Event]:
        rows = self._tx.rows(self._sql.oldest, {"most": limit})
        return [
            Event(
                number, own, self._source, moment(at), subject, kind, orjson.loads(text), request,
                None if about is None else host_words.read(orjson.loads(about)),
            )
            for number, own, at, subject, kind, text, request, about in rows
        ]  # fmt: skip

    def depth(self) -> Depth:
        waiting, since = self._tx.rows(self._sql.depth, {})[0]
        return Depth(waiting, moment_or_none(since))

    def drop(self, numbers: Sequence[int]) -> None:
        self._tx.many(self._sql.drop, [{"id": each} for each in numbers])

    def drop_oldest(self, before: datetime, rows_max: int, batch: int) -> int:
        ends = self._tx.row(self._sql.ends, {})
        if ends is None or ends[0] is None:
            return 0
        first, last = ends
        return self._tx.run(
            self._sql.drop_oldest,
            {"batch_end": first + batch, "before": written(before), "beyond": last - rows_max},
        )
