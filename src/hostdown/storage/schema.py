"""Creates, checks and upgrades the two schemas, one server at a time.

A database is ours if it is empty, or if it holds a version table of ours. Anything else, say Nova's
own database, is refused and left alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from hostdown.domain.errors import (
    CellUnavailable,
    DirectoryUnavailable,
    SchemaUnknown,
    StorageFull,
)
from hostdown.storage import cell_tables, directory_tables
from hostdown.storage.directory import RETRY_AFTER_S
from hostdown.storage.exclusive import Unsuitable, exclusive
from hostdown.storage.migrations import VERSION_TABLES
from hostdown.storage.settings import DatabaseSettings, database_url, shown
from hostdown.storage.transaction import Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

_METADATA: dict[str, MetaData] = {
    "directory": directory_tables.metadata,
    "cell": cell_tables.metadata,
}
_SHOWN_MAX = 5


class SchemaVersion(NamedTuple):
    """`found` is None in an empty database; `newest` is what this version of hostdown needs.

    `exists` is False where there is not even an empty one: no file.
    """

    schema: str
    database: str
    found: str | None
    newest: str
    exists: bool = True


def ensure(settings: DatabaseSettings) -> None:
    """Make the schemas in an empty database; do nothing where they are current.

    Several servers may call it at once. Raises SchemaUnknown with what to do when a schema is
    older, newer or somebody else's; DirectoryUnavailable, CellUnavailable, StorageFull.
    """
    for name, url in _urls(settings):
        with _locked(name, url, settings) as schema:
            found = schema.found()
            if found is None:
                schema.upgrade()
            elif found != schema.newest:
                raise schema.refused(found, schema.advice(found))


def upgrade(settings: DatabaseSettings) -> None:
    """Bring both schemas to the newest revision, from nothing or any older one.

    Raises as `ensure`.
    """
    for name, url in _urls(settings):
        with _locked(name, url, settings) as schema:
            found = schema.found()
            if found is not None and not schema.knows(found):
                raise schema.refused(found, schema.advice(found))
            schema.upgrade()


def version(settings: DatabaseSettings) -> list[SchemaVersion]:
    """What is there, whether we can use it or not; makes nothing; raises as `ensure`."""
    versions = []
    for name, url in _urls(settings):
        if _has_no_file(url):
            newest = _revisions(name)[0]
            versions.append(SchemaVersion(name, shown(url), None, newest, exists=False))
            continue
        with _locked(name, url, settings) as schema:
            versions.append(SchemaVersion(name, shown(url), schema.found(), schema.newest))
    return versions


def _urls(settings: DatabaseSettings) -> list[tuple[str, URL]]:
    return [
        ("directory", database_url(settings.directory_url)),
        ("cell", database_url(settings.cell_url)),
    ]


def _has_no_file(url: URL) -> bool:
    """Whether it is an SQLite database that nobody has made; one we may not see might be there."""
    if url.get_backend_name() != "sqlite":
        return False
    try:
        Path(url.database or "").stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def _locked(name: str, url: URL, settings: DatabaseSettings) -> Iterator["_Schema"]:
    try:
        with exclusive(url, settings) as connection:
            yield _Schema(name, url, connection)
    except Unsuitable as error:
        raise _refused(name, url, "none", str(error)) from error
    except (Unavailable, DBAPIError, OSError) as error:
        if _is_full(error):
            raise StorageFull from error
        if name == "directory":
            raise DirectoryUnavailable(retry_after_s=RETRY_AFTER_S) from error
        raise CellUnavailable(cell=settings.cell_name) from error


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in {ENOSPC, EDQUOT}
    cause = getattr(error, "orig", None)
    facts = {getattr(cause, "sqlite_errorname", None), getattr(cause, "sqlstate", None)}
    return bool(facts & {"SQLITE_FULL", "53100"})


def _refused(name: str, url: URL, found: str, advice: str) -> SchemaUnknown:
    return SchemaUnknown(schema=name, database=shown(url), found=found, advice=advice)


def history(name: str, connection: Connection) -> "Config":
    """The history of one schema, for Alembic's commands on a connection."""
    # It takes 0.2 s to load, and most starts find a schema that is current.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_place(name)).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _place(name: str) -> Path:
    return Path(__file__).parent / "migrations" / name


def _revisions(name: str) -> list[str]:
    """Of a history, the newest first: a file's name begins with its revision, and they count up."""
    files = (_place(name) / "versions").glob(f"{name[0]}[0-9]*.py")
    return sorted((file.name.partition("_")[0] for file in files), reverse=True)


class _Schema:
    """One schema in one locked database."""

    def __init__(self, name: str, url: URL, connection: Connection) -> None:
        self._name = name
        self._url = url
        self._connection = connection
        self._known = _revisions(name)
        self.newest = self._known[0]

    def knows(self, revision: str) -> bool:
        return revision in self._known

    def found(self) -> str | None:
        """The revision in the database, None if it is empty; raises SchemaUnknown."""
        there = set(inspect(self._connection).get_table_names())
        version_table = VERSION_TABLES[self._name]
        if version_table in there:
            found = self._connection.scalar(text(f"SELECT version_num FROM {version_table}"))  # noqa: S608 - a constant
            if found is None:
                raise self.refused(
                    "none", "its creation was interrupted; give it an empty database"
                )
            return str(found)
        others = there - self._neighbours(there)
        if others:
            names = ", ".join(sorted(others)[:_SHOWN_MAX])
            raise self.refused(
                "none",
                f"the database holds tables of another program ({names}); nothing was touched, "
                "give hostdown a database of its own",
            )
        return None

    def upgrade(self) -> None:
        from alembic import command

        command.upgrade(history(self._name, self._connection), "head")

    def advice(self, found: str) -> str:
        if self.knows(found):
            return (
                "it is older than this version needs; run 'hostdown db upgrade', then start again"
            )
        return (
            f"this version of hostdown knows revisions up to '{self.newest}'; "
            "install the version that made it, or a newer one"
        )

    def refused(self, found: str, advice: str) -> SchemaUnknown:
        return _refused(self._name, self._url, found, advice)

    def _neighbours(self, there: set[str]) -> set[str]:
        """The tables of our other schema, if it lives in the same database."""
        return {
            table
            for name, metadata in _METADATA.items()
            if name != self._name and VERSION_TABLES[name] in there
            for table in [*metadata.tables, VERSION_TABLES[name]]
        }
