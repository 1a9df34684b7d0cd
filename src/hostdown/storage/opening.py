"""Opens the stores that the settings name. Nothing is connected before the first use."""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

from sqlalchemy.engine import URL

from hostdown.domain.errors import CellUnavailable, HostdownError
from hostdown.services.directory_ports import Directory
from hostdown.services.ports import Cells
from hostdown.storage.cell import CellSql, SqlCell, SqlCells
from hostdown.storage.directory import DirectorySql, SqlDirectory, directory_silent
from hostdown.storage.server import ServerDatabase, Vendor
from hostdown.storage.settings import DatabaseSettings, database_url
from hostdown.storage.sql import Compiler
from hostdown.storage.sqlite import SqliteDatabase
from hostdown.storage.transaction import Database

SQLITE = "sqlite"
COMPILERS_MAX = 4
"""Compilers whose statements are kept: making them takes 0.1 s."""

_directory_sql = lru_cache(COMPILERS_MAX)(DirectorySql)
_cell_sql = lru_cache(COMPILERS_MAX)(CellSql)


class Storage:
    """The directory and the cells, open until `close`."""

    def __init__(self, directory: Directory, cells: Cells, databases: list[Database]) -> None:
        self.directory = directory
        self.cells = cells
        self._databases = databases

    def write_back(self) -> None:
        """Do aside, and often, what a commit would have to do else; raises Unavailable or Full."""
        for database in self._databases:
            database.write_back()

    def close(self) -> None:
        """Close all connections."""
        for database in self._databases:
            database.close()


@lru_cache(COMPILERS_MAX)
def _compiler(driver: str) -> Compiler:
    dialect = URL.create(driver).get_dialect()
    style = "named" if dialect.name == SQLITE else "pyformat"
    return Compiler(dialect(paramstyle=style))  # type: ignore[call-arg] # all of ours take it


def get_ready(settings: DatabaseSettings) -> None:
    """Load and make what is alike in all processes that will open these, before they are forked.

    Opens nothing, and starts no thread; ValueError for a URL that we cannot use.
    """
    for url, made in ((settings.directory_url, _directory_sql), (settings.cell_url, _cell_sql)):
        parts = database_url(url)
        _vendor(parts)
        made(_compiler(parts.drivername))


def nobody() -> None:
    """For a process whose server tells nobody."""


def open_storage(settings: DatabaseSettings, told: Callable[[], None] = nobody) -> Storage:
    """Open after a fork, in the process that uses it; ValueError for a URL we cannot use.

    `told` is called after each commit that leaves something to tell, in the thread that made it. A
    database that does not answer now may answer later: that is no error here.
    """
    overlap = round(settings.statement_timeout_s * 1_000_000)
    directory_url = database_url(settings.directory_url)
    cell_url = database_url(settings.cell_url)
    directory_database = _open(directory_url, settings)
    databases = [directory_database]
    sql = _directory_sql(_compiler(directory_url.drivername))
    directory = SqlDirectory(directory_database, sql, overlap, told)
    cell_database = directory_database
    silent: Callable[[], HostdownError] = directory_silent
    if cell_url != directory_url:
        cell_database = _open(cell_url, settings)
        databases.append(cell_database)
        silent = partial(CellUnavailable, cell=settings.cell_name)
    sql_of_cell = _cell_sql(_compiler(cell_url.drivername))
    cell = SqlCell(settings.cell_name, cell_database, sql_of_cell, overlap, silent, told)
    return Storage(directory, SqlCells([cell]), databases)


def _open(url: URL, settings: DatabaseSettings) -> Database:
    vendor = _vendor(url)
    if vendor is not None:
        return ServerDatabase(vendor(url, settings))
    return SqliteDatabase(
        Path(url.database or ""),
        settings.connect_timeout_s,
        settings.statement_timeout_s,
        settings.pool_size,
    )


def _vendor(url: URL) -> Callable[[URL, DatabaseSettings], Vendor] | None:
    """Of a database server; None for a file. A driver is loaded only where it is used."""
    match url.get_backend_name():
        case "postgresql":
            from hostdown.storage.postgresql import PostgresqlVendor

            return PostgresqlVendor
        case "mariadb":
            from hostdown.storage.mariadb import MariadbVendor

            return MariadbVendor
        case _:
            return None
