"""What only SQLite can get wrong: its file, its locks, its one writer."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.stores import fast_directory, sqlite_settings

from hostdown.domain.errors import CellUnavailable, DirectoryUnavailable
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.storage import DatabaseSettings, Storage, open_storage, schema
from hostdown.storage.sqlite import SqliteDatabase
from hostdown.storage.transaction import Unavailable

NOW = datetime(2026, 3, 1, 12)
PATIENCE_S = 30


@pytest.fixture
def settings() -> Iterator[DatabaseSettings]:
    with fast_directory() as directory:
        yield replace(sqlite_settings(Path(directory)), connect_timeout_s=0.2)


@pytest.fixture
def store(settings: DatabaseSettings) -> Iterator[Storage]:
    opened = open_storage(settings)
    yield opened
    opened.close()


def path_of(settings: DatabaseSettings) -> Path:
    return Path(settings.cell_url.removeprefix("sqlite:///"))


def add(cell: Cell, host: str) -> None:
    cell.write(lambda rows: rows.services.create(host, "nova-compute", NOW, None))


def hosts(cell: Cell) -> list[str]:
    return [service.host for service in cell.read(lambda rows: rows.services.find())]


def test_a_reader_does_not_wait_for_the_writer(cell: Cell) -> None:
    add(cell, "before")
    entered, go_on = Event(), Event()

    def slow(rows: CellRows) -> None:
        rows.services.create("after", "nova-compute", NOW, None)
        entered.set()
        assert go_on.wait(PATIENCE_S)

    writer = Thread(target=lambda: cell.write(slow))
    writer.start()
    assert entered.wait(PATIENCE_S)
    assert hosts(cell) == ["before"]
    go_on.set()
    writer.join(PATIENCE_S)
    assert hosts(cell) == ["before", "after"]


def test_works_in_one_transaction_fail_alone(cell: Cell) -> None:
    entered, go_on = Event(), Event()
    failed: list[Exception] = []

    def held(_rows: CellRows) -> None:
        entered.set()
        assert go_on.wait(PATIENCE_S)

    def doomed(rows: CellRows) -> None:
        rows.services.create("undone", "nova-compute", NOW, None)
        raise LookupError("after a write")

    def fail() -> None:
        try:
            cell.write(doomed)
        except LookupError as error:
            failed.append(error)

    threads = [Thread(target=lambda: cell.write(held)), Thread(target=fail)]
    threads += [Thread(target=add, args=(cell, name)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
        assert entered.wait(PATIENCE_S)
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(hosts(cell)) == ["a", "b"]
    assert len(failed) == 1


def test_a_file_that_vanished_is_unavailable_until_it_is_back(
    store: Storage, cell: Cell, settings: DatabaseSettings
) -> None:
    add(cell, "a")
    path = path_of(settings)
    away = path.with_name("away.sqlite")
    path.rename(away)
    with pytest.raises(DirectoryUnavailable):
        hosts(cell)
    with pytest.raises(DirectoryUnavailable):
        add(cell, "b")
    with pytest.raises(DirectoryUnavailable, match="try again in 5 seconds"):
        store.directory.read(lambda rows: rows.hosts.all())
    assert not path.exists()
    away.rename(path)
    assert hosts(cell) == ["a"]
    add(cell, "b")
    assert hosts(cell) == ["a", "b"]


def test_a_cell_with_a_database_of_its_own_is_silent_alone(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("directory", "cell")]
    own = DatabaseSettings(*urls)
    schema.ensure(own)
    store = open_storage(own)
    try:
        (tmp_path / "cell.sqlite").rename(tmp_path / "away")
        with pytest.raises(CellUnavailable):
            hosts(store.cells.all()[0])
        assert store.directory.read(lambda rows: rows.hosts.all()) == []
    finally:
        store.close()


def test_a_file_that_was_replaced_is_noticed(cell: Cell, settings: DatabaseSettings) -> None:
    add(cell, "a")
    path = path_of(settings)
    for name in ("", "-wal", "-shm"):
        path.with_name(path.name + name).unlink()
    sqlite_settings(path.parent)
    assert hosts(cell) == []
    add(cell, "b")
    assert hosts(cell) == ["b"]


def test_another_programs_lock_is_waited_for_and_then_told(
    cell: Cell, settings: DatabaseSettings
) -> None:
    other = sqlite3.connect(path_of(settings), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DirectoryUnavailable):
        add(cell, "a")
    assert hosts(cell) == []
    other.execute("ROLLBACK")
    other.close()
    add(cell, "a")
    assert hosts(cell) == ["a"]


def test_a_statement_that_takes_too_long_is_ended(settings: DatabaseSettings) -> None:
    database = SqliteDatabase(path_of(settings), 1.0, 0.2, 1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(Unavailable, match="interrupted"):
        database.read(lambda tx: tx.rows(endless, {}))
    with pytest.raises(Unavailable, match="interrupted"):
        database.write(lambda tx: tx.rows(endless, {}))
    assert database.read(lambda tx: tx.value("SELECT 1", {})) == 1
    database.close()


def test_a_store_that_was_opened_before_a_fork_is_refused_in_the_child(cell: Cell) -> None:
    def use() -> None:
        for action in (lambda: hosts(cell), lambda: add(cell, "a")):
            with pytest.raises(RuntimeError, match="open it in the child"):
                action()

    child = get_context("fork").Process(target=use)
    child.start()
    child.join(PATIENCE_S)
    assert child.exitcode == 0


def _count_up(settings: DatabaseSettings, times: int) -> None:
    store = open_storage(settings)
    cell = store.cells.all()[0]

    def one(rows: CellRows) -> None:
        (seen,) = rows.services.find("counter")
        after = seen._replace(disabled_reason=str(int(seen.disabled_reason or "0") + 1))
        assert rows.services.replace(seen, after)

    def count() -> None:
        for _ in range(times):
            cell.write(one)

    threads = [Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()


def test_processes_that_write_at_once_lose_nothing(cell: Cell, settings: DatabaseSettings) -> None:
    cell.write(lambda rows: rows.services.create("counter", "nova-compute", NOW, "0"))
    patient = replace(settings, connect_timeout_s=PATIENCE_S)
    context = get_context("fork")
    times = 60
    writers = [context.Process(target=_count_up, args=(patient, times)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE_S)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    (counter,) = cell.read(lambda rows: rows.services.find("counter"))
    assert counter.disabled_reason == str(3 * 3 * times)


def test_what_was_committed_is_written_back_aside(
    settings: DatabaseSettings, store: Storage, tmp_path: Path
) -> None:
    """A file without its log has what was written back, and nothing that was not."""
    (cell,) = store.cells.all()

    def in_the_file() -> list[str]:
        copy = tmp_path / "copy"
        copy.write_bytes(path_of(settings).read_bytes())
        with closing(sqlite3.connect(copy)) as file:
            return [host for (host,) in file.execute("SELECT host FROM services ORDER BY id")]

    store.write_back()
    for number in range(300):  # more than SQLite itself would leave in the log
        cell.write(lambda rows, number=number: rows.services.create(f"h{number}", "x", NOW, None))
    assert in_the_file() == []
    store.write_back()
    assert len(in_the_file()) == 300


def test_writing_back_waits_for_no_writer(cell: Cell, store: Storage) -> None:
    def write(rows: CellRows) -> list[str]:
        rows.services.create("new", "nova-compute", NOW, None)
        store.write_back()
        return hosts(cell)

    assert cell.write(write) == []
    assert hosts(cell) == ["new"]
