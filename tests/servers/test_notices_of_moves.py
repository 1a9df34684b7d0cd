"""What is told of servers that move, by hosts' words and the leader's steps."""

import pytest
from tests.servers import test_cold_moves as cold
from tests.servers.moving import DEAD, MovingScene
from tests.servers.scene import WISH
from tests.servers.sending import (
    abort,
    ask,
    awaited,
    given_up,
    handed_over,
    kept,
    pool_of_three,
    sent,
)
from tests.servers.test_notices import payloads

from hostdown.domain.assignment import Failure, PowerState
from hostdown.services import live_migrations, resizes
from hostdown.storage import DatabaseSettings, Storage

LIVE = "instance.live_migration"
UPDATE = "instance.update"
PRE = [f"{LIVE}_pre.start", f"{LIVE}_pre.end"]
ARRIVED = [f"{LIVE}_post_dest.start", f"{LIVE}_post_dest.end", f"{LIVE}_post.end"]
BACK = [f"{LIVE}_rollback{step}" for step in (".start", "_dest.start", "_dest.end", ".end")]
PREPARED = ["instance.resize_prep.start", "instance.resize_prep.end", "instance.resize.start"]
FINISHED = ["instance.resize.end", "instance.resize_finish.start", "instance.resize_finish.end"]
BROKEN = Failure("disk-missing", "It has no disk.")


@pytest.fixture
def scene(store: Storage) -> MovingScene:
    return pool_of_three(store)


def told(settings: DatabaseSettings) -> list[str]:
    """Of servers, in its order, but for their beginnings and for changes without a name."""
    return [
        name
        for name, _ in payloads(settings)
        if name.startswith(("instance.", "compute_task."))
        and not name.startswith("instance.create.")
        and name != UPDATE
    ]


def test_a_live_migration_is_told_by_both_hosts(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = sent(scene)
    assert told(settings) == PRE
    handed_over(scene, uuid)
    assert told(settings) == [*PRE, f"{LIVE}_post.start"]
    scene.say("b", uuid)
    assert told(settings) == [*PRE, f"{LIVE}_post.start", *ARRIVED]
    handed_over(scene, uuid)  # late
    scene.say("b", uuid)  # again
    assert told(settings) == [*PRE, f"{LIVE}_post.start", *ARRIVED]


def test_a_handover_of_which_the_new_host_speaks_first_is_told_whole(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = sent(scene)
    scene.say("b", uuid)
    handed_over(scene, uuid)
    assert told(settings) == [*PRE, f"{LIVE}_post.start", *ARRIVED]


def test_each_host_that_is_tried_gets_ready_and_the_last_failure_is_the_way_back(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = awaited(scene)
    for host in ("b", "c"):
        scene.say(host, uuid, PowerState.NOSTATE, claimed=False, order=0, failure=BROKEN)
        given_up(scene, uuid, host)
    assert told(settings) == [PRE[0], PRE[0], *BACK]


def test_one_that_is_hurried_and_called_off_is_told_as_that_and_goes_back(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = sent(scene)
    number = scene.migration(uuid).id
    for _ in range(2):  # the second time changes nothing
        live_migrations.force_complete(scene.cell, uuid, number, scene.asker(admin=True))
    for _ in range(2):
        abort(scene, uuid)
    asked = [f"{LIVE}_{name}" for name in _steps("force_complete", "abort")]
    assert told(settings) == [*PRE, *asked]
    kept(scene, uuid)
    given_up(scene, uuid)
    assert told(settings) == [*PRE, *asked, *BACK]


def _steps(*names: str) -> list[str]:
    return [f"{name}.{step}" for name in names for step in ("start", "end")]


def test_one_for_which_there_is_no_host_is_told_as_an_error_and_nothing_else(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = scene.running(WISH).uuid
    for host in ("b", "c"):
        scene.force(host, down=True)
    ask(scene, uuid)
    scene.move()
    assert told(settings) == ["compute_task.migrate_server.error"]


@pytest.mark.parametrize("resize", [True, False])
def test_a_cold_move_is_told_from_its_beginning_to_the_yes(
    scene: MovingScene, settings: DatabaseSettings, resize: bool
) -> None:
    uuid = cold.resized(scene, resize).uuid
    assert told(settings) == [*PREPARED, *FINISHED]
    resizes.confirm(scene.cell, uuid, scene.asker())
    confirmed = _steps("instance.resize_confirm")
    assert told(settings) == [*PREPARED, *FINISHED, *confirmed]


def test_a_cold_move_is_told_until_it_is_back(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = cold.resized(scene).uuid
    resizes.revert(scene.cell, uuid, scene.asker())
    assert told(settings) == [*PREPARED, *FINISHED, "instance.resize_revert.start"]
    scene.say("b", uuid, PowerState.SHUTDOWN)
    scene.gone("b", uuid)
    scene.move()
    scene.say("a", uuid)
    assert told(settings) == [*PREPARED, *FINISHED, *_steps("instance.resize_revert")]


def test_a_cold_move_without_a_host_is_no_failure_of_any_host(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = scene.running(WISH).uuid
    cold.ask(scene, uuid)
    for host in ("b", "c"):
        scene.force(host, down=True)
    scene.move()
    assert told(settings) == ["compute_task.migrate_server.error"]


def test_a_cold_move_whose_host_cannot_stop_it_is_that_hosts_failure(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = scene.running(WISH).uuid
    cold.ask(scene, uuid)
    scene.move()
    scene.say("a", uuid, failure=BROKEN)
    assert told(settings) == [*PREPARED, "instance.resize.error"]


def test_an_evacuation_is_told_in_novas_order(
    scene: MovingScene, settings: DatabaseSettings
) -> None:
    uuid = scene.running(WISH).uuid
    scene.later(DEAD, "b", "c")
    scene.evacuate(uuid)
    scene.move()
    scene.say("b", uuid)
    assert told(settings) == [
        "instance.evacuate",
        "instance.rebuild_scheduled",
        "instance.exists",
        *_steps("instance.rebuild"),
    ]
