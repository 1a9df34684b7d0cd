"""A database of the foundation, with what people had in it, is upgraded and then has servers."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, func, select
from tests.contracts.aggregate_setting import made
from tests.contracts.databases import WAYS, empty_settings, run
from tests.servers.scene import FLAVOR, WISH, Scene

from hostdown.cli.app import main
from hostdown.domain.errors import SchemaUnknown
from hostdown.domain.model import ManagedNode
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.identity_ports import Held, Project, User
from hostdown.storage import DatabaseSettings, Storage, open_storage, schema
from hostdown.storage.exclusive import exclusive
from hostdown.storage.migrations import VERSION_TABLES
from hostdown.storage.settings import database_url

FOUNDATION = {"directory": "d0005", "cell": "c0003"}

USER = User("u1", "ädmin", "stamp:hash", True, "p" * 32, {"email": "a@example.net"})
PROJECT = Project("p" * 32, "main", True, "stamp", {})


class Older(NamedTuple):
    """Databases as the foundation made them, and what is in them."""

    settings: DatabaseSettings
    content: object


@pytest.fixture(params=WAYS)
def older(request: pytest.FixtureRequest) -> Iterator[Older]:
    kind, layout = request.param
    with empty_settings(kind, layout) as newest, empty_settings(kind, layout) as settings:
        schema.ensure(newest)
        storage = open_storage(newest)
        fill(storage)
        content = everything(storage)
        storage.close()
        of_today = {"directory": newest.directory_url, "cell": newest.cell_url}
        urls = {"directory": settings.directory_url, "cell": settings.cell_url}
        for name, url in urls.items():
            with exclusive(database_url(url), settings) as connection:
                command.upgrade(schema.history(name, connection), FOUNDATION[name])
        for name in {"cell"} if layout == "one" else urls:
            with exclusive(database_url(urls[name]), settings) as connection:
                bring(of_today[name], connection)
        yield Older(settings, content)


def bring(today: str, connection: Connection) -> None:
    """Into the tables of then, of each row of today what they have a column for."""
    then = MetaData()
    then.reflect(connection)
    for table in then.sorted_tables:
        if table.name in VERSION_TABLES.values():
            continue
        rows = run(today, select(*table.columns))
        names = [column.name for column in table.columns]
        connection.execute(table.delete())
        if rows:
            connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        key = table.autoincrement_column
        if rows and key is not None and connection.dialect.name == "postgresql":
            counter = func.pg_get_serial_sequence(table.name, key.name)
            connection.execute(select(func.setval(counter, func.max(key))))


def fill(storage: Storage) -> None:
    """What a deployment of then had."""
    scene = Scene(storage)
    scene.host("a")
    scene.host("b")
    made(storage.directory, "east", "east", "a")

    def people(rows: DirectoryRows) -> None:
        rows.identity.projects.put(PROJECT)
        rows.identity.users.put(USER)
        rows.identity.grants.put(USER.id, PROJECT.id, Held(("admin",), "stamp"))

    storage.directory.write(people)


def everything(storage: Storage) -> object:
    def of_cell(rows: CellRows) -> tuple[object, list[ManagedNode]]:
        return rows.services.find(), rows.nodes.page(0, 10)

    def of_directory(rows: DirectoryRows) -> object:
        identity = rows.identity
        people = identity.users.all(), identity.projects.all(), identity.grants.all()
        return rows.hosts.all(), rows.aggregates.all(), rows.flavors.all(), people

    return storage.cells.all()[0].read(of_cell), storage.directory.read(of_directory)


def test_what_was_there_survives_and_servers_can_be_made(
    older: Older, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, before = older
    with pytest.raises(SchemaUnknown, match="run 'hostdown db upgrade'"):
        schema.ensure(settings)
    config = tmp_path / "hostdown.conf"
    config.write_text(
        f"[directory]\nconnection = {settings.directory_url}\n"
        f"[cell]\nconnection = {settings.cell_url}\n"
    )
    assert main(["db", "upgrade", "--config-file", str(config)]) == 0
    assert "from c0003 to" in capsys.readouterr().out
    schema.ensure(settings)
    storage = open_storage(settings)
    assert everything(storage) == before
    live(Scene(storage))
    assert everything(storage) == before
    storage.close()


def live(scene: Scene) -> None:
    """A server's life on the hosts of then."""
    flavor = next(
        each
        for each in scene.storage.directory.read(lambda rows: rows.flavors.all())
        if each.memory_mb == FLAVOR.memory_mb
    )
    server = scene.running(WISH._replace(flavor=flavor, zone="east"))
    assert (server.host, server.flavor.name) == ("a", "m1.tiny")
    scene.boot("a")
    (assigned,) = scene.assigned("a")
    assert (assigned.uuid, assigned.generation) == (server.uuid, 2)
    scene.delete(server.uuid)
    scene.gone("a", server.uuid)
    assert scene.get(server.uuid).deleted
    seen = scene.record("a")
    scene.storage.directory.write(
        lambda rows: rows.hosts.replace(seen, seen._replace(boot=1, boot_id="a boot 1", session=1))
    )
