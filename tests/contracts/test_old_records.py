"""What goes by its age once it is over, and what stays, on every database."""

import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.dialects import sqlite
from tests.contracts.databases import run
from tests.contracts.old_setting import BEFORE, NOW, OLD, act, drop, held, journal, step
from tests.contracts.test_reports import RESOURCES
from tests.stores import sqlite_settings

from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.retention_ports import Kind
from hostdown.storage import DatabaseSettings, Storage, cell_tables, schema
from hostdown.storage.directory_journal import DirectoryJournalSql
from hostdown.storage.directory_tables import directory_changes
from hostdown.storage.retention import OldSql
from hostdown.storage.sql import Compiler
from hostdown.storage.types import written

# ------------------------------------------------------------------------------- journals


def test_old_changes_go_the_oldest_first_and_no_more_than_a_batch(
    cell: Cell, settings: DatabaseSettings
) -> None:
    ages = [NOW, OLD, BEFORE, OLD - timedelta(days=1), OLD]
    rows = [journal(at, host="a", service_uuid="") for at in ages]
    run(settings.cell_url, insert(cell_tables.changes).values(rows))
    assert drop(cell, Kind.CHANGES, 1) == 1
    assert held(settings, cell_tables.changes, "at") == [
        written(at) for at in (NOW, OLD, BEFORE, OLD)
    ]
    assert [drop(cell, Kind.CHANGES, 1) for _ in range(3)] == [1, 1, 0]
    assert held(settings, cell_tables.changes, "at") == [written(NOW), written(BEFORE)]


def test_the_directory_s_changes_go_likewise(store: Storage, settings: DatabaseSettings) -> None:
    table = directory_changes
    rows = [journal(at, subject="a") for at in (NOW, OLD, OLD, BEFORE)]
    run(settings.directory_url, insert(table).values(rows))

    def dropped() -> int:
        return store.directory.write(lambda rows: rows.journal.drop(BEFORE, 1))

    assert [dropped() for _ in range(3)] == [1, 1, 0]
    left = run(settings.directory_url, select(table.c.at).order_by(table.c.id))
    assert left == [(written(NOW),), (written(BEFORE),)]


# -------------------------------------------------------------------------------- actions


def actions(cell: Cell, instance: str) -> list[str]:
    found = cell.read(lambda rows: rows.actions.of_instance(instance))
    return [each.action for each in found or ()]


def test_old_actions_go_with_their_events_and_younger_ones_stay(
    cell: Cell, settings: DatabaseSettings
) -> None:
    act(cell, "i", "create", event=step(finished=True))
    act(cell, "i", "stop")
    act(cell, "i", "start", BEFORE, step(finished=True))
    act(cell, "i", "reboot", NOW)
    assert drop(cell, Kind.ACTIONS) == 2
    assert actions(cell, "i") == ["reboot", "start"]
    assert len(held(settings, cell_tables.instance_action_events, "id")) == 1
    marked = cell.read(lambda rows: rows.actions.of_instance("i", marker="req-create"))
    assert marked is None  # as of a marker that never was


def test_a_server_s_newest_action_stays_however_old(cell: Cell) -> None:
    act(cell, "i", "create")
    act(cell, "i", "stop")
    act(cell, "other", "create")
    assert drop(cell, Kind.ACTIONS) == 1
    assert (actions(cell, "i"), actions(cell, "other")) == (["stop"], ["create"])


def test_an_action_that_is_not_finished_stays(cell: Cell) -> None:
    act(cell, "i", "create", event=step(finished=False))
    act(cell, "i", "stop")
    assert drop(cell, Kind.ACTIONS) == 0
    assert actions(cell, "i") == ["stop", "create"]


def test_a_batch_of_actions_is_bounded(cell: Cell) -> None:
    for name in ("a", "b", "c", "d"):
        act(cell, "i", name)
    assert [drop(cell, Kind.ACTIONS, 2) for _ in range(2)] == [2, 1]


# ------------------------------------------------------------------------------- services


def serve(cell: Cell, host: str, deleted_at: datetime | None) -> None:
    def work(rows: CellRows) -> None:
        made = rows.services.create(host, "nova-compute", OLD, None)
        assert made is not None
        rows.reports.resources(made.id, RESOURCES, OLD)
        if deleted_at is not None:
            rows.services.delete(made, deleted_at)

    cell.write(work)


def test_old_deleted_services_go_with_their_compute_nodes(
    cell: Cell, settings: DatabaseSettings
) -> None:
    serve(cell, "old", OLD)
    serve(cell, "young", BEFORE)
    serve(cell, "old", None)  # one of the same name is there again
    assert drop(cell, Kind.SERVICES) == 1
    assert held(settings, cell_tables.services, "host") == ["young", "old"]
    assert held(settings, cell_tables.compute_nodes, "host") == ["young", "old"]
    node = cell.read(lambda rows: rows.nodes.on_host("old"))
    assert node is not None
    serve(cell, "older", OLD)
    serve(cell, "oldest", OLD)
    assert [drop(cell, Kind.SERVICES, 1) for _ in range(3)] == [1, 1, 0]


# ---------------------------------------------------------------------------------- speed

INDEXES = {
    Kind.CHANGES: "changes_at",
    Kind.ACTIONS: "instance_actions_updated_at",
    Kind.MIGRATIONS: "migrations_created_at",
    Kind.RECOVERIES: "recoveries_ended_at",
}
"""Of services there are few."""


def steps(tmp_path: Path, statement: str) -> list[str]:
    """How SQLite finds what a statement asks for."""
    schema.ensure(sqlite_settings(tmp_path))
    (file,) = tmp_path.glob("*.sqlite")
    facts = dict.fromkeys(re.findall(r":(\w+)", statement), 1)
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", facts).fetchall()
    return [row[3] for row in rows]


@pytest.mark.parametrize(("kind", "index"), INDEXES.items())
def test_what_is_old_is_found_by_an_index(tmp_path: Path, kind: Kind, index: str) -> None:
    found = OldSql(Compiler(sqlite.dialect(paramstyle="named"))).found[kind]
    first, *others = steps(tmp_path, found)
    assert re.match(rf"SEARCH \w+ USING (COVERING )?INDEX {index} \(", first)
    scanned = {each for each in others if each.startswith("SCAN") or "TEMP B-TREE" in each}
    assert scanned <= {"SCAN no_grants"}  # a host has one mark at most, and few have any


def test_deleted_servers_are_found_by_an_index(tmp_path: Path) -> None:
    statement = OldSql(Compiler(sqlite.dialect(paramstyle="named"))).servers
    (only,) = steps(tmp_path, statement)
    assert only.startswith("SEARCH instances USING INDEX instances_deleted_at (")


def test_old_changes_of_the_directory_are_found_by_an_index(tmp_path: Path) -> None:
    statement = DirectoryJournalSql(Compiler(sqlite.dialect(paramstyle="named"))).old
    (only,) = steps(tmp_path, statement)
    assert "INDEX directory_changes_at (" in only
