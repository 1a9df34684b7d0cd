"""Moves of servers, as the stock clients and our own command list them."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from tests.contracts.test_migrations import made
from tests.processes.seed import sqlite_file

from hostdown.cli.demo.stage import Stage
from hostdown.domain.migration import Migration, MigrationType, Status
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.storage import open_storage

from .conftest import Client, run
from .test_nova import rows

PINNED = "--os-compute-api-version"
SERVERS = [str(UUID(int=number)) for number in (1, 2)]
OLD_HOST = {"source_host": "old1", "source_node": "node1", "user_id": "ann"}
NEW_HOST = {"dest_host": "old2", "dest_node": "node2", "dest_ip": "192.0.2.2"}
MOVES = (
    made(
        instance=SERVERS[0],
        status=Status.DONE,
        created_at=datetime(2026, 3, 1, 12),
        updated_at=datetime(2026, 3, 1, 13),
        **OLD_HOST,
        **NEW_HOST,
    ),
    made(
        instance=SERVERS[1],
        type=MigrationType.LIVE,
        status=Status.RUNNING,
        created_at=datetime(2026, 3, 2, 12),
        **OLD_HOST,
    ),
)
"""Of servers that are not there, which lists of migrations do not ask for."""


@pytest.fixture(scope="module")
def moves(stage: Stage) -> Iterator[list[Migration]]:
    """An evacuation that is done and, newer, a live migration that runs; hidden at the end."""
    storage = open_storage(sqlite_file(stage.directory))
    (cell,) = storage.cells.all()
    try:
        added = [_add(cell, each._replace(uuid=str(uuid4()))) for each in MOVES]
        yield added
        cell.write(lambda rows: _hide(rows, added))
    finally:
        storage.close()


def _add(cell: Cell, one: Migration) -> Migration:
    added = cell.write(lambda rows: rows.migrations.add(one))
    assert added is not None
    return added


def _hide(rows: CellRows, moves: list[Migration]) -> None:
    for each in moves:
        rows.migrations.replace(each, each._replace(deleted=True))


# -------------------------------------------------------------------------------------- openstack


@pytest.mark.parametrize(
    "version",
    [
        "2.1",
        "2.80",
        "2.104",
        *(pytest.param(each, marks=pytest.mark.long) for each in ("2.23", "2.59", "2.66")),
    ],
)
def test_openstack_lists(openstack: Client, moves: list[Migration], version: str) -> None:
    words = ("server", "migration", "list", "-f", "json")
    found = json.loads(openstack(PINNED, version, *words))
    mine = {each["Server UUID"]: each for each in found if each["Server UUID"] in SERVERS}
    assert set(mine) == set(SERVERS)
    done = mine[SERVERS[0]]
    assert (done["Status"], done["Source Compute"], done["Dest Compute"], done["Dest Host"]) == (
        "done",
        "old1",
        "old2",
        "192.0.2.2",
    )
    assert done["Created At"] == "2026-03-01T12:00:00.000000"
    if version != "2.1":
        assert (done["Id"], done["Type"]) == (moves[0].id, "evacuation")
    if version in ("2.59", "2.80"):
        assert done["UUID"] == moves[0].uuid


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--host", "old1"), [1, 0]),
        (("--host", "old2"), [0]),
        (("--status", "running"), [1]),
        (("--type", "evacuation", "--host", "old1"), [0]),
        (("--host", "old1", "--limit", "1"), [1]),
        (("--host", "old1", "--max-items", "2"), [1, 0]),
        (("--host", "old1", "--changes-since", "2026-03-02T00:00:00Z"), [1]),
        (("--host", "old1", "--changes-before", "2026-03-02T00:00:00Z"), [0]),
    ],
)
def test_openstack_filters_and_shows_pages(
    openstack: Client, moves: list[Migration], words: tuple[str, ...], expected: list[int]
) -> None:
    found = openstack("server", "migration", "list", *words, "-f", "value", "-c", "UUID").split()
    assert found == [moves[number].uuid for number in expected]


# ------------------------------------------------------------------------------------------- nova


@pytest.mark.parametrize("version", ["2.1", "2.23", "2.59", "2.80", "2.96"])
def test_nova_lists(nova: Client, moves: list[Migration], version: str) -> None:
    printed = rows(nova(PINNED, version, "migration-list", "--host", "old1"))
    order = [0, 1] if version in ("2.1", "2.23") else [1, 0]
    assert [each["Instance UUID"] for each in printed] == [SERVERS[number] for number in order]
    done = next(each for each in printed if each["Instance UUID"] == SERVERS[0])
    assert (done["Status"], done["Dest Compute"], done["Source Node"]) == ("done", "old2", "node1")
    assert (done.get("Type"), done.get("UUID")) == (
        None if version == "2.1" else "evacuation",
        None if version in ("2.1", "2.23") else moves[0].uuid,
    )


def test_the_older_nova_lists(nova9: Client, moves: list[Migration]) -> None:
    printed = rows(nova9("migration-list", "--status", "done"))
    assert [each["Instance UUID"] for each in printed] == [moves[0].instance]


# ------------------------------------------------------------------------------------------- ours


def test_hostdown_lists(stage: Stage, moves: list[Migration]) -> None:
    command = (sys.executable, "-m", "hostdown", "--os-cloud", "hostdown", "migration", "list")
    found = json.loads(run(stage, *command, "--host", "old1", "-f", "json"))
    assert [each["UUID"] for each in found] == [moves[1].uuid, moves[0].uuid]
    assert found[1] == {
        "ID": moves[0].id,
        "UUID": moves[0].uuid,
        "Type": "evacuation",
        "Status": "done",
        "Server": SERVERS[0],
        "Source": "old1",
        "Destination": "old2",
        "Created": "2026-03-01T12:00:00.000000",
    }
    printed = run(stage, *command, "--server", SERVERS[1], "-f", "value", "-c", "Status")
    assert printed == "running\n"
