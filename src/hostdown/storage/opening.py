"""Opens the stores that the settings name. Nothing is connected before the first use."""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
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

COMPILERS_MAX = 4
"""Compilers whose statements are kept: making them takes 0.1 s, and for SQLite they are alike."""

_SQLITE = Compiler(SQLiteDialect_pysqlite(paramstyle="named"))

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
    directory_database, sql = _open(directory_url, settings)
    databases = [directory_database]
    directory = SqlDirectory(directory_database, _directory_sql(sql), overlap, told)
    cell_database = directory_database
    silent: Callable[[], HostdownError] = directory_silent
    if cell_url != directory_url:
        cell_database, sql = _open(cell_url, settings)
        databases.append(cell_database)
        silent = partial(CellUnavailable, cell=settings.cell_name)
    cell = SqlCell(settings.cell_name, cell_database, _cell_sql(sql), overlap, silent, told)
    return Storage(directory, SqlCells([cell]), databases)


def _open(url: URL, settings: DatabaseSettings) -> tuple[Database, Compiler]:
    # A driver is imported where it is used: SQLite needs none of the others.
    match url.get_backend_name():
        case "postgresql":
            from hostdown.storage.postgresql import PostgresqlVendor

            vendor: Vendor = PostgresqlVendor(url, settings)
        case "mariadb":
            from hostdown.storage.mariadb import MariadbVendor

            vendor = MariadbVendor(url, settings)
        case _:
            file = SqliteDatabase(
                Path(url.database or ""),
                settings.connect_timeout_s,
                settings.statement_timeout_s,
                settings.pool_size,
            )
            return file, _SQLITE
    return ServerDatabase(vendor), Compiler(vendor.engine.dialect)
