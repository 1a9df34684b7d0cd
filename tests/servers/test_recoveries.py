"""What becomes of a host that fails, with nobody watching."""

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import WISH

from hostdown.domain.recovery import LEVEL_MAX, SETTLED_AFTER
from hostdown.drivers.fencing.fake import FakeFault, FakeFencePath
from hostdown.services import server_edits
from hostdown.services.fence_ports import FenceLevel
from hostdown.services.fencer import AGAIN
from hostdown.services.lease import LEASE_S
from hostdown.services.server_edits import MetadataEdit
from hostdown.storage import Storage

NO_ANSWER = "The fake device did not answer in time."


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def test_1_plain(scene: RecoveringScene) -> None:
    server = on_a(scene)
    scene.lose("a")
    scene.turn(HOLD_OFF - 0.1)
    assert scene.stage() == "holding-off"
    assert scene.bmcs["a"].sent == 0
    scene.turn(1)
    assert scene.bmcs["a"].sent == 1
    assert scene.stage() == "evacuating"
    assert scene.service("a").forced_down
    (proof,) = scene.proofs("a")
    assert (proof.kind, proof.boot, proof.evidence["driver"]) == ("off", 1, "fake")
    assert proof.evidence["cut_at"] == proof.observed_at.isoformat()
    scene.move()
    to = scene.migration(server.uuid).dest_host
    assert to in ("b", "c", "d")
    scene.say(str(to), server.uuid)
    scene.turn(2)
    assert scene.stage() == "done"
    assert [each.ended.by for each in scene.permits(server.uuid) if each.ended] == ["1"]


def test_the_flag_is_cleared_once_the_host_is_back_and_clean_and_all_has_settled(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.turn(1)
    assert scene.stage() == "done"
    scene.boot("a")
    scene.switches["a"].on = True
    scene.heard("a")
    scene.turn(10)
    assert scene.stage() == "done"  # a late power-off may still be on its way
    scene.turn(SETTLED_AFTER.total_seconds())
    assert scene.stage() == "returned"
    assert not scene.service("a").forced_down
    scene.lose("a")
    scene.turn(0.1)
    assert scene.stage() == "holding-off"


def test_a_report_is_life_as_well(scene: RecoveringScene) -> None:
    scene.lose("a")
    scene.turn(1)
    scene.report("a")
    scene.turn(10)
    assert scene.stage() == "cancelled"


def test_a_bmc_that_says_on_for_ever_leads_to_the_next_level(scene: RecoveringScene) -> None:
    scene.bmcs["a"].fault = FakeFault.LIES
    outlets = FakeFencePath(scene.switches["a"], scene.paths.of("a")[0].expects, scene.wait)  # type: ignore[arg-type] # it has one
    first = scene.paths.of("a")[0]
    scene.paths.levels["a"] = [first, FenceLevel(2, "fake", outlets, first.expects)]
    scene.lose("a")
    scene.turn(HOLD_OFF + LEVEL_MAX.total_seconds() - 1)
    assert (scene.stage(), scene.bmcs["a"].sent, outlets.sent) == ("fencing", 4, 0)
    assert scene.newest().reason == "Its device says that it is on."
    scene.turn(3)
    why = "It was not proven off in time. Its device says that it is on."
    assert f"The level failed: {why}" in scene.timeline()
    assert outlets.sent == 1
    assert scene.proofs("a")[0].evidence["level"] == 2


def test_a_dead_bmc_is_asked_again_for_ever_and_does_not_stop_the_recovery(
    scene: RecoveringScene,
) -> None:
    scene.bmcs["a"].fault = FakeFault.DEAD
    scene.lose("a")
    scene.turn(HOLD_OFF + LEVEL_MAX.total_seconds() + 1)
    assert scene.stage() == "held by failed"
    assert scene.newest().reason == f"It was not proven off in time. {NO_ANSWER}"
    assert NO_ANSWER in scene.timeline()
    scene.bmcs["a"].fault = FakeFault.NONE
    scene.turn(AGAIN.total_seconds() + 2)
    assert scene.proofs("a")


def test_a_level_is_not_left_while_its_device_is_at_what_it_was_told(
    scene: RecoveringScene,
) -> None:
    """It may switch the host off late, and would never be asked for it."""
    scene.lose("a")
    scene.until("fencing")
    scene.hands.slow = True
    scene.turn(LEVEL_MAX.total_seconds() + 30)
    assert (scene.stage(), scene.bmcs["a"].sent) == ("fencing", 0)
    scene.hands.work()
    scene.turn(0.1)
    assert scene.proofs("a")


def test_a_password_that_is_refused_is_not_tried_again_at_once(scene: RecoveringScene) -> None:
    scene.bmcs["a"].fault = FakeFault.REFUSES
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert scene.stage() == "held by failed"
    assert "password" in str(scene.newest().reason)


def test_the_next_leader_goes_on_from_what_was_written(scene: RecoveringScene) -> None:
    scene.hands.slow = True
    scene.lose("a")
    scene.turn(HOLD_OFF + 0.2)
    scene.hands = type(scene.hands)()  # the process is gone
    leadership = scene._another("next")
    scene.recoverer = scene.another_recoverer(leadership)
    scene.turn(LEASE_S + 1)
    assert leadership.term is not None
    scene.turn(6)
    assert scene.bmcs["a"].sent == 1
    assert scene.proofs("a")


def test_two_leaders_never_both_write(scene: RecoveringScene) -> None:
    other = scene.another_recoverer(scene._another("other"))
    scene.lose("a")
    for _ in range(200):
        other.turn(scene.now)
        scene.turn(0.05)
    assert len(scene.all()) == 1
    assert scene.bmcs["a"].sent == 1


def test_a_host_that_nobody_can_fence_is_held_and_told_of(
    scene: RecoveringScene, caplog: pytest.LogCaptureFixture
) -> None:
    del scene.paths.levels["a"]
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert caplog.text.count("No rule") == 1, "each turn would tell it"
    assert scene.stage() == "held by no-level"
    assert "No rule of the fencing file" in str(scene.newest().reason)
    scene.fenced_by_bmc("a")
    scene.turn(AGAIN.total_seconds() + 1)
    assert scene.proofs("a")


def test_a_rule_that_is_gone_while_its_host_is_fenced_is_told_and_waited_for(
    scene: RecoveringScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.hands.slow = True
    scene.lose("a")
    scene.turn(HOLD_OFF + 0.2)
    assert scene.stage() == "fencing"
    del scene.paths.levels["a"]
    scene.turn(1)
    assert scene.stage() == "held by failed"
    scene.turn(AGAIN.total_seconds() + 1)
    assert scene.stage() == "held by no-level"
    assert caplog.text.count("No rule") == 1, "each turn would tell it"


def test_a_host_in_maintenance_or_forced_down_is_left_alone(scene: RecoveringScene) -> None:
    scene.force("a", True)
    scene.lose("a")
    scene.turn(10)
    assert scene.all() == []
    scene.lose("b")
    scene.turn(1)
    scene.force("b", True)
    scene.turn(10)
    assert scene.stage() == "cancelled"
    assert scene.bmcs["b"].sent == 0


def test_where_it_is_not_enabled_nothing_begins(scene: RecoveringScene) -> None:
    scene.recovery = scene.recovery._replace(enabled=False)
    scene.recoverer = scene.another_recoverer(scene._leadership)
    scene.lose("a")
    scene.turn(10)
    assert scene.all() == []


@pytest.mark.parametrize(
    ("metadata", "default", "moves"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"HA_Enabled": "False"}, True, False),
        ({"HA_Enabled": "true"}, False, True),
        ({"HA_Enabled": "perhaps"}, True, True),
        ({"HA_Recovery": "consumer"}, True, False),
    ],
)
def test_servers_are_brought_back_as_their_owners_say(
    scene: RecoveringScene, metadata: dict[str, str], default: bool, moves: bool
) -> None:
    server = scene.running(WISH._replace(metadata=metadata))
    assert server.host == "a"
    scene.recovery = scene.recovery._replace(ha_default=default)
    scene.recoverer = scene.another_recoverer(scene._leadership)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert bool(scene.migrations(server.uuid)) is moves
    scene.turn(2)
    assert scene.stage() == ("evacuating" if moves else "done")


