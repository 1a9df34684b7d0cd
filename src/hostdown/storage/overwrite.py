"""Writing a value over the one that was read, if nobody else has done so meanwhile."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Table, bindparam

from hostdown.domain.instance import Instance
from hostdown.domain.migration import Migration
from hostdown.storage.sql import Compiler, parameters
from hostdown.storage.transaction import Transaction

SHAPES_MAX = 256
"""Sets of changed fields of which a worker remembers the statement: compiling one takes 1 ms."""


class Overwrite:
    """Updates of a table whose rows have an `id` and a `revision`.

    Only what differs is named: SQLite makes an index entry anew wherever a statement names a column
    of the index, whether its value changes or not. `columns` are those of fields whose columns have
    other names, or that count in columns beside their own.
    """

    def __init__(self, sql: Compiler, table: Table, columns: Mapping[str, Sequence[str]]) -> None:
        same = (table.c.id == bindparam("id"), table.c.revision == bindparam("seen_revision"))

        def statement(changed: tuple[str, ...]) -> tuple[str, list[str]]:
            names = sorted({name for field in changed for name in columns.get(field, [field])})
            return sql.text(table.update().where(*same).values(parameters(names))), names

        self._statement = lru_cache(SHAPES_MAX)(statement)

    def run(
        self,
        tx: Transaction,
        seen: Instance | Migration,
        after: Instance | Migration,
        row: Mapping[str, object],
    ) -> bool:
        """Whether `after`, whose row is `row`, was written; it has a revision of its own."""
        fields = zip(after._fields, seen, after, strict=True)
        changed = tuple(field for field, before, now in fields if before != now)
        text, names = self._statement(changed)
        facts = {name: row[name] for name in names}
        return tx.run(text, {**facts, "id": seen.id, "seen_revision": seen.revision}) == 1
