"""Statements as text, once for each dialect; here alone the three dialects differ."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

import orjson
from sqlalchemy import (
    Column,
    Dialect,
    Insert,
    Select,
    Table,
    bindparam,
    false,
    func,
    literal_column,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from hostdown.storage.transaction import Params, Row, Transaction

T = TypeVar("T")

MICROS_NOW = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
    "mariadb": "CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)",
}
"""The database's own clock, which all servers share."""

HEARTBEATS = {
    "sqlite": (
        "UPDATE services SET last_seen_up = :seen, updated_at = :seen,"
        " report_count = report_count + :times, report_sequence = :sequence"
        " WHERE id = :id AND deleted = 0 AND report_sequence < :sequence"
    ),
    "postgresql": (
        "UPDATE services SET last_seen_up = beat.seen, updated_at = beat.seen,"
        " report_count = report_count + beat.times, report_sequence = beat.sequence"
        " FROM unnest(%(id)s::bigint[], %(seen)s::text[], %(times)s::bigint[],"
        " %(sequence)s::bigint[]) AS beat (id, seen, times, sequence)"
        " WHERE services.id = beat.id AND deleted = 0 AND report_sequence < beat.sequence"
    ),
    "mariadb": (
        "UPDATE services JOIN JSON_TABLE(%(beats)s, '$[*]' COLUMNS (id BIGINT PATH '$[0]',"
        " seen VARCHAR(26) PATH '$[1]', times BIGINT PATH '$[2]',"
        " sequence BIGINT PATH '$[3]')) AS beat ON services.id = beat.id"
        " SET last_seen_up = beat.seen, updated_at = beat.seen,"
        " report_count = report_count + beat.times, report_sequence = beat.sequence"
        " WHERE deleted = 0 AND report_sequence < beat.sequence"
    ),
}
"""One statement a batch: PostgreSQL and MariaDB would pay a round trip a row otherwise."""

ALARMS_FIRED = (
    "UPDATE alarms JOIN JSON_TABLE(%(fired)s, '$[*]' COLUMNS (id VARCHAR(36) PATH '$.seen_id',"
    " seen BIGINT PATH '$.seen_changes', state VARCHAR(32) PATH '$.state',"
    " reason MEDIUMTEXT PATH '$.state_reason', at VARCHAR(26) PATH '$.state_at',"
    " changes BIGINT PATH '$.changes', event VARCHAR(36) PATH '$.fired_by')) AS now"
    " ON alarms.id = now.id AND alarms.changes = now.seen"
    " SET alarms.state = now.state, state_reason = now.reason, state_at = now.at,"
    " alarms.changes = now.changes, fired_by = now.event"
)
"""The same on MariaDB alone: PyMySQL sends other updates one by one, and psycopg does not."""


class ManyRows(NamedTuple):
    """A query whose rows come, where that is faster, each packed into one column.

    PyMySQL is written in Python and pays for every column of every row: 1,000 services cost 4.4 ms
    of processor time by columns and 1.9 ms as JSON. Only for numbers, texts and flags.
    """

    text: str
    packed: bool

    def read(self, tx: Transaction, params: Params) -> Sequence[Row]:
        """All rows."""
        rows = tx.rows(self.text, params)
        if not self.packed:
            return rows
        unpacked: list[Row] = orjson.loads(f"[{','.join([row[0] for row in rows])}]")
        return unpacked


AT_A_TIME = 512
"""Values that one statement compares with; a database takes some ten thousand parameters."""


def padded(values: Sequence[T]) -> list[T]:
    """The same values, the last one repeated until there are 1, 2, 4, 8 ... of them.

    A statement has a parameter for each; so a few statements do for any number of values.
    """
    missing = (1 << (len(values) - 1).bit_length()) - len(values) if values else 0
    return [*values, *[values[-1]] * missing] if missing else list(values)


def one_of(column: ColumnElement[Any], name: str, count: int) -> ColumnElement[bool]:
    """Whether the column has one of the values of parameters `name`_0, `name`_1, ..."""
    if not count:
        return false()
    return column.in_([bindparam(f"{name}_{place}") for place in range(count)])


class AnyOf:
    """A query for the rows that have any of some values in a column."""

    def __init__(
        self, sql: "Compiler", column: ColumnElement[Any], query: Callable[..., Select[Any]]
    ) -> None:
        self._text = cache(lambda count: sql.text(query(one_of(column, "any", count))))

    def read(
        self, tx: Transaction, values: Sequence[object], facts: Params | None = None
    ) -> Iterator[Row]:
        """The rows, by some hundred values at a time; none for no values.

        `facts`: what else the query asks for.
        """
        for begun in range(0, len(values), AT_A_TIME):
            some = padded(values[begun : begun + AT_A_TIME])
            params = {f"any_{place}": value for place, value in enumerate(some)}
            yield from tx.rows(self._text(len(some)), params | dict(facts or {}))


