"""Bugs of recoveries that scenarios found, one level below."""

from datetime import datetime, timedelta

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import LIVENESS
from tests.servers.sending import sent

from hostdown.domain.migration import MigrationType, Status
from hostdown.domain.recovery import SEND_EVERY, WINDOW, Stage
from hostdown.drivers.fencing.fake import FakeFault
from hostdown.services.host_fault import HostWanted, Switch, set_host_down
from hostdown.services.own_evacuator import OwnEvacuator
from hostdown.services.recovery_desk import Desk
from hostdown.services.recovery_ports import Recovery
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


def test_a_leader_that_is_new_says_nothing_of_what_is_well(
    scene: RecoveringScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.behind_the_gate("a", "b")
    caplog.clear()
    scene.recoverer = scene.another_recoverer(scene._leadership)
    scene.turn(0.1)
    told = [each.getMessage() for each in caplog.records]
    assert [line.partition(".")[0] for line in told] == ["Recovery 2 of host b: held by gate"]


class Hasty:
    """`Evacuator` that breaks down at the servers of one host."""

    def __init__(self, desk: Desk, host: str) -> None:
        self._own = OwnEvacuator(desk)
        self._host = host

    def turn(self, now: datetime) -> None:
        self._own.turn(now)

    def evacuate(self, seen: Recovery, now: datetime) -> None:
        if seen.host == self._host:
            raise IndexError("nobody foresaw this")
        self._own.evacuate(seen, now)

    def lets_up(self, seen: Recovery, now: datetime) -> bool:
        return self._own.lets_up(seen, now)


def test_one_that_breaks_down_keeps_no_other_one_waiting_and_is_tried_again(
    scene: RecoveringScene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scene, "evacuator", lambda desk: Hasty(desk, "a"))
    scene.recoverer = scene.another_recoverer(scene._leadership)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.lose("b")
    scene.turn(HOLD_OFF + 2)
    assert scene.all()[0].stage is Stage.EVACUATING
    assert scene.stage() == "held by gate"  # b's: one of four is fenced
    told = [each for each in caplog.records if "broke down" in each.message]
    assert len(told) == 2  # in more than five seconds and less than ten
    assert all(each.message.startswith("Recovery 1 ") for each in told)


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
    scene.rest(WINDOW.total_seconds() + 60)
    scene.lose("b")
    scene.turn(HOLD_OFF + 1)
    assert scene.stage() == "held by gate"


def test_it_is_not_done_while_one_of_its_servers_is_still_on_its_way_by_a_live_migration(
    scene: RecoveringScene,
) -> None:
    uuid = sent(scene)
    scene.lose("a")
    scene.turn(HOLD_OFF + 5)
    assert scene.stage() == "evacuating"
    scene.move()
    scene.gone("b", uuid, generation=2)
    scene.move()
    assert [each.status for each in scene.migrations(uuid)] == [Status.FAILED]
    scene.turn(2)
    scene.move()
    assert scene.migration(uuid).type is MigrationType.EVACUATION
    scene.say(str(scene.migration(uuid).dest_host), uuid)
    scene.turn(2)
    assert scene.stage() == "done"


def test_others_do_not_wait_for_the_one_that_is_on_its_way(scene: RecoveringScene) -> None:
    uuid = sent(scene)
    other = on_a(scene)
    scene.lose("a")
    scene.turn(HOLD_OFF + 5)
    assert scene.migration(other.uuid).type is MigrationType.EVACUATION
    assert scene.migration(uuid).type is MigrationType.LIVE


def test_a_host_that_is_put_into_maintenance_meanwhile_is_left_alone(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(1)
    storage, wanted = scene.storage, HostWanted(maintenance=Switch.ENABLE)
    set_host_down(storage.cells, storage.directory, scene.caller(), "a", wanted, scene.now)
    scene.turn(10)
    assert (scene.stage(), scene.newest().reason) == ("cancelled", "It is in maintenance.")
    assert scene.bmcs["a"].sent == 0
