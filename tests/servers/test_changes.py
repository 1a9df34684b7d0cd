"""What people ask of servers: power, locks, another state, an end; on hosts that are up or not."""

from datetime import timedelta

import pytest
from tests.servers.scene import Scene

from hostdown.domain import server_actions
from hostdown.domain.action_errors import (
    HostUnavailable,
    ServerInWrongState,
    ServerLocked,
    ServerNeverRan,
    ServerNotReady,
)
from hostdown.domain.assignment import Failure, PowerState, Wanted
from hostdown.domain.instance import Ended, VmState
from hostdown.domain.server_errors import ServerNotFound
from hostdown.services import server_changes


def silent(scene: Scene) -> None:
    scene.now += timedelta(minutes=5)


def forced(scene: Scene) -> None:
    scene.force("a", down=True)


DOWN = pytest.mark.parametrize("down", [silent, forced], ids=["silent", "forced down"])


@DOWN
def test_a_server_on_a_host_that_is_down_is_gone_at_once_and_its_host_hears_of_it(
    scene: Scene, down: object
) -> None:
    scene.host("a")
    server = scene.running()
    down(scene)  # type: ignore[operator] # one of the two above
    after = scene.delete(server.uuid)
    assert (after.deleted, after.vm_state, after.task_state) == (True, "deleted", None)
    assert scene.told(server.uuid)[-1] == ("delete", "Success", None)
    assert len(scene.open(server.uuid)) == 1
    (assigned,) = scene.assigned("a")
    assert (assigned.wanted, assigned.order) == (Wanted.GONE, 2)
    scene.gone("a", server.uuid)
    assert scene.open(server.uuid) == []
    assert scene.assigned("a") == ()
    assert scene.get(server.uuid) == after


@DOWN
def test_nothing_but_deleting_can_be_asked_of_a_host_that_is_down(
    scene: Scene, down: object
) -> None:
    scene.host("a")
    server = scene.running()
    down(scene)  # type: ignore[operator] # one of the two above
    before = scene.get(server.uuid), scene.fetch("a").version
    with pytest.raises(HostUnavailable):
        scene.act(server.uuid, server_actions.STOP)
    assert (scene.get(server.uuid), scene.fetch("a").version) == before


def test_a_server_that_was_never_placed_is_deleted_at_once(scene: Scene) -> None:
    (server,) = scene.create()
    with pytest.raises(ServerNotReady):
        scene.act(server.uuid, server_actions.STOP)
    assert scene.delete(server.uuid).deleted
    assert scene.told(server.uuid)[-1] == ("delete", "Success", None)


