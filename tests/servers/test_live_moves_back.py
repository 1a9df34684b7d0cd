"""Live migrations that are called off, or meet a death: who has the server then."""

import pytest
from tests.servers.moving import DEAD, MovingScene
from tests.servers.scene import WISH
from tests.servers.sending import (
    OFF,
    abort,
    ask,
    awaited,
    given_up,
    handed_over,
    is_at,
    kept,
    of,
    open_permits,
    pool_of_three,
    ready,
    sent,
    shown,
)

from hostdown.domain.action_errors import ServerInWrongState
from hostdown.domain.assignment import Failure, Incoming, Wanted
from hostdown.domain.ha import Resume
from hostdown.domain.instance import RUN, VmState
from hostdown.domain.migration import Status
from hostdown.services import server_changes
from hostdown.storage import Storage


@pytest.fixture
def scene(store: Storage) -> MovingScene:
    return pool_of_three(store)


def withdrawn(scene: MovingScene) -> bool:
    """Whether its host hears that it is to keep it."""
    to = of(scene, "a").to
    return to is not None and to.withdrawn


def test_it_is_called_off_before_it_is_sent(scene: MovingScene) -> None:
    uuid = awaited(scene)
    abort(scene, uuid)
    scene.move()
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "cancelled")
    assert shown(scene, uuid) == ("a", "active", None)
    assert scene.get(uuid).fault is None


def test_nobody_withdraws_it_before_its_host_has_said_that_it_keeps_it(scene: MovingScene) -> None:
    uuid = sent(scene)
    abort(scene, uuid)
    scene.move()
    assert withdrawn(scene)
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=False)
    kept(scene, uuid)
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "cancelled")
    assert open_permits(scene, uuid) == [(1, "a", RUN)]


def test_what_is_called_off_too_late_is_there(scene: MovingScene) -> None:
    uuid = sent(scene)
    abort(scene, uuid)
    scene.move()
    handed_over(scene, uuid)
    scene.move()
    scene.say("b", uuid)
    assert is_at(scene, uuid, "completed")
    assert shown(scene, uuid) == ("b", "active", None)


def test_what_lost_its_memory_starts_from_its_disk_at_once(scene: MovingScene) -> None:
    uuid = sent(scene)
    order = scene.get(uuid).order
    kept(scene, uuid, OFF)
    assert (of(scene, "a").order, of(scene, "a").wanted) == (order + 1, Wanted.RUNNING)
    scene.say("a", uuid, generation=1, order=order + 1)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "failed")
    assert shown(scene, uuid) == ("a", "active", None)


def test_a_host_that_dies_while_it_sends_keeps_it_until_it_is_evacuated(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.force("a", down=True)
    with pytest.raises(ServerInWrongState):
        scene.evacuate(uuid)
    scene.later(3, "b", "c")
    scene.move()
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "failed")
    assert shown(scene, uuid) == ("a", "active", None)
    scene.evacuate(uuid)
    scene.later(3, "b", "c")
    scene.move()
    scene.later(3, "b", "c")
    scene.move()
    assert [each.generation for each in scene.permits(uuid)[-1].over] == [1, 2]


