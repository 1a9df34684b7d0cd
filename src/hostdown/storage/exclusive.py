"""A connection that is alone with a database while its schema is looked at or changed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as RawSqlite

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool, PoolProxiedConnection

from hostdown.storage.filelock import FileLock
from hostdown.storage.settings import DatabaseSettings
from hostdown.storage.sqlite import PRAGMAS, beside

LOCK_WAIT_S = 60.0
"""A server that starts waits so long for another one that is creating the schema."""


@contextmanager
def exclusive(url: URL, settings: DatabaseSettings) -> Iterator[Connection]:
    """A transaction that no other server's `exclusive` overlaps; committed at the end.

    An SQLite file is made if it is missing, readable by its owner alone. Raises Unavailable,
    OSError or SQLAlchemy's DBAPIError.
    """
    with _sqlite(url) as connection:
        yield connection


@contextmanager
def _sqlite(url: URL) -> Iterator[Connection]:
    path = Path(url.database or "").resolve()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(beside(path, ".lock"), LOCK_WAIT_S)
    try:
        with lock.held():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            with _begun(_sqlite_engine(path)) as connection:
                yield connection
    finally:
        lock.close()


@contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def connected(raw: RawSqlite, record: PoolProxiedConnection) -> None:
        raw.isolation_level = None  # no BEGIN but ours
        for pragma in PRAGMAS:
            raw.execute(pragma).fetchall()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
