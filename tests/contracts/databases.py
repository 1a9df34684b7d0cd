"""Databases of the tests' own: made, emptied, dropped.

PostgreSQL and MariaDB are looked for where HOSTDOWN_TEST_POSTGRESQL and HOSTDOWN_TEST_MARIADB say,
else on this machine. One that does not answer skips its tests, unless HOSTDOWN_REQUIRE names it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, Executable, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from tests.stores import fast_directory

from hostdown.storage import DatabaseSettings
from hostdown.storage.settings import database_url

KINDS = ("sqlite", "postgresql", "mariadb")
LAYOUTS = ("one", "two")
_CROSSED = [("postgresql", "two"), ("mariadb", "one")]
WAYS = [
    pytest.param(
        (kind, layout),
        id=f"{kind}-{layout}",
        marks=pytest.mark.long if (kind, layout) in _CROSSED else (),
    )
    for kind in KINDS
    for layout in LAYOUTS
]
"""Each database and each layout is met in every run, each with each in a long one."""
_CREATE = {
    "postgresql": "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0",
    # A default that compares loosely: ours must not depend on it.
    "mariadb": "CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
}
_DROP = {
    "postgresql": "DROP DATABASE IF EXISTS {} WITH (FORCE)",
    "mariadb": "DROP DATABASE IF EXISTS {}",
}


def _admin_url(kind: str) -> URL:
    default = {
        "postgresql": "postgresql://postgres@127.0.0.1:5432/postgres",
        "mariadb": "mariadb://root@127.0.0.1:3306/mysql",
    }
    return database_url(os.environ.get(f"HOSTDOWN_TEST_{kind.upper()}", default[kind]))


def _administer(kind: str, statement: str) -> None:
    engine = create_engine(_admin_url(kind), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


def need(kind: str) -> None:
    """Skip or fail unless this database answers."""
    if kind == "sqlite":
        return
    try:
        _administer(kind, "SELECT 1")
    except OperationalError as error:
        reason = f"{kind} does not answer at {_admin_url(kind)}: {error.orig}"
        if kind in os.environ.get("HOSTDOWN_REQUIRE", "").split(","):
            pytest.fail(f"HOSTDOWN_REQUIRE names {kind}, but {reason}")
        pytest.skip(reason)


@contextmanager
def empty_database(kind: str, name: str = "hostdown") -> Iterator[str]:
    """The URL of a database that holds nothing, dropped afterwards."""
    if kind == "sqlite":
        with fast_directory() as directory:
            url = f"sqlite:///{Path(directory) / name}.sqlite"
            yield url
            _engine(url).dispose()
        return
    need(kind)
    database = f"hostdown_test_{name}_{uuid4().hex[:12]}"
    _administer(kind, _CREATE[kind].format(database))
    url = _admin_url(kind).set(database=database).render_as_string(hide_password=False)
    try:
        yield url
    finally:
        _engine(url).dispose()
        _administer(kind, _DROP[kind].format(database))


@contextmanager
def empty_settings(kind: str, layout: str) -> Iterator[DatabaseSettings]:
    """Directory and cell in one empty database, or in two."""
    with empty_database(kind, "directory") as directory:
        if layout == "one":
            yield DatabaseSettings(directory, directory)
        else:
            with empty_database(kind, "cell") as cell:
                yield DatabaseSettings(directory, cell)


@cache
def _engine(url: str) -> Engine:
    return create_engine(database_url(url), pool_size=1)


def run(url: str, *statements: Executable) -> list[tuple[object, ...]]:
    """Statements in one transaction, on a connection that is kept; the last one's rows."""
    with _engine(url).begin() as connection:
        for statement in statements:
            result = connection.execute(statement)
        return [tuple(row) for row in result] if result.returns_rows else []
