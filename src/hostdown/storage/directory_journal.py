"""Who changed what of the directory, and what is to be told."""

from collections.abc import Sequence
from uuid import uuid4

from hostdown.domain.model import Change
from hostdown.services.aggregate_ports import Told
from hostdown.storage.audit import as_json, audited
from hostdown.storage.delivery_tables import directory_outbox
from hostdown.storage.directory_tables import directory_changes
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction
from hostdown.storage.types import written


class DirectoryJournalSql:
    """The statements of `SqlDirectoryJournal`."""

    def __init__(self, sql: Compiler) -> None:
        kept = [column.name for column in directory_changes.c if column.name != "id"]
        self.add = sql.text(sql.insert(directory_changes, kept))
        told = [column.name for column in directory_outbox.c if column.name != "id"]
        self.tell = sql.text(sql.insert(directory_outbox, told))


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
