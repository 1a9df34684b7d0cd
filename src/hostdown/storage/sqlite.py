"""SQLite: one file, write-ahead log, every commit synced; readers never wait for the writer."""

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from hostdown.storage.combine import Combiner, Work
from hostdown.storage.filelock import FileLock
from hostdown.storage.transaction import Full, Transaction, Unavailable

T = TypeVar("T")

_STEPS_PER_CALL = 1_000_000
_STEPS_PER_S = 5_000_000
"""A slow machine's pace: SQLite has no clock for a statement, but counts its steps."""

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA wal_autocheckpoint = 4096",
)
"""A log of 16 MB is written back by the commit that makes it so long: that is to be seldom."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_ROOM_MIN_BYTES = 262_144
_NOT_THE_DATABASES_FAULT = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)


class SqliteDatabase:
    """One file. Opened after a fork: locks and connections must not be shared with a parent.

    A file that vanished or was replaced while we ran is noticed before each use.
    """

    def __init__(self, path: Path, busy_s: float, statement_s: float, readers_max: int) -> None:
        self._path = path.resolve()
        self._busy_s = busy_s
        self._statement_s = statement_s
        self._readers_max = readers_max
        self._readers: list[_Connection] = []
        self._writer: _Connection | None = None
        self._lock: FileLock | None = None
        self._combiner = Combiner(self)
        self._pid = os.getpid()

    def read(self, work: Callable[[Transaction], T]) -> T:
        """On a connection of its own; the writer is never waited for."""
        try:
            connection = self._reader()
            try:
                result = work(connection.fresh())
            except sqlite3.Error:
                connection.close()
                raise
            except BaseException:
                self._give_back(connection)
                raise
        except sqlite3.Error as error:
            raise self._translated(error) from error
        self._give_back(connection)
        return result

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Together with whoever else writes at this moment."""
        self._check_process()
        return self._combiner.run(work)

    def write_back(self) -> None:
        """Neither readers nor writers are waited for: what those still need is left for later."""
        self.read(lambda tx: tx.rows("PRAGMA wal_checkpoint(PASSIVE)", {}))

    def close(self) -> None:
        """No more reads and writes after this."""
        while self._readers:
            self._readers.pop().close()
        self._drop_writer()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def alone(self, work: Callable[[Transaction], T]) -> T:
        """One transaction; for the Combiner, which lets in one thread at a time."""
        try:
            if self._lock is None:
                self._lock = FileLock(beside(self._path, ".lock"), self._busy_s)
            with self._lock.held():
                return self._transaction(self._write_connection(), work)
        except (sqlite3.Error, OSError) as error:
            self._drop_writer()
            raise self._translated(error) from error

    def batch(self, works: list[Work]) -> list[tuple[Any, Exception | None]]:
        """One transaction with a savepoint for each work; for the Combiner."""
        return self.alone(lambda tx: [_saved(tx, work) for work in works])

    def _transaction(self, connection: "_Connection", work: Callable[[Transaction], T]) -> T:
        tx = connection.fresh()
        connection.cursor.execute("BEGIN IMMEDIATE")
        try:
            result = work(tx)
            connection.cursor.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
        return result

    def _reader(self) -> "_Connection":
        self._check_process()
        identity = self._identity()
        while self._readers:
            try:
                connection = self._readers.pop()
            except IndexError:  # another thread was faster
                break
            if connection.identity == identity:
                return connection
            connection.close()
        return _Connection(self._path, identity, self._busy_s, self._statement_s)

    def _give_back(self, connection: "_Connection") -> None:
        if len(self._readers) < self._readers_max:
            self._readers.append(connection)
        else:
            connection.close()

    def _write_connection(self) -> "_Connection":
        identity = self._identity()
        if self._writer is not None and self._writer.identity != identity:
            self._drop_writer()
        if self._writer is None:
            self._writer = _Connection(self._path, identity, self._busy_s, self._statement_s)
        return self._writer

    def _drop_writer(self) -> None:
        if self._writer is not None:
            with suppress(sqlite3.Error):
                self._writer.close()
            self._writer = None

    def _identity(self) -> tuple[int, int]:
        try:
            found = os.stat(self._path)
        except OSError as error:
            raise Unavailable(f"{self._path}: {error.strerror}") from error
        return found.st_dev, found.st_ino

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("a store was opened before a fork; open it in the child")

    def _translated(self, error: Exception) -> Exception:
        if isinstance(error, OSError):
            return Full(str(error)) if error.errno in _NO_ROOM else Unavailable(str(error))
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._no_room()):
            return Full(str(error))
        ours = isinstance(error, _NOT_THE_DATABASES_FAULT) or code == sqlite3.SQLITE_ERROR
        return error if ours else Unavailable(str(error))

    def _no_room(self) -> bool:
        room = os.statvfs(self._path.parent)
        return room.f_bavail * room.f_frsize < _ROOM_MIN_BYTES


def _saved(tx: Transaction, work: Work) -> tuple[Any, Exception | None]:
    tx.run("SAVEPOINT work", {})
    try:
        result = work(tx)
    except sqlite3.OperationalError:
        raise  # the whole transaction may be gone: each work is run alone then
    except Exception as error:  # noqa: BLE001 - handed to the thread whose work it is
        tx.run("ROLLBACK TO work", {})
        tx.run("RELEASE work", {})
        return None, error
    tx.run("RELEASE work", {})
    return result, None


class _Connection:
    """A connection with its limits. `identity` tells which file it has open."""

    def __init__(
        self, path: Path, identity: tuple[int, int], busy_s: float, statement_s: float
    ) -> None:
        # "rw": a file that is gone is not made anew, empty, behind our back.
        uri = f"file:{quote(str(path))}?mode=rw"
        self._raw = sqlite3.connect(
            uri, uri=True, timeout=busy_s, isolation_level=None, check_same_thread=False
        )
        self.identity = identity
        self.cursor = self._raw.cursor()
        self._calls_max = max(1, round(statement_s * _STEPS_PER_S / _STEPS_PER_CALL))
        self._calls = 0
        try:
            for pragma in PRAGMAS:
                self.cursor.execute(pragma).fetchall()
        except BaseException:
            self._raw.close()
            raise
        self._raw.set_progress_handler(self._count, _STEPS_PER_CALL)

    def fresh(self) -> Transaction:
        """Rows to work with, counted from 0."""
        self._calls = 0
        return Transaction(self.cursor)

    def rollback(self) -> None:
        """Leave no transaction open; a failed one may have ended by itself."""
        if self._raw.in_transaction:
            self.cursor.execute("ROLLBACK")

    def close(self) -> None:
        self._raw.close()

    def _count(self) -> int:
        self._calls += 1
        return int(self._calls > self._calls_max)


def beside(path: Path, suffix: str) -> Path:
    """A file that belongs to the database file."""
    return path.with_name(path.name + suffix)
