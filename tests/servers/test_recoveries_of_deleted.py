"""A host that is deleted, or replaced by another machine, while it is recovered."""

from uuid import uuid4

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import ADMIN

from hostdown.domain.recovery import SETTLED_AFTER
from hostdown.services import compute_services
from hostdown.services.directory_ports import DirectoryRows
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def delete(scene: RecoveringScene) -> None:
    cells, directory = scene.storage.cells, scene.storage.directory
    compute_services.delete(cells, directory, ADMIN, scene.service("a").uuid, scene.now)


def replace(scene: RecoveringScene) -> None:
    """As `enrol` does for a machine that takes the name over, and then its first session."""

    def work(rows: DirectoryRows) -> None:
        seen = rows.hosts.named("a")
        assert seen is not None
        assert rows.hosts.replace(seen, seen._replace(deleted_at=scene.now))
        other = seen._replace(id=str(uuid4()), machine_id="another machine")
        rows.hosts.add(other._replace(boot=seen.boot + 1, session=seen.session + 1))

    scene.storage.directory.write(work)


@pytest.mark.parametrize(
    ("seconds", "before", "after"),
    [
        (1.0, "holding-off", "cancelled"),
        (HOLD_OFF + 0.2, "fencing", "cancelled"),
        (HOLD_OFF + 3, "done", "returned"),
    ],
)
def test_the_recovery_of_a_host_that_is_deleted_is_over_and_the_next_one_has_its_own(
    scene: RecoveringScene, seconds: float, before: str, after: str
) -> None:
    scene.hands.slow = before == "fencing"
    scene.lose("a")
    scene.turn(seconds)
    assert scene.stage() == before
    delete(scene)
    scene.turn(2)
    assert (scene.stage(), scene.newest().reason) == (after, "The host is deleted.")
    scene.hands.slow = False
    scene.host("a", host_id=str(uuid4()))
    scene.switches["a"].on = True
    scene.turn(1)
    scene.lose("a")
    scene.turn(1)
    assert [each.stage.value for each in scene.all()] == [after, "holding-off"]


def test_a_machine_that_takes_its_place_before_the_proof_is_another_host(
    scene: RecoveringScene,
) -> None:
    scene.hands.slow = True
    scene.lose("a")
    scene.turn(HOLD_OFF + 0.2)
    assert scene.stage() == "fencing"
    replace(scene)
    scene.heard("a")
    scene.turn(2)
    assert [each.stage.value for each in scene.all()] == ["cancelled"]


def test_what_is_proven_over_is_brought_back_though_another_machine_takes_its_place(
    scene: RecoveringScene,
) -> None:
    server = on_a(scene)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert scene.stage() == "evacuating"
    replace(scene)
    scene.heard("a")  # nobody waits for pulses of the former one
    scene.turn(10)
    scene.move()
    to = str(scene.migration(server.uuid).dest_host)
    assert to in ("b", "c", "d")
    scene.say(to, server.uuid)
    scene.turn(2)
    assert scene.stage() == "done"


def test_a_machine_that_takes_its_place_then_is_let_up_once_all_has_settled(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF + 2)
    assert scene.stage() == "done"
    replace(scene)
    scene.switches["a"].on = True
    scene.heard("a")
    scene.turn(10)
    assert (scene.stage(), scene.service("a").forced_down) == ("done", True)
    scene.turn(SETTLED_AFTER.total_seconds())
    assert (scene.stage(), scene.service("a").forced_down) == ("returned", False)
