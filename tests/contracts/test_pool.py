"""Connections that are out while their pool is given up are closed when they come back."""

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from tests.contracts.own_servers import Server, own_server, stopped

from hostdown.domain.errors import DirectoryUnavailable
from hostdown.services.cell_ports import CellRows
from hostdown.storage import DatabaseSettings, open_storage, schema

WAIT_S = 30


@pytest.fixture
def server() -> Iterator[Server]:
    with own_server("postgresql") as running:
        yield running


def test_a_connection_that_was_out_while_its_neighbours_were_given_up_is_closed(
    server: Server,
) -> None:
    """psycopg warns of a connection that nobody closed; warnings are errors here."""
    settings = DatabaseSettings(server.url, server.url, connect_timeout_s=1.0)
    schema.ensure(settings)
    storage = open_storage(replace(settings, statement_timeout_s=10.0))
    cell = storage.cells.all()[0]
    out, back = Event(), Event()

    def hold(_rows: CellRows) -> None:
        out.set()
        assert back.wait(WAIT_S)

    with ThreadPoolExecutor(1) as threads:
        cell.read(lambda rows: rows.services.find())
        held = threads.submit(cell.read, hold)
        assert out.wait(WAIT_S)
        cell.read(lambda rows: rows.services.find())
        with stopped(server), pytest.raises(DirectoryUnavailable):
            cell.read(lambda rows: rows.services.find())
        back.set()
        held.result(WAIT_S)
    storage.close()
    gc.collect()
