"""Slots that show life of a host: its Off is not believed, and what proved it over is void."""

from datetime import timedelta
from itertools import pairwise

import pytest
from tests.servers.armed import ArmedScene, armed_hosts
from tests.servers.scene import ADMIN

from hostdown.domain.slots import STILL_S, Said
from hostdown.services import recovery_words
from hostdown.services.watchdog_ports import SlotOrder
from hostdown.storage import Storage

S = timedelta(seconds=1)
LIVES = "Its slot on pool p1 is written to: what was proven over lives."
NOT_STILL = "It reads Off, and its slots have not been still for 2.5 s yet."


@pytest.fixture
def scene(store: Storage) -> ArmedScene:
    """Host a is armed and has a BMC, whose Off says nothing of what writes to a's slot."""
    made = armed_hosts(store, "a", *(f"c{number}" for number in range(1, 9)))
    made.fenced_by_bmc("a")
    made.armed("a", "p1")
    return made


def until(scene: ArmedScene, *stages: str, within: float = 60.0) -> None:
    end = scene.now + within * S
    while scene.now < end:
        scene.turn(0.1)
        if scene.all() and scene.stage() in stages:
            return
    raise AssertionError(scene.timeline())


def write_again(scene: ArmedScene) -> None:
    scene.stopped_at.pop(("a", "p1"))


def test_an_off_is_believed_once_the_slots_were_still_for_long_enough(scene: ArmedScene) -> None:
    scene.die("a")
    until(scene, "fenced", "evacuating", "done")
    (proof,) = scene.proofs("a")
    assert proof.kind == "off"
    looks = [at for at in scene.reads() if at < proof.observed_at]
    assert max(looks) - min(looks) >= STILL_S * S


def test_another_leader_looks_itself_before_it_believes_an_off(scene: ArmedScene) -> None:
    scene.die("a")
    until(scene, "fencing")
    scene.recoverer = scene.another_recoverer(scene._leadership)
    taken_over = scene.now
    until(scene, "done")
    (proof,) = scene.proofs("a")
    assert proof.kind == "off"
    assert proof.observed_at - taken_over >= STILL_S * S


def test_by_an_operators_leave_it_is_fenced_and_its_off_is_not_believed(scene: ArmedScene) -> None:
    scene.lose("a")
    until(scene, "held by slots")
    recovery_words.release(scene.storage.cells, scene.newest().id, ADMIN, scene.now)
    until(scene, "fencing")
    scene.turn(10)
    assert scene.stage() == "fencing"
    assert NOT_STILL in scene.timeline()
    assert not scene.switches["a"].on
    assert not scene.proofs("a")
    until(scene, "done")
    (proof,) = scene.proofs("a")
    assert proof.kind == "watchdog"


def test_where_nobody_can_read_the_slots_an_off_is_believed(scene: ArmedScene) -> None:
    for number in range(1, 9):
        scene.says[f"c{number}"] = lambda _: Said(failure="It hangs.")
    scene.die("a")
    until(scene, "done")
    (proof,) = scene.proofs("a")
    assert proof.kind == "off"


@pytest.mark.parametrize("after_s", [0.2, 30.0])
def test_who_writes_after_its_proof_lives(scene: ArmedScene, after_s: float) -> None:
    """RACES 11: its device switched another machine, and its network is cut."""
    scene.die("a")
    until(scene, "done")
    scene.turn(after_s)
    write_again(scene)
    until(scene, "void", within=70)
    assert LIVES in scene.timeline()
    assert not scene.proofs("a")


def test_one_that_writes_nothing_more_stays_proven_and_is_looked_at_ever_less(
    scene: ArmedScene,
) -> None:
    scene.die("a")
    until(scene, "done")
    scene.turn(300)
    assert scene.stage() == "done"
    (proof,) = scene.proofs("a")
    after = [at for at in scene.reads() if at > proof.observed_at]
    gaps = [(later - at) / S for at, later in pairwise(after)]
    assert after[0] - proof.observed_at >= S
    assert gaps == sorted(gaps)
    assert 5 <= len(gaps) <= 10


def test_what_its_next_boot_writes_is_no_life_of_the_one_before(scene: ArmedScene) -> None:
    def next_boot(order: SlotOrder) -> Said:
        return Said(scene.renewal("a", order.pool)._replace(boot_id="a boot 2"))

    scene.die("a")
    until(scene, "done")
    write_again(scene)
    for number in range(1, 9):
        scene.says[f"c{number}"] = next_boot
    scene.turn(60)
    assert scene.stage() == "done"


def test_another_leader_looks_on(scene: ArmedScene) -> None:
    scene.die("a")
    until(scene, "done")
    scene.recoverer = scene.another_recoverer(scene._leadership)
    write_again(scene)
    until(scene, "void")


def test_a_proof_of_one_without_slots_is_not_looked_after(store: Storage) -> None:
    scene = ArmedScene(store)
    for name in ("a", "c1", "c2", "c3"):
        scene.host(name)
    scene.fenced_by_bmc("a")
    scene.die("a")
    scene.turn(30)
    assert scene.stage() == "done"
    assert scene.orders == []
