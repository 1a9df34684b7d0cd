"""An evacuation is over once its source tells that it has nothing left of the server."""

from datetime import timedelta

import pytest
from tests.servers import test_service_deletion as service_deletion
from tests.servers.moving import MovingScene

from hostdown.domain.errors import SessionEnded
from hostdown.domain.instance import Instance
from hostdown.domain.migration import Migration, Status
from hostdown.services.cell_ports import CellRows
from hostdown.storage import Storage

DEAD = 61.0
"""Seconds after which a host is down by silence."""


@pytest.fixture
def scene(store: Storage) -> MovingScene:
    """Two hosts; the server of `running` is on a."""
    made = MovingScene(store)
    made.host("a", 8192)
    made.host("b")
    return made


def on_its_way(scene: MovingScene) -> Instance:
    server = scene.running()
    scene.later(DEAD, "b")
    scene.evacuate(server.uuid)
    scene.move()
    return server


def moved(scene: MovingScene) -> Migration:
    """An evacuation from a to b that is done."""
    server = on_its_way(scene)
    scene.say("b", server.uuid)
    return scene.migration(server.uuid)


def status(scene: MovingScene, of: Migration) -> Status:
    return scene.migration(of.instance).status


def kept(scene: MovingScene, name: str) -> int:
    return scene.cell.read(lambda rows: rows.settled.of(scene.record(name).id))


def test_the_source_completes_it_with_the_version_that_took_its_permit(scene: MovingScene) -> None:
    done = moved(scene)
    assert (done.status, done.source_number > 0) == (Status.DONE, True)
    scene.fetch("a", settled=done.source_number - 1)
    assert status(scene, done) is Status.DONE
    scene.later(1)
    version = scene.fetch("a").version
    scene.fetch("a", version, settled=done.source_number)
    after = scene.migration(done.instance)
    assert (after.status, after.updated_at) == (Status.COMPLETED, scene.now)
    assert after._replace(status=done.status, updated_at=done.updated_at, revision=0) == (
        done._replace(revision=0)
    )


def test_completed_is_final(scene: MovingScene) -> None:
    """Contract 10.1, edge 6."""
    done = moved(scene)
    scene.fetch("a", settled=done.source_number)
    seen = scene.migration(done.instance)
    version = scene.fetch("a").version
    for settled in (0, done.source_number, version):
        scene.fetch("a", settled=settled)
    scene.say("b", done.instance)
    scene.gone("a", done.instance, generation=1)
    assert scene.migration(done.instance) == seen


def test_another_host_completes_nothing_of_it(scene: MovingScene) -> None:
    done = moved(scene)
    scene.fetch("b", settled=scene.fetch("b").version)
    assert kept(scene, "b") == 0  # nothing left it, so nobody waits to hear that
    assert status(scene, done) is Status.DONE


def test_a_source_that_is_through_before_the_destination_is_remembered(scene: MovingScene) -> None:
    server = on_its_way(scene)
    seen = scene.migration(server.uuid)
    assert seen.status is Status.PRE_MIGRATING
    scene.fetch("a", settled=seen.source_number)
    assert status(scene, seen) is Status.PRE_MIGRATING
    scene.say("b", server.uuid)
    assert status(scene, seen) is Status.COMPLETED
    assert scene.get(server.uuid).host == "b"


def test_all_moves_of_one_server_are_completed(scene: MovingScene) -> None:
    """Contract 10.3, edge 42: a to b, b to a, a to b; a has told nothing in between."""
    first = moved(scene)
    scene.later(DEAD, "a")
    scene.evacuate(first.instance)
    scene.move()
    scene.say("a", first.instance)
    scene.later(DEAD, "b")
    scene.evacuate(first.instance)
    scene.move()
    scene.say("b", first.instance)
    every = scene.migrations(first.instance)
    assert [(each.source_host, each.status) for each in every] == [
        ("a", Status.DONE),
        ("b", Status.DONE),
        ("a", Status.DONE),
    ]
    scene.fetch("a", settled=scene.fetch("a").version)
    assert [each.status for each in scene.migrations(first.instance)] == [
        Status.COMPLETED,
        Status.DONE,
        Status.COMPLETED,
    ]


def test_only_the_moves_before_it_are_completed(scene: MovingScene) -> None:
    first = moved(scene)
    scene.later(DEAD, "a")
    second = moved(scene)
    scene.fetch("a", settled=first.source_number)
    assert first.source_number < second.source_number
    assert (status(scene, first), status(scene, second)) == (Status.COMPLETED, Status.DONE)