def test_a_consumer_that_says_so_has_its_server_brought_back(scene: RecoveringScene) -> None:
    """Doctor's ACT-STBY: it has a standby, until that fails, too."""
    server = scene.running(WISH._replace(metadata={"HA_Recovery": "consumer"}))
    scene.lose("a")
    scene.turn(HOLD_OFF + 3)
    assert scene.stage() == "done"
    scene.turn(40)
    assert (scene.stage(), scene.migrations(server.uuid)) == ("done", [])
    wish = MetadataEdit(lambda _: {}, "delete metadata", 10, by_admin=False)
    server_edits.edit_metadata(scene.cell, server.uuid, wish, scene.asker().caller, scene.now)
    scene.turn(2)
    assert scene.stage() == "evacuating"
    assert len(scene.migrations(server.uuid)) == 1


def test_a_server_that_no_host_takes_is_tried_again(scene: RecoveringScene) -> None:
    server = on_a(scene)
    for name in "bcd":
        scene.cell.write(
            lambda rows, name=name: rows.services.replace(  # type: ignore[misc] # a lambda's default
                scene.service(name),
                scene.service(name)._replace(disabled=True, disabled_reason="full"),
            )
        )
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.move()
    assert scene.migration(server.uuid).status == "error"
    scene.turn(20)
    assert scene.stage() == "evacuating"
    assert len(scene.migrations(server.uuid)) == 1
    reason = str(scene.newest().reason)
    assert reason.startswith(
        "Servers that wait for a host: 1. They are tried again each 30 s. No valid host was found."
    )
    scene.turn(15)
    assert len(scene.migrations(server.uuid)) == 2
    scene.move()
    for _ in range(3):
        scene.turn(35)
        scene.move()
    assert scene.newest().reason == reason
    assert (len(scene.migrations(server.uuid)), scene.timeline().count(reason)) == (5, 1)
    assert scene.timeline().count("Servers to be brought back: 1.") == 1


def test_nobody_is_fenced_while_no_observer_can_say_that_it_is_silent_still(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.is_missed = False
    scene.turn(HOLD_OFF + 5)
    assert scene.stage() == "holding-off"
    scene.is_missed = True
    scene.turn(0.1)
    assert scene.stage() == "fencing"


def test_a_host_that_was_heard_between_two_turns_has_all_of_the_hold_off_again(
    scene: RecoveringScene,
) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF - 0.5)
    scene.heard("a")
    scene.lose("a")
    scene.turn(HOLD_OFF - 0.5)
    assert [each.stage.value for each in scene.all()] == ["cancelled", "holding-off"]
    scene.turn(1.5)
    assert scene.stage() == "done"
