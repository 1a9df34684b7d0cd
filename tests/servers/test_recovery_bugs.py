"""Bugs of recoveries that scenarios found, one level below."""

from datetime import timedelta

import pytest
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import LIVENESS

from hostdown.domain.recovery import SEND_EVERY, WINDOW
from hostdown.drivers.fencing.fake import FakeFault
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def test_a_host_whose_pulses_were_lost_while_its_reports_came_is_recovered_once_it_dies(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(1)
    scene.report("a")
    scene.turn(3)
    assert scene.stage() == "cancelled"
    scene.turn(LIVENESS.down_after.total_seconds() - 4)
    assert len(scene.all()) == 1
    scene.turn(5)
    assert scene.proofs("a")


def test_what_a_busy_device_is_not_sent_is_not_written_down_and_its_answer_counts(
    scene: RecoveringScene,
) -> None:
    scene.hands.slow = True
    scene.lose("a")
    scene.turn(HOLD_OFF + 0.2)
    sent_at = scene.newest().sent_at
    scene.turn(SEND_EVERY.total_seconds() + 1)
    assert scene.newest().sent_at == sent_at


def test_off_is_no_proof_before_a_power_off_was_accepted(scene: RecoveringScene) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF - 0.2)
    scene.hands.slow = True
    scene.turn(0.5)
    scene.now += timedelta(seconds=1.5)  # the lease may be over: nothing is sent
    scene.hands.work()
    scene.hands.slow, scene.switches["a"].on = False, False
    scene.turn(1)
    assert (scene.stage(), scene.bmcs["a"].sent) == ("fencing", 0)
    scene.turn(5)
    assert scene.bmcs["a"].sent == 1
    assert scene.proofs("a")


def test_what_is_tried_again_counts_for_the_gate_as_long_as_it_is(scene: RecoveringScene) -> None:
    scene.bmcs["a"].fault = FakeFault.DEAD
    scene.lose("a")
    scene.turn(WINDOW.total_seconds() + 60)
    scene.lose("b")
    scene.turn(HOLD_OFF + 1)
    assert scene.stage() == "held by gate"
