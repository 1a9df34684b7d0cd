"""Waiting for the watchdog of a silent host: what proves that it was reset, and what does not."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.servers.armed import WAIT, Answer, ArmedScene, armed_hosts
from tests.servers.scene import ADMIN

from hostdown.domain.slots import STILL_S, Do, Said
from hostdown.domain.watchdog import Renewal
from hostdown.services import recovery_words, watchdogs
from hostdown.services.watchdog_ports import SlotOrder
from hostdown.services.watchdogs import Told
from hostdown.storage import Storage

S = timedelta(seconds=1)


@pytest.fixture
def scene(store: Storage) -> ArmedScene:
    """Host a is armed, and c1 to c8 read its slot; of these few are fenced at a time."""
    return armed_hosts(store, "a", *(f"c{number}" for number in range(1, 9)))


def proven_at(scene: ArmedScene, host: str = "a") -> datetime:
    """When its watchdog was believed; it is not before."""
    end = scene.now + 120 * S
    while not scene.proofs(host) and scene.now < end:
        scene.turn(0.05)
    (proof,) = scene.proofs(host)
    assert proof.kind == "watchdog"
    return proof.observed_at


def test_a_slot_that_says_the_same_after_the_wait_is_a_proof(scene: ArmedScene) -> None:
    scene.die("a")
    scene.turn(0.2)
    mark = scene.mark("a")
    assert mark is not None
    assert (mark.boot, mark.recovery) == (1, scene.newest().id)
    at = proven_at(scene)
    first, still, sure, again = scene.reads()
    assert again >= first + WAIT
    assert at - again < S
    assert still - first < 2 * S
    assert STILL_S * S <= sure - first < 3 * S
    (proof,) = scene.proofs("a")
    assert proof.evidence["pools"] == {"p1": scene.renewal("a", "p1")._asdict()}
    for name in ("marked_at", "read_at", "read_again_at"):
        time = str(proof.evidence[name])
        assert datetime.fromisoformat(time).isoformat() == time
    assert len(proof.evidence["readers"]) == 2  # type: ignore[arg-type] # a list
    scene.until("done")
    assert scene.mark("a") is not None
    assert "Its watchdog has reset it: what ran there is over." in scene.timeline()


def test_it_needs_no_leave_of_the_storm_gate(store: Storage) -> None:
    scene = armed_hosts(store, "a", "b", "c", "d", "r")
    for host in "bcd":
        scene.armed(host, "p1")
    scene.die("a", "b", "c", "d")
    scene.turn(20)
    assert {each.stage.value for each in scene.all()} == {"done"}


def test_silent_on_one_pool_of_two_is_no_proof(scene: ArmedScene) -> None:
    """RACES 68."""
    scene.on_pool("p2", "c7", "c8")
    watchdogs.tell(scene.cell, scene.record("a"), Told(2000, 2000, ["p2"], True), scene.now)
    scene.lose("a")
    scene.stop_writing("a", "p1")
    scene.turn(40)
    assert not scene.proofs("a")
    assert "p2" in scene.reason()
    scene.stop_writing("a", "p2")
    stopped = scene.now
    assert proven_at(scene) >= stopped + WAIT


def other(order: SlotOrder) -> Said:
    return Said(Renewal("a boot 1", "process", 10**6))


@pytest.mark.parametrize(
    "says",
    [
        lambda _: None,
        lambda _: Said(failure="It hangs."),
        lambda _: Said(),
        other,
        lambda _: Said(Renewal("a boot 0", "process", 1)),
    ],
    ids=["late", "failed", "empty", "different", "older boot"],
)
def test_a_second_read_that_says_no_such_thing_begins_anew(scene: ArmedScene, says: Answer) -> None:
    """RACES 69: also if only one of both readers says so."""
    scene.die("a")
    scene.turn(5)
    began = scene.now
    reader = scene.orders[-1][1].reader
    for number in range(1, 9):
        if scene.record(f"c{number}").id == reader or number % 2:
            scene.says[f"c{number}"] = says
    scene.turn(12)
    assert not scene.proofs("a")
    scene.says.clear()
    assert proven_at(scene) >= began + WAIT + 5 * S


def test_a_pool_that_nobody_reads_is_said_and_no_proof(scene: ArmedScene) -> None:
    scene.on_pool("elsewhere", *(f"c{number}" for number in range(1, 9)))
    scene.die("a")
    scene.turn(30)
    assert not scene.proofs("a")
    assert "No host that is up has pool p1: nobody can look at its slot there." in scene.timeline()
    scene.on_pool("p1", "c1")
    proven_at(scene)


def test_what_is_heard_before_the_proof_voids_the_attempt(scene: ArmedScene) -> None:
    """RACES 70."""
    scene.die("a")
    scene.turn(10)
    scene.heard("a")
    scene.turn(0.1)
    assert scene.stage() == "cancelled"
    assert scene.mark("a") is None
    scene.lose("a")
    lost = scene.now
    assert proven_at(scene) >= lost + WAIT


def test_what_is_heard_right_before_the_proof_is_written(scene: ArmedScene) -> None:
    """Between the look of this turn and its transaction."""
    scene.die("a")
    while len(set(scene.reads())) < 3:
        scene.turn(0.05)
    write = scene.cell.write

    def heard_first(work):  # type: ignore[no-untyped-def] # as `Cell.write`
        scene.recoverer._desk.cell = scene.cell
        scene.heard("a")
        return write(work)

    class Late:
        name, read = scene.cell.name, scene.cell.read
        write = staticmethod(heard_first)

    scene.recoverer._desk.cell = Late()  # type: ignore[assignment] # a cell
    scene.turn(5)
    assert not scene.proofs("a")
    assert scene.stage() == "cancelled"


def test_a_mark_is_lifted_too_where_nothing_takes_the_attempt_back(scene: ArmedScene) -> None:
    """Its power-off is on its way, so it is fenced on; its watchdog is waited for anew."""
    scene.fenced_by_bmc("a")
    scene.switches["a"].power_off = lambda: None  # type: ignore[method-assign] # it does not go off
    scene.armed("a")
    scene.die("a")
    scene.until("fencing")
    scene.heard("a")
    scene.turn(0.5)
    assert scene.stage() == "fencing"
    assert scene.mark("a") is None
    scene.lose("a")
    lost = scene.now
    assert proven_at(scene) >= lost + WAIT


@pytest.mark.parametrize("what", ["not armed", "no level"])
def test_nobody_waits_for_a_host_that_nothing_resets(store: Storage, what: str) -> None:
    scene = ArmedScene(store)
    for name in ("a", "r1", "r2", "r3"):
        scene.host(name)
    scene.on_pool("p1", "a", "r1", "r2")
    scene.armed("a", "p1", armed=what == "no level")
    if what == "no level":
        scene.paths.levels["a"] = []
    scene.die("a")
    scene.turn(20)
    assert scene.mark("a") is None
    assert scene.stage() == "held by no-level"
    assert what == "no level" or "Its watchdog is not armed." in scene.reason()


def test_what_an_operator_holds_is_not_proven(scene: ArmedScene) -> None:
    scene.die("a")
    scene.turn(1)
    recovery_words.hold(scene.storage.cells, scene.newest().id, ADMIN, scene.now)
    scene.turn(30)
    assert not scene.proofs("a")
    recovery_words.release(scene.storage.cells, scene.newest().id, ADMIN, scene.now)
    released = scene.now
    assert proven_at(scene) >= released + WAIT


def test_what_is_disarmed_is_not_proven(scene: ArmedScene) -> None:
    scene.disarm("a")
    scene.die("a")
    scene.turn(30)
    assert not scene.proofs("a")
    assert scene.mark("a") is None
    assert scene.stage() == "held by disarmed"
    scene.arm("a")
    armed = scene.now
    assert proven_at(scene) >= armed + WAIT


def test_another_leader_begins_anew(scene: ArmedScene) -> None:
    scene.die("a")
    scene.turn(8)
    scene.recoverer = scene.another_recoverer(scene._leadership)
    taken_over = scene.now
    assert proven_at(scene) >= taken_over + WAIT


def test_a_host_without_pools_lives_by_grants_alone(scene: ArmedScene) -> None:
    scene.host("b")
    scene.armed("b")
    scene.die("b")
    scene.turn(0.2)
    mark = scene.mark("b")
    assert mark is not None
    at = proven_at(scene, "b")
    assert WAIT <= at - mark.marked_at < WAIT + 2 * S


@pytest.fixture(autouse=True)
def _orders_are_for_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nobody reads its own slot."""
    yield
    scene = request.node.funcargs.get("scene")
    if isinstance(scene, ArmedScene):
        assert all(each.reader != each.host_id for _, each in scene.orders)
        assert {each.do for _, each in scene.orders} <= {Do.READ, Do.MARK}
