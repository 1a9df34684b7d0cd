"""Who changed what of the directory, and what is to be told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import BigInteger, bindparam, select

from hostdown.domain.model import Change
from hostdown.services.aggregate_ports import Told
from hostdown.storage.audit import as_json, audited
from hostdown.storage.delivery_tables import directory_outbox
from hostdown.storage.directory_tables import directory_changes
from hostdown.storage.sql import ZERO, Compiler, DropAny
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import written


class DirectoryJournalSql:
    """The statements of `SqlDirectoryJournal`."""

    def __init__(self, sql: Compiler) -> None:
        kept = [column.name for column in directory_changes.c if column.name != "id"]
        self.add = sql.text(sql.insert(directory_changes, kept))
        told = [column.name for column in directory_outbox.c if column.name != "id"]
        self.tell = sql.text(sql.insert(directory_outbox, told))
        changes = directory_changes.c
        old = select(changes.id).where(changes.at < bindparam("before")).order_by(changes.at)
        limit = bindparam("limit", type_=BigInteger)
        self.old = sql.text(old.offset(ZERO).limit(limit))
        self.drop = DropAny(sql, changes.id)


class SqlDirectoryJournal:
    """`services.aggregate_ports.DirectoryJournal` in a transaction."""

    __slots__ = ("_sql", "_tx")

    def __init__(self, tx: Transaction, sql: DirectoryJournalSql) -> None:
        self._tx = tx
        self._sql = sql

    def record(self, change: Change, subject: str, told: Sequence[Told]) -> None:
        at = written(change.at)
        self._tx.run(
            self._sql.add,
            {
                "at": at,
                "subject": subject,
                **audited(change),
            },
        )
        for each in told:
            self._tx.told = True
            self._tx.run(
                self._sql.tell,
                {
                    "uuid": str(uuid4()),
                    "created_at": at,
                    "subject": subject,
                    "event_type": each.event_type,
                    "payload": as_json(dict(each.payload)),
                    "request_id": change.caller.request_id,
                },
            )

    def drop(self, before: datetime, limit: int) -> int:
        facts = {"before": written(before), "limit": limit}
        ids = [number for (number,) in self._tx.rows(self._sql.old, facts)]
        return self._sql.drop.run(self._tx, ids)
