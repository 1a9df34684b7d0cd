"""PostgreSQL and MariaDB that stop, die, hang and come back."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool
from tests.contracts.own_servers import Server, frozen, own_server, stopped, wait_until

from hostdown.domain.errors import DirectoryUnavailable
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.storage import DatabaseSettings, Storage, open_storage, schema
from hostdown.storage.cell_tables import services
from hostdown.storage.mariadb import MariadbVendor
from hostdown.storage.postgresql import PostgresqlVendor
from hostdown.storage.server import ServerDatabase
from hostdown.storage.settings import database_url

NOW = datetime(2026, 3, 1, 12)
PATIENCE_S = 30
READERS = 3


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with own_server(request.param) as running:
        yield running


@pytest.fixture
def settings(server: Server) -> DatabaseSettings:
    made = DatabaseSettings(server.url, server.url, connect_timeout_s=1.0, statement_timeout_s=1.0)
    schema.ensure(made)
    return made


@pytest.fixture
def store(settings: DatabaseSettings) -> Iterator[Storage]:
    opened = open_storage(settings)
    yield opened
    opened.close()


def add(cell: Cell, host: str) -> None:
    cell.write(lambda rows: rows.services.create(host, "nova-compute", NOW, None))


def hosts(cell: Cell) -> set[str]:
    return {service.host for service in cell.read(lambda rows: rows.services.find())}


def answers(cell: Cell) -> bool:
    try:
        hosts(cell)
    except DirectoryUnavailable:
        return False
    return True


def fill_pool(cell: Cell) -> None:
    """Make several connections that will be stale after a restart."""
    together = Barrier(READERS)

    def read(rows: CellRows) -> None:
        rows.services.find("nobody")
        together.wait(PATIENCE_S)

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(lambda _n: cell.read(read), range(READERS)))


def test_a_database_that_stops_is_unavailable_and_serves_again_from_the_first_request(
    server: Server, store: Storage, cell: Cell
) -> None:
    add(cell, "before")
    for request in (hosts, lambda c: add(c, "after")):
        fill_pool(cell)
        with stopped(server):
            with pytest.raises(DirectoryUnavailable):
                hosts(cell)
            with pytest.raises(DirectoryUnavailable):
                add(cell, "lost")
            with pytest.raises(DirectoryUnavailable):
                store.directory.read(lambda rows: rows.hosts.all())
        request(cell)
    assert hosts(cell) >= {"before", "after"}
    assert "lost" not in hosts(cell)


def test_connections_that_a_restart_made_stale_fail_no_request(server: Server, cell: Cell) -> None:
    for request in (hosts, lambda c: add(c, "stale"), hosts):
        fill_pool(cell)
        with stopped(server):
            pass
        request(cell)
        fill_pool(cell)


def test_a_server_that_hangs_is_not_waited_for(server: Server, cell: Cell) -> None:
    fill_pool(cell)
    with frozen(server), ThreadPoolExecutor(2) as pool:
        reading = pool.submit(hosts, cell)
        writing = pool.submit(add, cell, "hung")
        with pytest.raises(DirectoryUnavailable):
            reading.result(PATIENCE_S)
        with pytest.raises(DirectoryUnavailable):
            writing.result(PATIENCE_S)
    wait_until(lambda: answers(cell))
    add(cell, "awake")
    assert "awake" in hosts(cell)


def test_a_server_that_hangs_is_asked_by_one_and_all_others_are_refused_at_once(
    server: Server, cell: Cell
) -> None:
    """If each of them waited for it, they would not be done in time."""
    fill_pool(cell)
    with frozen(server), ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: [answers(cell) for _ in range(1000)]).result(PATIENCE_S)
    wait_until(lambda: answers(cell))


def test_a_server_that_works_hard_is_waited_for(server: Server, settings: DatabaseSettings) -> None:
    """All connections wait for longer than any of them would for a silent server."""
    url = database_url(settings.cell_url)
    patient = replace(settings, statement_timeout_s=30.0)
    postgresql = url.get_backend_name() == "postgresql"
    vendor = PostgresqlVendor(url, patient) if postgresql else MariadbVendor(url, patient)
    sleep = "SELECT pg_sleep(5)" if postgresql else "SELECT SLEEP(5)"
    database = ServerDatabase(vendor)
    with ThreadPoolExecutor(patient.pool_size) as pool:
        work = [pool.submit(database.read, lambda tx: tx.rows(sleep, {})) for _ in range(8)]
        assert all(len(each.result(PATIENCE_S)) == 1 for each in work)
    database.close()


def test_what_was_answered_before_the_database_was_killed_is_there(
    server: Server, cell: Cell
) -> None:
    answered: list[str] = []
    stop = Event()

    def write(thread: int) -> None:
        number = 0
        while not stop.is_set():
            name = f"w{thread}-{number}"
            try:
                add(cell, name)
            except DirectoryUnavailable:
                stop.wait(0.05)
            else:
                answered.append(name)
                number += 1

    threads = [Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for goal in (30, 60):
        wait_until(lambda g=goal: len(answered) >= g)
        with stopped(server):
            pass
    wait_until(lambda: len(answered) >= 90)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert set(answered) <= hosts(cell)


def test_a_transaction_that_loses_a_deadlock_is_done_again(settings: DatabaseSettings) -> None:
    # PostgreSQL looks for deadlocks after a second.
    store = open_storage(replace(settings, statement_timeout_s=10.0))
    cell = store.cells.all()[0]
    for name in ("a", "b"):
        add(cell, name)
    (a,), (b,) = (cell.read(lambda rows, n=n: rows.services.find(n)) for n in "ab")
    together = Barrier(2)
    tries: list[str] = []

    def both(first: str, second: str) -> None:
        services = {"a": a, "b": b}

        def work(rows: CellRows) -> None:
            first_try = first not in tries
            tries.append(first)
            one, other = services[first], services[second]
            rows.services.replace(one, one)
            if first_try:
                together.wait(PATIENCE_S)
            rows.services.replace(other, other)

        cell.write(work)

    with ThreadPoolExecutor(2) as pool:
        for ended in (pool.submit(both, "a", "b"), pool.submit(both, "b", "a")):
            ended.result(PATIENCE_S)
    assert len(tries) > 2
    store.close()


def test_a_lock_that_is_held_too_long_is_told(server: Server, cell: Cell) -> None:
    add(cell, "locked")
    (seen,) = cell.read(lambda rows: rows.services.find("locked"))
    engine = create_engine(database_url(server.url), poolclass=NullPool)
    with engine.begin() as other:
        other.execute(select(services.c.id).where(services.c.id == seen.id).with_for_update())
        with pytest.raises(DirectoryUnavailable):
            cell.write(lambda rows: rows.services.replace(seen, seen))
    assert cell.write(lambda rows: rows.services.replace(seen, seen))


def test_a_server_that_may_forget_is_warned_of(
    settings: DatabaseSettings, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_storage(settings)
    with caplog.at_level(logging.WARNING, logger="hostdown.storage"):
        hosts(store.cells.all()[0])
    store.close()
    told = "\n".join(caplog.messages)
    assert "so a change that was answered can be lost when the machine stops; set" in told
