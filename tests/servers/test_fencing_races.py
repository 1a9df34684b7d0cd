"""Races of fencing, by their rows in RACES, as whoever leads sees them."""

from datetime import timedelta

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import ADMIN

from hostdown.domain.evacuation_errors import HostNotSettled
from hostdown.domain.recovery import SETTLED_AFTER
from hostdown.drivers.fencing.fake import FakeFault
from hostdown.services import recovery_words
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def test_17_pulse_before_commit_a_host_that_comes_back_in_time_is_left_alone(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(1)
    scene.heard("a")
    scene.turn(10)
    assert scene.stage() == "cancelled"
    assert scene.bmcs["a"].sent == 0
    assert not scene.service("a").forced_down


def test_16_pulse_after_send_takes_nothing_back(scene: RecoveringScene) -> None:
    scene.bmcs["a"].fault = FakeFault.LIES
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.heard("a")
    scene.turn(3)
    assert scene.stage() == "fencing"
    assert not scene.service("a").forced_down
    scene.bmcs["a"].fault = FakeFault.NONE
    scene.turn(2)
    assert scene.proofs("a")
    scene.turn(1)
    assert scene.stage() == "fenced"  # observers have not missed it yet
    assert not scene.service("a").forced_down
    scene.lose("a")
    scene.turn(0.5)
    assert scene.service("a").forced_down


def test_a_power_off_that_is_needed_no_more_is_not_sent_by_who_was_slow_to_look(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF)
    scene.until("fencing")
    scene.hands.slow = True
    scene.turn(0.1)
    assert scene.newest().sent_at is not None
    number, caller = scene.newest().id, scene.caller(ADMIN)
    recovery_words.confirm_off(scene.storage.cells, number, caller, scene.now)  # and it boots
    scene.hands.work()
    assert scene.bmcs["a"].sent == 0
    assert scene.switches["a"].on


def test_10_wrong_bmc_is_no_proof_and_the_next_level_is_tried(scene: RecoveringScene) -> None:
    server = on_a(scene)
    scene.bmcs["a"].fault = FakeFault.FOREIGN
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert scene.stage() == "held by failed"
    assert "another one" in str(scene.newest().reason)
    assert scene.proofs("a") == []
    assert len(scene.permits(server.uuid)) == 1
    assert scene.bmcs["a"].sent == 0


def test_10_a_proof_is_void_once_what_it_covers_is_heard(scene: RecoveringScene) -> None:
    server = on_a(scene)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert scene.stage() == "evacuating"
    scene.heard("a")  # the device said Off of a machine that is not off
    scene.turn(6)
    assert scene.stage() == "void"
    assert scene.proofs("a") == []
    assert scene.service("a").forced_down
    scene.move()
    assert [each.host for each in scene.open(server.uuid)] == ["a"]


def test_10_a_report_of_what_was_proven_voids_it_too_but_not_one_that_was_on_its_way(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF + 0.6)
    scene.report("a")
    scene.turn(0.4)
    assert scene.proofs("a")
    scene.turn(2)
    scene.report("a")
    scene.turn(1.1)
    assert scene.stage() == "void"


def test_12_self_reboot_in_fence_is_proof_and_the_recovery_goes_on(scene: RecoveringScene) -> None:
    server = on_a(scene)
    scene.bmcs["a"].fault = FakeFault.LIES
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.boot("a")
    scene.fetch("a")
    scene.heard("a")
    scene.turn(1)
    assert scene.stage() in ("evacuating", "done")
    (proof,) = [each for _, each in scene.covering("a", boot=1)]
    assert proof.kind == "reboot"
    assert server.host == "a"


def test_15_leader_paused_before_send_sends_nothing(scene: RecoveringScene) -> None:
    scene.hands.slow = True
    scene.lose("a")
    scene.turn(HOLD_OFF + 0.2)
    assert scene.stage() == "fencing"
    scene.now += timedelta(seconds=30)  # between writing it down and sending
    scene.hands.work()
    assert scene.bmcs["a"].sent == 0


def test_14_nobody_releases_a_host_to_which_a_power_off_may_still_be_on_its_way(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    with pytest.raises(HostNotSettled, match="a power-off was sent to it"):
        scene.force("a", False)
    scene.now += SETTLED_AFTER
    scene.force("a", False)
    assert not scene.service("a").forced_down


def test_a_host_whose_device_reads_off_is_not_waited_for(scene: RecoveringScene) -> None:
    scene.switches["a"].on = False
    scene.lose("a")
    scene.turn(1)
    assert scene.proofs("a")
    assert scene.bmcs["a"].sent == 1  # it is sent all the same: what sleeps reads off, too
    assert not scene.newest().gated


def test_nor_does_the_storm_gate_hold_it(scene: RecoveringScene) -> None:
    for name in "abc":
        scene.switches[name].on = False
    scene.lose("a", "b", "c")
    scene.turn(2)
    assert all(scene.proofs(name) for name in "abc")


def test_one_of_another_machine_that_reads_off_says_nothing(scene: RecoveringScene) -> None:
    scene.bmcs["a"].fault = FakeFault.FOREIGN
    scene.switches["a"].on = False
    scene.lose("a")
    scene.turn(2)
    assert scene.stage() == "holding-off"
