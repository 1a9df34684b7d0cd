"""A silent host that is armed is fenced by its device only once its slots say that it is gone."""

import pytest
from tests.servers.armed import ArmedScene, armed_hosts
from tests.servers.scene import ADMIN

from hostdown.services import recovery_words
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> ArmedScene:
    """Host a has a device and a watchdog; of these few are fenced at a time."""
    made = armed_hosts(store, "a", *(f"c{number}" for number in range(1, 9)))
    made.fenced_by_bmc("a")
    made.armed("a")
    return made


def test_a_host_that_writes_is_held_and_goes_on_by_an_operators_leave(scene: ArmedScene) -> None:
    scene.lose("a")
    scene.turn(40)
    assert scene.stage() == "held by slots"
    assert "it lives" in scene.reason()
    assert scene.bmcs["a"].sent == 0
    assert not scene.proofs("a")
    recovery_words.release(scene.storage.cells, scene.newest().id, ADMIN, scene.now)
    scene.turn(3)
    assert scene.bmcs["a"].sent == 1


def test_once_it_writes_no_more_it_is_fenced_as_any_other(scene: ArmedScene) -> None:
    scene.lose("a")
    scene.until("held by slots")
    scene.stop_writing("a")
    scene.turn(14)
    assert scene.bmcs["a"].sent == 1


def test_what_is_armed_again_is_not_fenced_before_its_slots_were_looked_at(
    scene: ArmedScene,
) -> None:
    """Whichever comes first then, a look or the recovery's next step."""
    scene.lose("a")
    for number in range(20):
        scene.disarm("a")
        scene.turn(4 + 0.05 * number)
        assert scene.stage() == "held by disarmed"
        scene.arm("a")
        scene.turn(1.1)
        assert scene.bmcs["a"].sent == 0


def test_a_device_that_reads_off_of_a_host_that_writes_to_its_slots_lies(scene: ArmedScene) -> None:
    """NEVER-TWICE F3: an operator let it be fenced, and that is no word that it is off."""
    scene.lose("a")
    scene.until("held by slots")
    recovery_words.release(scene.storage.cells, scene.newest().id, ADMIN, scene.now)
    scene.turn(25)
    assert scene.bmcs["a"].sent > 0
    assert not scene.proofs("a")
    why = "It was not proven off in time. Its slot on pool p1 is written to: it lives."
    assert f"The level failed: {why}" in scene.timeline()
    scene.until("done")
    (proof,) = scene.proofs("a")
    assert proof.kind == "watchdog"
