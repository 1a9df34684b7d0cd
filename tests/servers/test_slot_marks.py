"""The level `watchdog`: a host that is marked in all its slots is reset, and proven by the wait."""

from datetime import datetime, timedelta

import pytest
from tests.servers.armed import WAIT, Answer, ArmedScene, armed_hosts
from tests.servers.scene import ADMIN

from hostdown.domain.slots import Do, Said
from hostdown.drivers.fencing.fake import FakeFault
from hostdown.services import recovery_words, watchdogs
from hostdown.services.watchdogs import Told
from hostdown.storage import Storage

S = timedelta(seconds=1)
READERS = tuple(f"c{number}" for number in range(1, 9))


@pytest.fixture
def scene(store: Storage) -> ArmedScene:
    """Host a is armed and cut off, and its slots go on."""
    made = armed_hosts(store, "a", *READERS)
    made.lose("a")
    return made


def let_go(scene: ArmedScene) -> None:
    """An operator lets it be fenced."""
    scene.until("held by slots")
    recovery_words.release(scene.storage.cells, scene.newest().id, ADMIN, scene.now)


def marked_at(scene: ArmedScene) -> list[datetime]:
    return [at for at, each in scene.orders if each.do is Do.MARK]


def test_a_host_that_lives_is_marked_and_proven_by_the_wait(scene: ArmedScene) -> None:
    let_go(scene)
    scene.turn(8)
    assert scene.stage() == "fencing"
    assert scene.marks == {("a", "p1")}
    assert not scene.proofs("a")
    scene.turn(6)
    (proof,) = scene.proofs("a")
    assert (proof.kind, proof.boot) == ("watchdog", 1)
    assert proof.evidence["how"] == "its slots were marked"
    assert marked_at(scene)[0] + WAIT <= proof.observed_at < marked_at(scene)[-1] + WAIT + S
    assert "Its slots are marked: its watchdog resets it." in scene.timeline()


def test_what_is_heard_while_it_is_to_be_reset_changes_nothing(scene: ArmedScene) -> None:
    let_go(scene)
    scene.turn(3)
    scene.heard("a")
    scene.turn(4)
    assert scene.mark("a") is not None
    scene.lose("a")
    scene.turn(6)
    assert scene.proofs("a")


@pytest.mark.parametrize(
    "says", [lambda _: None, lambda _: Said(failure="It is full."), lambda _: Said()]
)
def test_a_pool_that_is_not_marked_leaves_a_credit(scene: ArmedScene, says: Answer) -> None:
    scene.on_pool("p2", "c7", "c8")
    watchdogs.tell(scene.cell, scene.record("a"), Told(2000, 2000, ["p2"], True), scene.now)
    let_go(scene)
    scene.says = {"c7": says, "c8": says}
    scene.turn(20)
    assert scene.stage() == "held by failed"
    assert "Its slot on pool p2 could not be marked:" in scene.reason()
    assert not scene.proofs("a")


def test_one_of_two_that_were_asked_is_enough(scene: ArmedScene) -> None:
    scene.on_pool("elsewhere", *READERS[2:])
    scene.says = {"c1": lambda _: None}
    let_go(scene)
    scene.turn(8)
    assert scene.marks == {("a", "p1")}


def test_a_pool_that_nobody_reaches_is_told(scene: ArmedScene) -> None:
    scene.on_pool("elsewhere", *READERS)
    scene.turn(10)
    assert scene.stage() == "held by failed"
    assert scene.reason() == "No host that is up has pool p1: nobody can look at its slot there."


def test_after_a_device_that_fails_it_is_its_turn(store: Storage) -> None:
    scene = armed_hosts(store, "a", *READERS)
    scene.fenced_by_bmc("a").fault = FakeFault.REFUSES
    scene.armed("a")
    scene.lose("a")
    let_go(scene)
    scene.turn(40)
    assert scene.stage() == "done"
    assert scene.marks == {("a", "p1")}


def test_one_that_is_not_armed_is_passed_over(store: Storage) -> None:
    scene = ArmedScene(store)
    for name in ("a", *READERS):
        scene.host(name)
    scene.on_pool("p1", "a", *READERS)
    scene.fenced_by_bmc("a")
    levels = scene.paths.levels["a"]
    scene.armed("a", "p1", armed=False)
    dog = scene.paths.levels["a"][-1]._replace(number=1)
    scene.paths.levels["a"] = [dog, levels[0]._replace(number=2)]
    scene.lose("a")
    scene.turn(10)
    assert "The level failed: Its watchdog is not armed." in scene.timeline()
    assert scene.bmcs["a"].sent == 1
    assert not marked_at(scene)


def test_nothing_is_marked_while_few_are_heard(scene: ArmedScene) -> None:
    """This side may be the one that is cut off."""
    scene.on_pool("elsewhere", *READERS)
    scene.turn(6)
    scene.turn(0.05)
    scene.lose(*READERS[:6])
    scene.on_pool("p1", *READERS)
    scene.turn(40)
    assert not marked_at(scene)


def test_another_leader_marks_anew(scene: ArmedScene) -> None:
    let_go(scene)
    scene.turn(8)
    scene.recoverer = scene.another_recoverer(scene._leadership)
    taken_over = scene.now
    scene.turn(WAIT.total_seconds() - 1)
    assert not scene.proofs("a")
    scene.turn(3)
    (proof,) = scene.proofs("a")
    assert proof.observed_at >= taken_over + WAIT
