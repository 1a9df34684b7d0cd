"""Hosts that may sleep, whose Off is no proof (NEVER-TWICE F3, RACES 19)."""

import pytest
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts, identity

from hostdown.domain.rehearsal import MAY_SLEEP
from hostdown.drivers.fencing.fake import FakeFault, FakeFencePath
from hostdown.services.fence_ports import FenceLevel, Identity
from hostdown.services.fence_tests import levels_tried
from hostdown.services.recovery_plan import Planning, plan
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    made = four_hosts(store)
    said(made, True)
    return made


def said(scene: RecoveringScene, sleeps: bool | None) -> None:
    """By a's agent, as its session began."""
    seen = scene.record("a")
    after = seen._replace(sleeps=sleeps)
    assert scene.storage.directory.write(lambda rows: rows.hosts.replace(seen, after))


def test_its_off_proves_nothing_and_the_recovery_says_the_cure(scene: RecoveringScene) -> None:
    server = on_a(scene)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert scene.stage() == "held by failed"
    assert scene.bmcs["a"].sent == 1
    assert scene.proofs("a") == []
    assert not scene.service("a").forced_down
    assert len(scene.permits(server.uuid)) == 1
    reason = str(scene.newest().reason)
    assert MAY_SLEEP in reason
    assert "systemctl mask sleep.target" in reason
    assert "confirm-off" in reason


@pytest.mark.parametrize("sleeps", [False, None])
def test_only_a_yes_refuses(scene: RecoveringScene, sleeps: bool | None) -> None:
    said(scene, sleeps)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert scene.proofs("a")


def test_one_that_reads_off_from_the_beginning_may_be_healthy(scene: RecoveringScene) -> None:
    """So it has its hold-off and passes the gate, and its level fails after a power-off only."""
    scene.switches["a"].on = False
    scene.lose("a")
    scene.turn(HOLD_OFF - 0.5)
    assert scene.stage() == "holding-off"
    scene.turn(1.5)
    assert scene.newest().gated
    assert scene.stage() == "held by failed"
    assert scene.bmcs["a"].sent == 1


def test_what_was_read_before_the_power_off_does_not_end_the_level(scene: RecoveringScene) -> None:
    """A look of the hold-off's, whose device is slow to answer."""
    scene.switches["a"].on = False
    scene.lose("a")
    scene.turn(HOLD_OFF - 0.5)
    scene.hands.slow = True
    scene.turn(1)
    assert scene.stage() == "fencing"
    assert scene.bmcs["a"].sent == 0
    scene.hands.slow = False
    scene.hands.work()
    scene.turn(0.5)
    assert scene.bmcs["a"].sent == 1


@pytest.mark.parametrize("driver", ["fake", "fence_agent"])
def test_the_next_level_is_tried_and_its_off_is_none_either(
    scene: RecoveringScene, driver: str
) -> None:
    """Not that of every outlet either: what hibernates survives it."""
    whose = Identity(None, None) if driver == "fence_agent" else identity("a")
    second = FakeFencePath(scene.switches["a"], whose, scene.wait)
    scene.paths.levels["a"].append(FenceLevel(2, driver, second, whose))
    scene.lose("a")
    scene.turn(HOLD_OFF + 2)
    assert (scene.bmcs["a"].sent, second.sent) == (1, 1)
    assert scene.proofs("a") == []
    assert [each for each in scene.timeline() if each.startswith("The level failed: It reads Off")]


def test_one_whose_device_keeps_it_on_is_looked_at_until_the_time_is_up(
    scene: RecoveringScene,
) -> None:
    scene.bmcs["a"].fault = FakeFault.LIES
    scene.lose("a")
    scene.turn(HOLD_OFF + 5)
    assert scene.stage() == "fencing"


def test_it_is_told_long_before(scene: RecoveringScene) -> None:
    """Of each level that a check looks at, and by the plan."""
    record = scene.record("a")
    assert [each.problem for each in levels_tried(record, scene.paths)] == [MAY_SLEEP]
    planning = Planning(scene.surveyor(), scene.policy, scene.recovery)
    for host, warned in (("a", True), ("b", False)):
        found = plan(scene.storage.cells, planning, scene.paths, host, scene.now)
        assert (MAY_SLEEP in found.warnings) is warned


def test_once_it_is_masked_and_said_so_its_off_counts(scene: RecoveringScene) -> None:
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    assert scene.stage() == "held by failed"
    said(scene, False)
    scene.turn(31)
    assert scene.proofs("a")