def test_deleting_twice_is_asking_once(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    first = scene.delete(server.uuid)
    assert (first.task_state, first.deleted) == ("deleting", False)
    assert scene.delete(server.uuid) == first
    assert len(scene.told(server.uuid)) == 2
    scene.force("a", down=True)
    assert scene.delete(server.uuid).deleted
    with pytest.raises(ServerNotFound):
        scene.delete(server.uuid)


def test_a_server_is_deleted_while_it_is_built(scene: Scene) -> None:
    scene.host("a")
    (server,) = scene.create()
    scene.delete(server.uuid)
    scene.say("a", server.uuid, order=1)
    assert scene.states(server.uuid) == ("building", "deleting", "gone", 2)
    scene.gone("a", server.uuid)
    assert scene.get(server.uuid).deleted
    assert [each[1] for each in scene.told(server.uuid)] == ["Success", "Success"]


def test_what_could_not_be_deleted_is_an_error_and_can_be_deleted_again(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.delete(server.uuid)
    scene.say("a", server.uuid, failure=Failure("pool-absent", "No pool."))
    assert scene.states(server.uuid) == ("error", None, "stopped", 2)
    assert scene.told(server.uuid)[-1] == ("delete", "Error", "No pool.")
    assert scene.delete(server.uuid).order == 3
    scene.gone("a", server.uuid)
    assert scene.get(server.uuid).deleted


def test_an_action_in_a_wrong_state_changes_nothing_at_all(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    version = scene.fetch("a").version
    with pytest.raises(ServerInWrongState):
        scene.act(server.uuid, server_actions.START)
    assert scene.get(server.uuid) == server
    assert scene.fetch("a").version == version
    assert len(scene.told(server.uuid)) == 1


def test_what_never_ran_can_only_be_deleted(scene: Scene) -> None:
    scene.host("a")
    (server,) = scene.create()
    scene.say("a", server.uuid, PowerState.NOSTATE, failure=Failure("c", "m"))
    with pytest.raises(ServerNeverRan):
        scene.act(server.uuid, server_actions.STOP)
    scene.delete(server.uuid)


def test_without_a_permit_nobody_could_do_it(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    word = Ended("word", "operator", scene.now)
    scene.cell.write(lambda rows: rows.permits.end(rows.permits.of_instance(server.uuid)[0], word))
    with pytest.raises(HostUnavailable):
        scene.act(server.uuid, server_actions.STOP)


# ----------------------------------------------------------------------------- locks and states


def test_a_lock_keeps_all_but_administrators_out(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    server_changes.lock(scene.cell, server.uuid, "mine", scene.asker())
    locked = scene.get(server.uuid)
    assert (locked.locked_by, locked.locked_reason) == ("owner", "mine")
    for refused in (
        lambda: scene.act(server.uuid, server_actions.STOP),
        lambda: scene.delete(server.uuid),
    ):
        with pytest.raises(ServerLocked):
            refused()
    scene.act(server.uuid, server_actions.STOP, admin=True)
    server_changes.unlock(scene.cell, server.uuid, scene.asker())
    assert scene.get(server.uuid).locked_by is None
    scene.delete(server.uuid)
    assert [each[0] for each in scene.told(server.uuid)[1:]] == ["lock", "stop", "unlock", "delete"]


def test_an_owner_does_not_take_an_administrators_lock_over(scene: Scene) -> None:
    """Else it could be unlocked right after; an administrator may take an owner's."""
    scene.host("a")
    server = scene.running()
    server_changes.lock(scene.cell, server.uuid, "mine", scene.asker())
    server_changes.lock(scene.cell, server.uuid, "ours", scene.asker(admin=True))
    server_changes.lock(scene.cell, server.uuid, "mine", scene.asker())
    locked = scene.get(server.uuid)
    assert (locked.locked_by, locked.locked_reason) == ("admin", "ours")


@pytest.mark.parametrize("vm_state", [VmState.ACTIVE, VmState.ERROR])
def test_a_state_that_was_reset_is_what_the_administrator_says(
    scene: Scene, vm_state: VmState
) -> None:
    scene.host("a")
    server = scene.running()
    scene.act(server.uuid, server_actions.STOP)
    scene.force("a", down=True)
    server_changes.reset_state(scene.cell, server.uuid, vm_state, scene.asker(admin=True))
    after = scene.get(server.uuid)
    assert (after.vm_state, after.task_state, after.power_state) == (vm_state, None, 1)
    assert scene.told(server.uuid)[-1] == ("resetState", "", None)
    scene.say("a", server.uuid, PowerState.SHUTDOWN)
    assert scene.told(server.uuid)[1] == ("stop", "Success", None)


def test_a_deletion_goes_on_though_the_state_was_reset(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.delete(server.uuid)
    server_changes.reset_state(scene.cell, server.uuid, VmState.ACTIVE, scene.asker(admin=True))
    with pytest.raises(ServerInWrongState):
        scene.act(server.uuid, server_actions.STOP)
    scene.say("a", server.uuid, PowerState.SHUTDOWN)
    assert scene.states(server.uuid) == ("active", None, "gone", 2)
    assert scene.told(server.uuid)[1] == ("delete", None, None)
    scene.gone("a", server.uuid)
    assert scene.get(server.uuid).deleted
    assert scene.told(server.uuid)[1] == ("delete", "Success", None)


def test_what_is_deleted_or_was_never_there_is_not_found(scene: Scene) -> None:
    (server,) = scene.create()
    scene.delete(server.uuid)
    asker = scene.asker(admin=True)
    for uuid in (server.uuid, "unknown"):
        for asked in (
            lambda u: scene.act(u, server_actions.STOP),
            lambda u: scene.delete(u),
            lambda u: server_changes.lock(scene.cell, u, None, asker),
            lambda u: server_changes.unlock(scene.cell, u, asker),
            lambda u: server_changes.reset_state(scene.cell, u, VmState.ERROR, asker),
        ):
            with pytest.raises(ServerNotFound):
                asked(uuid)
