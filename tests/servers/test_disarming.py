"""Hosts that fail while nothing is to be done about them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.servers.recovering import HOLD_OFF, RecoveringScene, four_hosts
from tests.servers.scene import ADMIN

from hostdown.domain.disarming import Disarming, Scope, Where
from hostdown.domain.errors import HostNotMapped
from hostdown.domain.recovery_errors import DomainUnknown, RecoveryDisarmed
from hostdown.drivers.fencing.fake import FakeFault
from hostdown.services import disarming, recovery_words
from hostdown.services.permit_ports import Proof
from hostdown.storage import Storage

ALL, RACK, A = Where(Scope.ALL, ""), Where(Scope.DOMAIN, "nova"), Where(Scope.HOST, "a")
HELD = "held by disarmed"


@pytest.fixture
def scene(store: Storage) -> RecoveringScene:
    return four_hosts(store)


def disarm(scene: RecoveringScene, where: Where, for_s: float | None = None) -> None:
    until = None if for_s is None else scene.now + timedelta(seconds=for_s)
    made = Disarming(where, "new switch", until, scene.now, "admin", "id", "req-1")
    storage, zones = scene.storage, scene.surveyor().zones.current()
    disarming.disarm(storage.cells, storage.directory, zones, made, scene.caller(ADMIN))


def arm(scene: RecoveringScene, where: Where) -> bool:
    storage, zones = scene.storage, scene.surveyor().zones.current()
    places = storage.cells, storage.directory, zones
    return disarming.arm(*places, where, scene.caller(ADMIN), scene.now)


@pytest.mark.parametrize("where", [ALL, RACK, A])
def test_it_is_held_and_goes_on_once_it_is_armed(scene: RecoveringScene, where: Where) -> None:
    disarm(scene, where)
    scene.lose("a")
    scene.rest(700)
    assert (scene.stage(), scene.bmcs["a"].sent) == (HELD, 0)
    assert scene.newest().reason == f"admin disarmed recovery of {where}: new switch"
    assert len(scene.timeline()) == 2
    assert arm(scene, where)
    scene.turn(2)
    assert (scene.stage(), scene.bmcs["a"].sent) == ("done", 1)


def test_it_goes_on_by_itself_when_the_time_is_up(scene: RecoveringScene) -> None:
    disarm(scene, A, for_s=60)
    scene.lose("a")
    scene.turn(58)
    assert scene.stage() == HELD
    scene.turn(4)
    assert scene.bmcs["a"].sent == 1
    assert not arm(scene, A)


def test_of_other_hosts_nothing_is_held(scene: RecoveringScene) -> None:
    disarm(scene, A)
    scene.lose("b")
    scene.turn(HOLD_OFF + 1)
    assert scene.bmcs["b"].sent == 1


def test_another_place_that_is_disarmed_holds_it_on(scene: RecoveringScene) -> None:
    disarm(scene, A)
    disarm(scene, ALL)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    arm(scene, A)
    scene.turn(2)
    assert scene.stage() == HELD
    assert scene.newest().reason == "admin disarmed recovery of all hosts: new switch"


def test_what_was_committed_goes_on(scene: RecoveringScene) -> None:
    scene.bmcs["a"].fault = FakeFault.LIES
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    disarm(scene, ALL)
    scene.turn(6)
    assert (scene.stage(), scene.bmcs["a"].sent) == ("fencing", 2)
    scene.turn(60)  # it has failed, and would be tried anew
    assert scene.stage() == HELD


def test_once_it_is_armed_the_gate_is_asked(scene: RecoveringScene) -> None:
    disarm(scene, ALL)
    scene.lose("a", "b", "c")
    scene.turn(HOLD_OFF + 2)
    assert {str(each.held) for each in scene.all()} == {"disarmed"}
    arm(scene, ALL)
    scene.turn(2)
    assert {str(each.held) for each in scene.all()} == {"gate"}


def test_a_host_that_is_heard_again_is_none_of_them(scene: RecoveringScene) -> None:
    disarm(scene, A)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    scene.heard("a")
    scene.turn(2)
    assert scene.stage() == "cancelled"


def test_neither_an_off_nor_a_proof_moves_its_servers(scene: RecoveringScene) -> None:
    disarm(scene, A)
    scene.switches["a"].on = False
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    record = scene.record("a")
    proof = Proof(record.id, record.boot, "host", "off", scene.now, "somebody", {})
    scene.cell.write(lambda rows: rows.proofs.add(proof))
    scene.turn(5)
    assert (scene.stage(), scene.bmcs["a"].sent) == (HELD, 0)
    arm(scene, A)
    scene.turn(2)
    assert scene.stage() == "done"


def test_an_operator_cannot_release_it_but_may_say_that_it_is_off(scene: RecoveringScene) -> None:
    disarm(scene, A)
    scene.lose("a")
    scene.turn(HOLD_OFF + 1)
    said = (scene.storage.cells, scene.newest().id, scene.caller(ADMIN), scene.now)
    with pytest.raises(RecoveryDisarmed, match=r"is disarmed .*new switch"):
        recovery_words.release(*said)
    assert recovery_words.confirm_off(*said).stage == "evacuating"


def test_what_the_gate_holds_is_not_released_while_its_host_is_disarmed(
    scene: RecoveringScene,
) -> None:
    """It would pass the gate once it is armed again."""
    scene.behind_the_gate("b", "a")
    disarm(scene, A)
    said = (scene.storage.cells, scene.newest().id, scene.caller(ADMIN), scene.now)
    with pytest.raises(RecoveryDisarmed, match=r"is disarmed .*new switch"):
        recovery_words.release(*said)
    recovery_words.hold(*said)
    recovery_words.release(*said)
    arm(scene, A)
    scene.turn(2)
    assert (scene.stage(), scene.bmcs["a"].sent) == ("held by gate", 0)


def test_who_did_it_is_kept(scene: RecoveringScene) -> None:
    disarm(scene, A, for_s=60)
    arm(scene, A)
    assert not arm(scene, A)
    armed, disarmed = scene.cell.read(lambda rows: rows.journal.history("a", 2))
    assert [each.event_type for each in (disarmed, armed)] == ["recovery.disarm", "recovery.arm"]
    assert disarmed.after["reason"] == "new switch"
    assert disarmed.caller.user_name == armed.caller.user_name == scene.caller(ADMIN).user_name


@pytest.mark.parametrize("say", [disarm, arm])
def test_a_place_that_is_not_there_is_refused(
    scene: RecoveringScene, say: Callable[[RecoveringScene, Where], object]
) -> None:
    with pytest.raises(HostNotMapped):
        say(scene, Where(Scope.HOST, "z"))
    with pytest.raises(DomainUnknown):
        say(scene, Where(Scope.DOMAIN, "rack9"))


def test_a_place_that_is_gone_since_is_armed_all_the_same(scene: RecoveringScene) -> None:
    gone = Where(Scope.HOST, "z")
    made = Disarming(gone, "it was sold", None, scene.now, "admin", "id", "req-1")
    scene.cell.write(lambda rows: rows.disarmings.put(made))
    assert arm(scene, gone)


def test_what_is_over_is_forgotten_and_not_listed(scene: RecoveringScene) -> None:
    disarm(scene, A, for_s=1)
    scene.now += timedelta(seconds=2)
    disarm(scene, RACK)
    listed = disarming.list_disarmed(scene.storage.cells, scene.now)
    known = scene.cell.read(lambda rows: rows.disarmings.all())
    assert [each.where for each in listed] == [each.where for each in known] == [RACK]
