"""The lock of all who change things of one kind: a row of `revisions`."""

from sqlalchemy import literal_column, select

from hostdown.storage.directory_tables import revisions
from hostdown.storage.sql import Compiler
from hostdown.storage.transaction import Transaction


class LockSql:
    """The statements of one lock; `kind` names the row."""

    def __init__(self, sql: Compiler, kind: str) -> None:
        ours = revisions.c.name == literal_column(f"'{kind}'")
        self._kind = kind
        self._lock = sql.text(select(revisions.c.number).where(ours).with_for_update())
        self._first = sql.text(sql.insert_new(revisions, ["name", "number"], ["name"]))

    def take(self, tx: Transaction) -> None:
        """Wait for it, and hold it until the transaction ends."""
        # SQLite has nothing to lock in a row, and needs nothing: it has one writer at a time.
        if tx.row(self._lock, {}) is None:
            tx.run(self._first, {"name": self._kind, "number": 0})
            tx.row(self._lock, {})
