"""A connection that is alone with a database while its schema is looked at or changed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection as RawSqlite

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool, PoolProxiedConnection

from hostdown.storage.filelock import FileLock
from hostdown.storage.settings import DatabaseSettings
from hostdown.storage.sqlite import PRAGMAS, beside
from hostdown.storage.transaction import Unavailable

LOCK_WAIT_S = 60.0
"""A server that starts waits so long for another one that is creating the schema."""

MIGRATION_MAX_S = 3600.0
"""A step of a migration may copy a big table."""
MARIADB_MIN = (10, 6)
"""JSON_TABLE, which takes in a batch of reports as one statement."""
_ADVISORY_KEY = 0x686F7374646F776E  # "hostdown"


class Unsuitable(Exception):
    """A database that cannot hold our schema; the text says why and what to do."""


@contextmanager
def exclusive(url: URL, settings: DatabaseSettings) -> Iterator[Connection]:
    """A transaction that no other server's `exclusive` overlaps; committed at the end.

    An SQLite file is made if it is missing, readable by its owner alone. Raises Unsuitable,
    Unavailable, OSError or SQLAlchemy's DBAPIError.
    """
    match url.get_backend_name():
        case "postgresql":
            opened = _postgresql(url, settings)
        case "mariadb":
            opened = _mariadb(url, settings)
        case _:
            opened = _sqlite(url)
    with opened as connection:
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
def _postgresql(url: URL, settings: DatabaseSettings) -> Iterator[Connection]:
    from hostdown.storage.postgresql import connect

    patient = replace(settings, statement_timeout_s=MIGRATION_MAX_S)
    engine = create_engine(
        url, creator=lambda: connect(url, patient, autocommit=False), poolclass=NullPool
    )
    with _begun(engine) as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT_S:.0f}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_KEY})"))
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise Unsuitable(
                f"its encoding is {encoding}, which cannot hold every host name; "
                "create the database with ENCODING 'UTF8'"
            )
        yield connection


@contextmanager
def _mariadb(url: URL, settings: DatabaseSettings) -> Iterator[Connection]:
    from hostdown.storage.mariadb import connect_arguments

    patient = replace(settings, statement_timeout_s=MIGRATION_MAX_S)
    arguments = connect_arguments(patient, autocommit=False)
    engine = create_engine(url, connect_args=arguments, poolclass=NullPool)
    with _begun(engine) as connection:
        version = connection.dialect.server_version_info or ()
        if version < MARIADB_MIN:
            raise Unsuitable("hostdown needs MariaDB 10.6 or newer; upgrade the server")
        lock = text("SELECT GET_LOCK(CONCAT('hostdown ', MD5(DATABASE())), :wait)")
        if connection.scalar(lock, {"wait": LOCK_WAIT_S}) != 1:
            raise Unavailable("another server holds the schema's lock")
        yield connection  # the lock goes with the connection


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
