"""What others say of a host makes its hold-off shorter, and does no more than that."""

from datetime import timedelta

import pytest
from tests.servers.armed import armed_hosts
from tests.servers.moving import on_a
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import ADMIN, LIVENESS

from hostdown.domain.fault_events import FaultKind
from hostdown.domain.liveness import window
from hostdown.services import fault_events, recovery_words
from hostdown.services.fault_events import Meaning, Reception, Said
from hostdown.storage import Storage

EARLY = "What others say of it ends the hold-off early."


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def say(
    scene: RecoveringScene, kind: FaultKind, host: str = "a", source: str = "monitor"
) -> Meaning:
    reception = Reception(scene.storage.cells, scene.storage.directory, as_word=False)
    said = Said(host, kind, source, "", "2026", {"cause": "ping"})
    life = window(scene.now, LIVENESS)
    (taken,) = fault_events.report(reception, [said], ADMIN, life, scene.now)
    return taken.meaning


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        (FaultKind.DOWN, 1 / 3),
        (FaultKind.KDUMP, 0),
        (FaultKind.DEGRADED, 1),
        (FaultKind.UP, 1),
    ],
)
def test_how_much_is_left_of_it(scene: RecoveringScene, kind: FaultKind, share: float) -> None:
    on_a(scene)
    scene.turn(1)
    scene.lose("a")
    scene.wait(0.1)
    say(scene, kind)
    if share:
        scene.turn(HOLD_OFF * share - 0.1)
        assert scene.bmcs["a"].sent == 0
    scene.turn(1.2)
    assert scene.bmcs["a"].sent == 1
    assert (EARLY in scene.timeline()) is (share < 1)


def test_it_is_told_once_however_long_slots_are_looked_at_then(store: Storage) -> None:
    scene = armed_hosts(store, "a", "b", "c", "d")
    scene.fenced_by_bmc("a")
    scene.armed("a")
    scene.turn(1)
    scene.wait(0.1)
    scene.die("a")
    say(scene, FaultKind.KDUMP)
    scene.turn(HOLD_OFF)
    assert scene.bmcs["a"].sent == 1
    assert scene.timeline().count(EARLY) == 1


def test_it_counts_too_if_it_was_said_before_the_host_fell_silent(scene: RecoveringScene) -> None:
    scene.turn(1)
    scene.wait(0.1)
    assert say(scene, FaultKind.KDUMP) is Meaning.HEARD
    scene.lose("a")
    scene.turn(1.1)
    assert scene.bmcs["a"].sent == 1


def test_what_was_said_of_a_host_that_is_heard_does_nothing(scene: RecoveringScene) -> None:
    for _ in range(5):
        say(scene, FaultKind.KDUMP)
        say(scene, FaultKind.DOWN)
        scene.turn(HOLD_OFF)
    assert scene.all() == []
    assert scene.bmcs["a"].sent == 0


def test_what_the_host_reported_after_counts_no_more(scene: RecoveringScene) -> None:
    say(scene, FaultKind.KDUMP)
    scene.turn(2)
    scene.lose("a")
    scene.turn(HOLD_OFF - 0.5)
    assert scene.bmcs["a"].sent == 0


def test_it_is_no_proof_and_lifts_no_gate(scene: RecoveringScene) -> None:
    """Half are not heard: this side may be the one that is cut off."""
    scene.wait(0.1)
    for host in ("a", "b", "c"):
        say(scene, FaultKind.KDUMP, host)
        scene.lose(host)
    scene.turn(HOLD_OFF)
    assert {each.held for each in scene.all()} == {"gate"}
    assert sum(bmc.sent for bmc in scene.bmcs.values()) == 0
    assert scene.proofs("a") == []


def test_a_pulse_still_cancels_it(scene: RecoveringScene) -> None:
    scene.wait(0.1)
    say(scene, FaultKind.DOWN)
    scene.lose("a")
    scene.turn(0.2)
    scene.heard("a")
    scene.turn(2)
    assert scene.stage() == "cancelled"
    assert scene.bmcs["a"].sent == 0


def test_the_timeline_shows_what_was_said_meanwhile_and_shortly_before(
    scene: RecoveringScene,
) -> None:
    say(scene, FaultKind.DEGRADED, source="long ago")
    scene.turn(61)
    say(scene, FaultKind.DOWN, source="before")
    scene.turn(0.2)
    say(scene, FaultKind.DOWN, "b", source="of another host")
    scene.lose("a")
    scene.turn(1)
    say(scene, FaultKind.KDUMP, source="meanwhile")
    scene.heard("a")
    scene.turn(2)
    scene.wait(1)
    say(scene, FaultKind.UP, source="after it ended")
    shown = recovery_words.show(scene.storage.cells, scene.newest().id)
    assert [each.what for each in shown.timeline] == [
        "before says compute.host.down.",
        "Most observers find it silent.",
        "meanwhile says compute.host.kdump.",
        "It is heard again.",
    ]
    assert shown.timeline[0].details == {
        "cause": "ping", "said_at": "2026", "times": None, "user": "admin", "request_id": "",
    }  # fmt: skip
    first = shown.timeline[0].at
    assert shown.timeline[1].at - first < timedelta(seconds=1)
