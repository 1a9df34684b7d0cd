"""A database of the foundation, with what people had in it, is upgraded and then has servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from tests.contracts.aggregate_setting import made
from tests.contracts.databases import KINDS, LAYOUTS, empty_settings
from tests.servers.scene import FLAVOR, WISH, Scene

from hostdown.cli.app import main
from hostdown.domain.errors import SchemaUnknown
from hostdown.domain.model import ManagedNode
from hostdown.services.cell_ports import CellRows
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.identity_ports import Held, Project, User
from hostdown.storage import DatabaseSettings, Storage, open_storage, schema
from hostdown.storage.exclusive import exclusive
from hostdown.storage.settings import database_url

FOUNDATION = {"directory": "d0005", "cell": "c0003"}
_WAYS = [(kind, layout) for kind in KINDS for layout in LAYOUTS]
USER = User("u1", "ädmin", "stamp:hash", True, "p" * 32, {"email": "a@example.net"})
PROJECT = Project("p" * 32, "main", True, "stamp", {})


@pytest.fixture(params=_WAYS, ids=["-".join(way) for way in _WAYS])
def older(request: pytest.FixtureRequest) -> Iterator[DatabaseSettings]:
    """Databases as the foundation made them."""
    kind, layout = request.param
    with empty_settings(kind, layout) as settings:
        urls = {"directory": settings.directory_url, "cell": settings.cell_url}
        for name, url in urls.items():
            with exclusive(database_url(url), settings) as connection:
                command.upgrade(schema.history(name, connection), FOUNDATION[name])
        yield settings


def fill(storage: Storage) -> None:
    """What a deployment of then had; the statements about these tables are as they were."""
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
    older: DatabaseSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = open_storage(older)
    fill(storage)
    before = everything(storage)
    storage.close()
    with pytest.raises(SchemaUnknown, match="run 'hostdown db upgrade'"):
        schema.ensure(older)
    config = tmp_path / "hostdown.conf"
    config.write_text(
        f"[directory]\nconnection = {older.directory_url}\n[cell]\nconnection = {older.cell_url}\n"
    )
    assert main(["db", "upgrade", "--config-file", str(config)]) == 0
    assert "from c0003 to" in capsys.readouterr().out
    schema.ensure(older)
    storage = open_storage(older)
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
