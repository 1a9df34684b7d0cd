"""What keeps a recovery from going on: the storm gate, and operators."""

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import ADMIN

from hostdown.drivers.fencing.fake import FakeFault
from hostdown.services import recovery_words
from hostdown.storage import Storage

HELD_BY_GATE = "held by gate"


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def test_a_second_host_of_a_small_domain_waits_for_an_operator_and_never_opens_by_itself(
    scene: RecoveringScene,
) -> None:
    scene.behind_the_gate("a", "b")
    assert "1 of the 4 hosts of domain nova" in str(scene.newest().reason)
    scene.rest(700)
    assert scene.stage() == HELD_BY_GATE
    assert scene.bmcs["b"].sent == 0
    scene.heard("b")
    scene.turn(2)
    assert scene.stage() == "cancelled"


def test_where_fewer_than_half_are_heard_nobody_is_fenced(scene: RecoveringScene) -> None:
    scene.lose("a", "b", "c")
    scene.turn(HOLD_OFF + 2)
    assert {str(each.held) for each in scene.all()} == {"gate"}
    assert "this side may be the one" in str(scene.newest().reason)
    assert all(path.sent == 0 for path in scene.bmcs.values())


def test_a_word_that_it_is_off_moves_its_servers_without_a_proof(scene: RecoveringScene) -> None:
    server = on_a(scene)
    scene.bmcs["a"].fault = FakeFault.DEAD
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    recovery_words.confirm_off(
        scene.storage.cells, scene.newest().id, scene.caller(ADMIN), scene.now
    )
    scene.turn(25)  # it was not heard for so long that it need not be asked
    scene.move()
    to = scene.migration(server.uuid).dest_host
    assert to in ("b", "c", "d")
    scene.say(str(to), server.uuid)
    scene.turn(2)
    assert scene.stage() == "done"
    assert scene.proofs("a") == []
    assert "says that it is off" in " ".join(scene.timeline())


def test_what_the_gate_holds_goes_on_once_an_operator_releases_it(scene: RecoveringScene) -> None:
    scene.behind_the_gate("a", "b")
    recovery_words.release(scene.storage.cells, scene.newest().id, scene.caller(ADMIN), scene.now)
    scene.turn(1)
    assert scene.bmcs["b"].sent == 1
    assert scene.proofs("b")


def test_what_an_operator_holds_is_left_alone_until_it_is_released(scene: RecoveringScene) -> None:
    scene.lose("a")
    scene.turn(1)
    recovery_words.hold(scene.storage.cells, scene.newest().id, scene.caller(ADMIN), scene.now)
    scene.turn(60)
    assert (scene.stage(), scene.bmcs["a"].sent) == ("held by operator", 0)
    recovery_words.release(scene.storage.cells, scene.newest().id, scene.caller(ADMIN), scene.now)
    scene.turn(1)
    assert scene.bmcs["a"].sent == 1


def test_what_was_held_by_an_operator_too_is_held_by_the_gate_once_it_is_released(
    scene: RecoveringScene,
) -> None:
    """Who takes back a hold of theirs does not open the gate by it."""
    scene.behind_the_gate("a", "b")
    number, by = scene.newest().id, scene.caller(ADMIN)
    recovery_words.hold(scene.storage.cells, number, by, scene.now)
    recovery_words.release(scene.storage.cells, number, by, scene.now)
    scene.turn(2)
    assert (scene.stage(), scene.bmcs["b"].sent) == (HELD_BY_GATE, 0)
    recovery_words.release(scene.storage.cells, number, by, scene.now)
    recovery_words.hold(scene.storage.cells, number, by, scene.now)
    recovery_words.release(scene.storage.cells, number, by, scene.now)
    scene.turn(1)
    assert scene.bmcs["b"].sent == 1  # it was let past the gate before


def test_a_host_that_an_operator_called_off_stays_forced_down_and_says_so(
    scene: RecoveringScene,
) -> None:
    scene.bmcs["a"].fault = FakeFault.DEAD
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    recovery_words.confirm_off(
        scene.storage.cells, scene.newest().id, scene.caller(ADMIN), scene.now
    )
    scene.turn(2)
    scene.boot("a")
    scene.heard("a")
    scene.turn(120)
    assert scene.stage() == "returned"
    assert scene.service("a").forced_down
    assert str(scene.newest().reason).endswith(
        "It stays forced down, as somebody said: `hostdown host release a` ends that."
    )
