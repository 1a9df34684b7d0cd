"""Slots that show life of a host: its Off is not believed, and what proved it over is void."""

from datetime import timedelta
from itertools import pairwise

import pytest
from tests.servers.armed import ArmedScene, armed_hosts

from hostdown.domain.slots import STILL_S, Said
from hostdown.services.watchdog_ports import SlotOrder
from hostdown.storage import Storage

S = timedelta(seconds=1)
LIVES = "Its slot on pool p1 is written to: what was proven over lives."


@pytest.fixture
def scene(store: Storage) -> ArmedScene:
    """Host a is armed and has a BMC, whose Off says nothing of what writes to a's slot."""
    made = armed_hosts(store, "a", *(f"c{number}" for number in range(1, 9)))
    made.fenced_by_bmc("a")
    made.armed("a", "p1")
    return made


def write_again(scene: ArmedScene) -> None:
    scene.stopped_at.pop(("a", "p1"))


def test_an_off_is_believed_once_the_slots_were_still_for_long_enough(scene: ArmedScene) -> None:
    scene.die("a")
    scene.until("done")
    (proof,) = scene.proofs("a")
    assert proof.kind == "off"
    looks = [at for at in scene.reads() if at < proof.observed_at]
    assert max(looks) - min(looks) >= STILL_S * S


def test_another_leader_looks_itself_before_it_believes_an_off(scene: ArmedScene) -> None:
    scene.die("a")
    scene.until("fencing")
    scene.recoverer = scene.another_recoverer(scene._leadership)
    taken_over = scene.now
    scene.until("done")
    (proof,) = scene.proofs("a")
    assert proof.kind == "off"
    assert proof.observed_at - taken_over >= STILL_S * S


def test_where_nobody_can_read_the_slots_an_off_is_believed(scene: ArmedScene) -> None:
    for number in range(1, 9):
        scene.says[f"c{number}"] = lambda _: Said(failure="It hangs.")
    scene.die("a")
    scene.until("done")
    (proof,) = scene.proofs("a")
    assert proof.kind == "off"


@pytest.mark.parametrize("after_s", [0.2, 30.0])
def test_who_writes_after_its_proof_lives(scene: ArmedScene, after_s: float) -> None:
    """RACES 11: its device switched another machine, and its network is cut."""
    scene.die("a")
    scene.until("done")
    scene.turn(after_s)
    write_again(scene)
    scene.until("void")
    assert LIVES in scene.timeline()
    assert not scene.proofs("a")


def test_one_that_writes_nothing_more_stays_proven_and_is_looked_at_ever_less(
    scene: ArmedScene,
) -> None:
    scene.die("a")
    scene.until("done")
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
    scene.until("done")
    write_again(scene)
    for number in range(1, 9):
        scene.says[f"c{number}"] = next_boot
    scene.turn(60)
    assert scene.stage() == "done"


def test_another_leader_looks_on(scene: ArmedScene) -> None:
    scene.die("a")
    scene.until("done")
    scene.recoverer = scene.another_recoverer(scene._leadership)
    write_again(scene)
    scene.until("void")


def test_a_proof_of_one_without_slots_is_not_looked_after(store: Storage) -> None:
    scene = ArmedScene(store)
    for name in ("a", "c1", "c2", "c3"):
        scene.host(name)
    scene.fenced_by_bmc("a")
    scene.die("a")
    scene.turn(30)
    assert scene.stage() == "done"
    assert scene.orders == []
