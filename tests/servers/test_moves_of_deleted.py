"""Migrations of servers that are deleted, and of hosts whose services are."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.contracts.databases import run
from tests.contracts.test_migrations import find, put, replace
from tests.servers.scene import ADMIN, Scene
from tests.servers.test_service_deletion import delete, service

from hostdown.domain.action_errors import ServerChanging
from hostdown.domain.errors import ServiceHasMigrations
from hostdown.domain.migration import IN_PROGRESS, Migration, MigrationType, Status
from hostdown.domain.settlement import deleted
from hostdown.services import migrations
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_changes import change
from hostdown.storage import DatabaseSettings
from hostdown.storage.migration_tables import migrations as table

GONE = "The server was deleted."


def kept(settings: DatabaseSettings) -> list[tuple[object, ...]]:
    """Status, reason and whether it is deleted, of every row, in the order of their making."""
    c = table.c
    found = run(
        settings.cell_url,
        select(c.status, c.reason, c.deleted, c.open_key, c.due_at).order_by(c.id),
    )
    assert all(open_key is None and due is None for *_, gone, open_key, due in found if gone)
    return [tuple(row[:3]) for row in found]


def at_once(scene: Scene, uuid: str) -> None:
    """Its host is silent."""
    scene.now += timedelta(minutes=5)
    assert scene.delete(uuid).deleted


def by_its_host(scene: Scene, uuid: str) -> None:
    scene.delete(uuid)
    scene.gone("a", uuid)


@pytest.mark.parametrize("delete_it", [at_once, by_its_host])
def test_migrations_go_with_their_server_and_an_evacuation_has_failed_before(
    scene: Scene, settings: DatabaseSettings, delete_it: object
) -> None:
    scene.host("a")
    server, other = scene.running().uuid, scene.running().uuid
    put(scene.cell, instance=server, status=Status.DONE)
    put(scene.cell, instance=server, status=Status.PRE_MIGRATING, due_at=scene.now)
    put(scene.cell, instance=other)
    delete_it(scene, server)  # type: ignore[operator] # one of the two above
    assert kept(settings) == [("done", None, 1), ("failed", GONE, 1), ("accepted", None, 0)]
    assert [each.instance for each in find(scene.cell)] == [other]


def test_they_stay_while_the_server_is_only_being_deleted(
    scene: Scene, settings: DatabaseSettings
) -> None:
    scene.host("a")
    server = scene.running().uuid
    put(scene.cell, instance=server)
    scene.delete(server)
    assert kept(settings) == [("accepted", None, 0)]
    scene.gone("a", server)
    assert kept(settings) == [("failed", GONE, 1)]


@pytest.mark.parametrize("status", Status)
def test_what_is_no_evacuation_or_has_ended_keeps_its_state(
    scene: Scene, settings: DatabaseSettings, status: Status
) -> None:
    (server,) = scene.create()
    put(scene.cell, instance=server.uuid, status=status, type=MigrationType.LIVE)
    put(scene.cell, instance=server.uuid, status=Status.ERROR, reason="no room")
    assert scene.delete(server.uuid).deleted
    assert kept(settings) == [(status.value, None, 1), ("error", "no room", 1)]


def test_one_that_changes_meanwhile_is_ended_as_it_is_then(
    scene: Scene, settings: DatabaseSettings
) -> None:
    """Who was first has moved it on; whoever deletes looks again."""
    (server,) = scene.create()
    one = put(scene.cell, instance=server.uuid)

    class Racing:
        """Rows that somebody else changes once, between a look and a change."""

        def __init__(self, rows: CellRows, times: int) -> None:
            self._rows, self._times = rows.migrations, times

        @property
        def migrations(self) -> "Racing":
            return self

        def find(self, query: object) -> list[Migration]:
            found = self._rows.find(query)  # type: ignore[arg-type] # a query
            for each in found if self._times else []:
                self._rows.replace(each, each._replace(priority=each.priority + 1))
                self._times -= 1
            return found

        def replace(self, seen: Migration, after: Migration) -> Migration | None:
            return self._rows.replace(seen, after)

    def end(rows: CellRows, times: int) -> None:
        racing: CellRows = Racing(rows, times)  # type: ignore[assignment] # what it needs of them
        migrations.end_with_server(racing, server.uuid, scene.now)

    with pytest.raises(ServerChanging):
        scene.cell.write(lambda rows: end(rows, migrations.TRIES_MAX))
    assert find(scene.cell) == [one]
    scene.cell.write(lambda rows: end(rows, 1))
    assert kept(settings) == [("failed", GONE, 1)]


def test_a_server_that_is_deleted_already_is_not_looked_at_again(scene: Scene) -> None:
    (server,) = scene.create()
    scene.delete(server.uuid)
    late = put(scene.cell, instance=server.uuid)

    def again(rows: CellRows) -> None:
        change(
            rows, server.uuid, lambda seen: deleted(seen, scene.now), scene.caller(ADMIN), scene.now
        )

    scene.cell.write(again)
    assert find(scene.cell) == [late]


# --------------------------------------------------------------------------------- services


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("end", ["source_host", "dest_host"])
def test_a_host_that_servers_are_on_their_way_from_or_to_stays(
    scene: Scene, status: Status, end: str
) -> None:
    for host in "ab":
        scene.host(host)
    put(scene.cell, **{"source_host": "c", "status": status, end: "a"})
    before = service(scene, "a")
    if status in IN_PROGRESS:
        with pytest.raises(ServiceHasMigrations):
            delete(scene, "a")
        assert service(scene, "a") == before
    else:
        delete(scene, "a")
        assert service(scene, "a") is None
    delete(scene, "b")
    assert service(scene, "b") is None


def test_a_host_can_be_deleted_once_nothing_is_on_its_way(scene: Scene) -> None:
    scene.host("a")
    (first, second) = (put(scene.cell, source_host="a") for _ in range(2))
    replace(scene.cell, first, status=Status.ERROR)
    with pytest.raises(ServiceHasMigrations):
        delete(scene, "a")
    replace(scene.cell, second, deleted=True)
    delete(scene, "a")
    assert service(scene, "a") is None
