"""One contract, three databases, two layouts: every store is held to the same tests."""

from collections.abc import Iterator
from functools import cache

import pytest
from sqlalchemy import CompoundSelect, MetaData, exists, literal, select, union_all
from tests.contracts.databases import WAYS, empty_settings, run

from hostdown.services.cell_ports import Cell
from hostdown.services.directory_ports import Directory
from hostdown.storage import (
    DatabaseSettings,
    Storage,
    cell_tables,
    directory_tables,
    open_storage,
    schema,
)


@pytest.fixture(scope="session", params=WAYS)
def database(request: pytest.FixtureRequest) -> Iterator[DatabaseSettings]:
    """A database with its schema, shared by the tests of a run."""
    kind, layout = request.param
    with empty_settings(kind, layout) as settings:
        schema.ensure(settings)
        yield settings


@pytest.fixture
def settings(database: DatabaseSettings) -> DatabaseSettings:
    """The database without a row in it."""
    _empty(database.directory_url, directory_tables.metadata)
    _empty(database.cell_url, cell_tables.metadata)
    return database


def _empty(url: str, metadata: MetaData) -> None:
    """Most tables are empty already: one question costs less than to delete nothing from each."""
    for (position,) in sorted(run(url, _which_hold_rows(metadata))):
        run(url, metadata.sorted_tables[position].delete())


@cache
def _which_hold_rows(metadata: MetaData) -> CompoundSelect[tuple[int]]:
    return union_all(
        *(
            select(literal(position).label("position")).where(exists().select_from(table))
            for position, table in enumerate(metadata.sorted_tables)
        )
    )


@pytest.fixture(scope="session")
def opened(database: DatabaseSettings) -> Iterator[Storage]:
    """One for all tests: each that is opened prepares all its statements anew."""
    opened = open_storage(database)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def store(opened: Storage, settings: DatabaseSettings) -> Storage:
    """A store that `settings` emptied."""
    return opened


@pytest.fixture
def cell(store: Storage) -> Cell:
    return store.cells.all()[0]


@pytest.fixture
def directory(store: Storage) -> Directory:
    return store.directory
