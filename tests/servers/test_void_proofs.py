"""Servers of a host that was proven over and lives: what it ended because of that runs again."""

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts

from hostdown.domain.assignment import Failure, PowerState, Wanted
from hostdown.storage import Storage

LATER = Failure("claim-refused", "A later generation has it.")


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def given_back(scene: RecoveringScene) -> str:
    """A server of a that b was given and gave back, once the proof was void: a has it again."""
    uuid = on_a(scene).uuid
    for host in ("c", "d"):
        scene.force(host, True)
    scene.lose("a")
    scene.turn(HOLD_OFF + 0.2)
    assert scene.stage() == "evacuating"
    scene.move()
    scene.switches["a"].on = True
    scene.heard("a")
    scene.now += scene.recovery.missed_after
    scene.turn(4)
    assert scene.stage() == "void"
    scene.gone("b", uuid, claimed=False, generation=2)
    scene.move()
    assert [each.generation for each in scene.open(uuid)] == [1]
    return uuid


def runs_on_a(scene: RecoveringScene, uuid: str) -> None:
    """It is asked to, by a permit over the others and a new order."""
    (told,) = scene.assigned("a")
    assert (told.generation, told.wanted) == (3, Wanted.RUNNING)
    assert [each.generation for each in told.over] == [1, 2]
    scene.say("a", uuid, generation=3)
    assert scene.states(uuid)[:2] == ("active", None)


def test_one_that_its_host_had_given_up_by_then(scene: RecoveringScene) -> None:
    uuid = given_back(scene)
    scene.gone("a", uuid, generation=1, order=1)
    runs_on_a(scene, uuid)


def test_one_whose_disk_another_host_had_claimed_meanwhile(scene: RecoveringScene) -> None:
    uuid = given_back(scene)
    holder = scene.permits(uuid)[1].holder
    refused = {"generation": 1, "failure": LATER, "holder": holder, "claimed": False}
    scene.say("a", uuid, PowerState.NOSTATE, **refused)
    assert scene.states(uuid)[0] == "active"
    assert [each.asked_back for each in scene.open(uuid)] == [True]
    scene.gone("a", uuid, generation=1, order=1)
    runs_on_a(scene, uuid)


def test_one_that_never_ended_is_left_as_it_is(scene: RecoveringScene) -> None:
    uuid = given_back(scene)
    scene.say("a", uuid, generation=1)
    assert [each.generation for each in scene.open(uuid)] == [1]
    assert scene.states(uuid)[:2] == ("active", None)
