"""What rows are read and written with: a driver's cursor, inside somebody else's transaction."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]
Params = Mapping[str, object]
"""Every statement takes its parameters by name."""


class Unavailable(Exception):
    """The database did not answer, or not in time."""


class Full(Exception):
    """The database has no room left."""


class Cursor(Protocol):
    """What the three drivers' cursors have in common (PEP 249)."""

    @property
    def rowcount(self) -> int: ...
    def execute(self, sql: str, params: Params = ..., /) -> object: ...
    def executemany(self, sql: str, params: Sequence[Params], /) -> object: ...
    def fetchall(self) -> Sequence[Row]: ...


class Transaction:
    """Statements of one transaction. For a read: each sees what was committed when it began.

    `told`: somebody wrote into an outbox; whoever delivers may be woken after the commit.
    """

    __slots__ = ("_cursor", "told")

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.told = False

    def rows(self, sql: str, params: Params) -> Sequence[Row]:
        """All rows of a query."""
        self._cursor.execute(sql, params)
        return self._cursor.fetchall()

    def row(self, sql: str, params: Params) -> Row | None:
        """The only row of a query, or None."""
        # All rows: a statement of SQLite's that is not read to its end keeps its snapshot open.
        self._cursor.execute(sql, params)
        found = self._cursor.fetchall()
        return found[0] if found else None

    def value(self, sql: str, params: Params) -> Any:  # noqa: ANN401 - a column of any type
        """The first column of the only row of a query that always has one."""
        row = self.row(sql, params)
        if row is None:
            raise LookupError("a query that always has a row had none")
        return row[0]

    def run(self, sql: str, params: Params) -> int:
        """How many rows a statement matched."""
        self._cursor.execute(sql, params)
        return self._cursor.rowcount

    def many(self, sql: str, params: Sequence[Params]) -> int:
        """Run a statement once for each of `params`; how many rows it matched in all."""
        self._cursor.executemany(sql, params)
        return self._cursor.rowcount


class Database(Protocol):
    """One database: SQLite file, PostgreSQL or MariaDB."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Raises Unavailable."""
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Durable when it returns; raises Unavailable or Full."""
        ...

    def write_back(self) -> None:
        """Bring what was committed from the log to where it belongs, so that no commit has to;
        raises Unavailable or Full."""
        ...

    def close(self) -> None: ...


def telling(database: Database, work: Callable[[Transaction], T], told: Callable[[], None]) -> T:
    """Write, and then say that somebody has something to tell, if so."""
    tells = False

    def watched(tx: Transaction) -> T:
        nonlocal tells
        result = work(tx)
        tells = tells or tx.told
        return result

    result = database.write(watched)
    if tells:
        told()
    return result


_DUPLICATE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505", 1062}


@contextmanager
def unique(taken: Exception) -> Iterator[None]:
    """Raises `taken` if another row has the unique key of one that is written."""
    try:
        yield
    except Exception as error:
        if _is_duplicate(error):
            raise taken from error
        raise


def _is_duplicate(error: Exception) -> bool:
    """Did a driver refuse a row because another one has its unique key?"""
    codes = (
        getattr(error, "sqlite_errorname", None),
        getattr(error, "sqlstate", None),
        error.args[0] if error.args else None,
    )
    return any(code in _DUPLICATE for code in codes if isinstance(code, (str, int)))
