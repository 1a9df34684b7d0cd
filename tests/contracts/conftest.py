"""One contract, three databases, two layouts: every store is held to the same tests."""

from collections.abc import Iterator

import pytest
from tests.contracts.databases import KINDS, LAYOUTS, empty_settings, run

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

_WAYS = [(kind, layout) for kind in KINDS for layout in LAYOUTS]


@pytest.fixture(scope="session", params=_WAYS, ids=["-".join(way) for way in _WAYS])
def database(request: pytest.FixtureRequest) -> Iterator[DatabaseSettings]:
    """A database with its schema, shared by the tests of a run."""
    kind, layout = request.param
    with empty_settings(kind, layout) as settings:
        schema.ensure(settings)
        yield settings


@pytest.fixture
def settings(database: DatabaseSettings) -> DatabaseSettings:
    """The database without a row in it."""
    run(
        database.directory_url,
        *(table.delete() for table in directory_tables.metadata.sorted_tables),
    )
    run(database.cell_url, *(table.delete() for table in cell_tables.metadata.sorted_tables))
    return database


@pytest.fixture
def store(settings: DatabaseSettings) -> Iterator[Storage]:
    """An empty store."""
    opened = open_storage(settings)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def cell(store: Storage) -> Cell:
    return store.cells.all()[0]


@pytest.fixture
def directory(store: Storage) -> Directory:
    return store.directory