def test_a_host_that_has_it_by_then_is_believed(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.force("a", down=True)
    scene.later(3, "b", "c")
    scene.move()
    scene.say("b", uuid)
    assert is_at(scene, uuid, "completed")
    assert open_permits(scene, uuid) == [(2, "b", RUN)]


def test_a_destination_that_is_said_to_be_dead_is_waited_for_by_nobody(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.force("b", down=True)
    scene.later(3, "a", "c")
    scene.move()
    assert withdrawn(scene)
    kept(scene, uuid)
    scene.later(25, "a", "c")
    scene.move()
    scene.later(3, "a", "c")
    scene.move()
    assert is_at(scene, uuid, "failed")
    assert open_permits(scene, uuid) == [(1, "a", RUN)]


@pytest.mark.parametrize(("alive", "silent"), [("a", "b"), ("b", "a")])
def test_while_one_of_the_hosts_is_silent_the_history_says_so(
    scene: MovingScene, alive: str, silent: str
) -> None:
    uuid = awaited(scene)
    ready(scene, "b", uuid)
    scene.later(DEAD, alive, "c")
    scene.move()
    assert scene.told(uuid)[-1][2] == (
        f"Host {silent} is silent: it is waited for, or for its force-down."
    )
    assert is_at(scene, uuid, "running")


def test_a_destination_that_dies_with_it_can_be_evacuated(scene: MovingScene) -> None:
    uuid = sent(scene)
    handed_over(scene, uuid)
    scene.force("b", down=True)
    scene.later(3, "a", "c")
    scene.move()
    assert is_at(scene, uuid, "failed")
    assert shown(scene, uuid) == ("b", "active", None)
    scene.evacuate(uuid)


@pytest.mark.parametrize(
    ("state", "resumes", "wanted", "vm_state"),
    [
        ("active", False, Wanted.STOPPED, "stopped"),
        ("active", True, Wanted.RUNNING, "active"),
        ("error", True, Wanted.STOPPED, "error"),
    ],
)
def test_a_source_that_boots_anew_does_with_it_as_with_its_others(
    scene: MovingScene, state: str, resumes: bool, wanted: Wanted, vm_state: str
) -> None:
    """Nothing that an administrator called an error is started."""
    scene.resume = Resume(resumes)
    scene.configured()
    uuid = sent(scene)
    server_changes.reset_state(scene.cell, uuid, VmState(state), scene.asker(admin=True))
    scene.boot("a")
    scene.fetch("a")
    scene.move()
    assert of(scene, "b").incoming == Incoming(Wanted.RUNNING, withdrawn=True)
    given_up(scene, uuid)
    assert is_at(scene, uuid, "failed")
    assert open_permits(scene, uuid) == [(3, "a", RUN)]
    again = of(scene, "a")
    assert (again.wanted, [each.generation for each in again.over]) == (wanted, [1, 2])
    assert scene.get(uuid).vm_state == vm_state


def test_a_word_of_before_it_was_asked_for_ends_no_task(scene: MovingScene) -> None:
    """It is told again as long as its answer is lost (seed 90 of 56-livemig-source-dies)."""
    server = scene.running(WISH)
    ask(scene, server.uuid)
    scene.say("a", server.uuid)
    assert shown(scene, server.uuid) == ("a", "active", "migrating")


def test_a_destination_that_boots_anew_is_awaited_no_more(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.boot("b")
    assert scene.assigned("b") == ()
    scene.move()
    kept(scene, uuid)
    scene.move()
    assert is_at(scene, uuid, "failed")
    assert open_permits(scene, uuid) == [(1, "a", RUN)]


def test_a_source_that_gives_it_up_for_nobody_gets_it_back(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.gone("a", uuid, generation=1, claimed=False)
    scene.move()
    given_up(scene, uuid)
    assert is_at(scene, uuid, "failed")
    assert open_permits(scene, uuid) == [(3, "a", RUN)]


def test_a_new_host_that_cannot_let_it_go_on_says_so(scene: MovingScene) -> None:
    uuid = sent(scene)
    handed_over(scene, uuid)
    failure = Failure("hypervisor", "It will not.")
    scene.say("b", uuid, OFF, claimed=False, failure=failure)
    assert (is_at(scene, uuid, "failed"), scene.migration(uuid).reason) == (True, "It will not.")
    assert shown(scene, uuid) == ("b", "stopped", None)


def test_a_server_that_is_deleted_on_its_way_is_nowhere(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.delete(uuid, admin=True)
    there = of(scene, "b").incoming
    assert there == Incoming(Wanted.GONE, withdrawn=False)
    scene.gone("b", uuid, claimed=False, order=0)
    scene.gone("a", uuid, generation=1)
    assert scene.get(uuid).deleted
    assert scene.open(uuid) == []


def test_a_surrender_hands_nothing_over_whatever_is_said_of_the_claim(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.gone("b", uuid, claimed=True, order=0)
    assert open_permits(scene, uuid) == [(1, "a", RUN)]


def test_a_server_that_was_handed_over_is_deleted_there(scene: MovingScene) -> None:
    uuid = sent(scene)
    scene.delete(uuid, admin=True)
    handed_over(scene, uuid)
    assert open_permits(scene, uuid) == [(2, "b", RUN)]
    assert of(scene, "b").wanted == Wanted.GONE
    scene.gone("b", uuid)
    assert scene.get(uuid).deleted


def test_too_many_at_once_wait_in_a_queue(scene: MovingScene) -> None:
    scene.limits = scene.limits._replace(per_destination=1)
    scene.configured()
    scene.later(3, "a", "b", "c")
    first, second = scene.running(WISH).uuid, scene.running(WISH).uuid
    for uuid in (first, second):
        ask(scene, uuid, "b")
    scene.move()
    found = {scene.migration(uuid).status for uuid in (first, second)}
    assert found == {Status.PREPARING, Status.QUEUED}