def test_that_of_a_server_that_was_deleted_meanwhile_hinders_nobody(scene: MovingScene) -> None:
    """Contract 5.8: it is deleted with its server."""
    done = moved(scene)
    scene.delete(done.instance)
    scene.gone("b", done.instance)
    assert scene.get(done.instance).deleted
    scene.force("a", down=True)
    scene.force("a", down=False)


def test_a_host_that_claims_more_than_it_was_told_is_not_believed(scene: MovingScene) -> None:
    done = moved(scene)
    scene.fetch("a", settled=scene.fetch("a").version + 1)
    assert (kept(scene, "a"), status(scene, done)) == (0, Status.DONE)


def test_an_older_boot_completes_nothing(scene: MovingScene) -> None:
    """D4: the session of a newer boot has ended it."""
    done = moved(scene)
    older = scene.record("a")
    scene.later(1, "a", "b")
    scene.boot("a")
    scene.create(3)
    assert scene.assigned("a")
    with pytest.raises(SessionEnded):
        scene.fetch("a", record=older, settled=done.source_number)
    assert status(scene, done) is Status.DONE


def test_it_is_written_when_it_grew_and_not_again(scene: MovingScene) -> None:
    done = moved(scene)
    scene.fetch("a", settled=done.source_number)

    def commits(rows: CellRows) -> int:
        return rows.ledger.now()[1]

    before = scene.cell.read(commits)
    scene.later(1)
    scene.fetch("a", settled=done.source_number)
    assert scene.cell.read(commits) == before
    assert scene.migration(done.instance).updated_at == scene.now - timedelta(seconds=1)


def test_a_host_of_which_nothing_was_evacuated_delays_nobody(scene: MovingScene) -> None:
    """Nothing is written for what it tells, under no number that others would wait for."""
    scene.running()
    before = scene.cell.read(lambda rows: rows.ledger.now())
    version = scene.fetch("a").version
    scene.fetch("a", version, settled=version)
    assert kept(scene, "a") == 0
    assert scene.cell.read(lambda rows: rows.ledger.now()) == before


def test_a_host_that_is_enrolled_anew_clears_up_under_its_old_name(scene: MovingScene) -> None:
    """It has nothing to do yet, so nothing that it was told ever changed."""
    done = moved(scene)
    old = scene.record("a")
    service_deletion.delete(scene, "a")
    scene.host("a", 8192, host_id="anew")
    version = scene.fetch("a", have=()).version
    assert version >= done.source_number
    assert status(scene, done) is Status.DONE
    scene.fetch("a", version, settled=version)
    assert (scene.record("a").id != old.id, status(scene, done)) == (True, Status.COMPLETED)


# -------------------------------------------------------------------------------------- copies


def told(scene: MovingScene, known: int = 0) -> tuple[str, ...]:
    return scene.fetch("a", known).moved


def test_a_source_hears_of_its_copies_once_the_move_is_done(scene: MovingScene) -> None:
    """NEVER-TWICE D1, RACES 45."""
    scene.pool("a", "pool of a", "local")
    scene.pool("b", "pool of b", "local")
    server = on_its_way(scene)
    version = scene.fetch("a").version
    assert told(scene) == ()
    scene.say("b", server.uuid)
    assert told(scene, version) == (server.uuid,)
    assert scene.fetch("b").moved == ()
    scene.fetch("a", settled=scene.fetch("a").version)
    assert scene.migration(server.uuid).status is Status.COMPLETED
    assert told(scene) == (server.uuid,)
    scene.later(2 * 86_400)
    assert told(scene) == ()


def test_a_source_that_was_through_before_hears_of_them_too(scene: MovingScene) -> None:
    scene.pool("a", "pool of a", "local")
    scene.pool("b", "pool of b", "local")
    server = on_its_way(scene)
    version = scene.fetch("a").version
    scene.fetch("a", version, settled=version)
    scene.say("b", server.uuid)
    assert scene.migration(server.uuid).status is Status.COMPLETED
    assert told(scene, version) == (server.uuid,)


@pytest.mark.parametrize("pool_class", ["locks", "nolock"])
def test_where_others_have_the_pool_there_are_no_copies(
    scene: MovingScene, pool_class: str
) -> None:
    scene.pool("a", "pool", pool_class)
    scene.pool("b", "pool", pool_class)
    server = on_its_way(scene)
    version = scene.fetch("a").version
    scene.say("b", server.uuid)
    assert told(scene) == ()
    assert scene.fetch("a", version).instances is None


def test_a_server_that_is_on_its_way_again_may_come_back_to_its_copy(scene: MovingScene) -> None:
    done = moved(scene)
    assert told(scene) == (done.instance,)
    scene.later(DEAD, "a")
    scene.evacuate(done.instance)
    assert told(scene) == ()