class DropAny:
    """Deletes the rows that have any of some values in a column."""

    def __init__(self, sql: "Compiler", column: Column[Any]) -> None:
        self._text = cache(
            lambda count: sql.text(column.table.delete().where(one_of(column, "any", count)))
        )

    def run(self, tx: Transaction, values: Sequence[object]) -> int:
        """How many there were."""
        dropped = 0
        for begun in range(0, len(values), AT_A_TIME):
            some = padded(values[begun : begun + AT_A_TIME])
            params = {f"any_{place}": value for place, value in enumerate(some)}
            dropped += tx.run(self._text(len(some)), params)
        return dropped


ZERO: ColumnElement[int] = literal_column("0")
"""A constant in the text of a statement, so that parameters are only what the caller gives."""


class Compiler:
    """Turns SQLAlchemy's statements into text for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.name = "mariadb" if dialect.name == "mysql" else dialect.name

    def text(self, statement: ClauseElement) -> str:
        """The text; all its parameters are named and given when it runs."""
        if isinstance(statement, Insert):
            statement = statement.inline()  # no RETURNING: nobody reads the new key
        compiled = statement.compile(dialect=self._dialect)
        constants = {key: value for key, value in compiled.params.items() if value is not None}
        if constants:
            raise ValueError(f"write constants into the text: {constants}")
        return str(compiled)

    def many(self, query: Select[Any]) -> "ManyRows":
        """A query that has thousands of rows."""
        if self.name != "mariadb":
            return ManyRows(self.text(query), packed=False)
        one = func.json_array(*query.selected_columns)
        return ManyRows(self.text(query.with_only_columns(one)), packed=True)

    def position(self, text: ColumnElement[str], part: ColumnElement[str]) -> ColumnElement[int]:
        """Where `part` begins in `text`, character for character: from 1 on, 0 if it is not there.

        LIKE would not do: it has signs of its own, and SQLite's confuses capitals with small ones.
        """
        return (func.strpos if self.name == "postgresql" else func.instr)(text, part)

    def now(self) -> ColumnElement[int]:
        """The database's clock, in microseconds since 1970."""
        return literal_column(MICROS_NOW[self.name])

    def insert(self, table: Table, columns: Sequence[str]) -> ClauseElement:
        """Insert a row; each column is a parameter of the same name."""
        return _values(table.insert(), columns)

    def insert_new(
        self,
        table: Table,
        columns: Sequence[str],
        key: Sequence[str],
        rows: Select[Any] | None = None,
    ) -> ClauseElement:
        """Insert unless a row with this unique `key` is there; that one stays as it is.

        Each column is a parameter of the same name, or comes from the query `rows`.
        """
        if self.name == "mariadb":
            put = mysql.insert(table)
            put = _values(put, columns) if rows is None else put.from_select(columns, rows)
            return put.on_duplicate_key_update({key[0]: table.c[key[0]]})
        add = postgresql.insert(table) if self.name == "postgresql" else sqlite.insert(table)
        add = _values(add, columns) if rows is None else add.from_select(columns, rows)
        return add.on_conflict_do_nothing(index_elements=list(key))

    def upsert(
        self,
        table: Table,
        columns: Sequence[str],
        key: Sequence[str],
        added: Mapping[str, ColumnElement[Any]] | None = None,
    ) -> ClauseElement:
        """Insert a row, or overwrite the one with this `key`, the table's only unique one.

        `added` says what columns become that are not simply overwritten.
        """
        rest = [name for name in columns if name not in key]
        if self.name == "mariadb":
            put = _values(mysql.insert(table), columns)
            after = {name: put.inserted[name] for name in rest} | dict(added or {})
            return put.on_duplicate_key_update(after)
        add = postgresql.insert(table) if self.name == "postgresql" else sqlite.insert(table)
        add = _values(add, columns)
        after = {name: add.excluded[name] for name in rest} | dict(added or {})
        return add.on_conflict_do_update(index_elements=list(key), set_=after)


def parameters(names: Iterable[str]) -> dict[str, ColumnElement[Any]]:
    """For each column a parameter of its name."""
    return {name: bindparam(name) for name in names}


_I = TypeVar("_I", bound=Insert)


def _values(insert: _I, columns: Sequence[str]) -> _I:
    return insert.values(parameters(columns))
