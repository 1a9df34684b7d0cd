"""What hosts say counts once, from whom it may come, for the newest order; the rest is harmless."""

import pytest
from tests.servers.scene import Scene

from hostdown.domain import server_actions
from hostdown.domain.assignment import Disk, Failure, Holder, PowerState, Wanted
from hostdown.domain.instance import PermitState
from hostdown.domain.lease import Lease, Refusal, may_claim
from hostdown.domain.lease import Permit as lease_permit
from hostdown.domain.lease_text import LeaseState
from hostdown.domain.server_actions import ServerAction

NO = Failure("disk-full", "The pool has no room left.")


def test_an_outcome_told_again_changes_nothing(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.say("a", server.uuid)
    assert scene.get(server.uuid) == server
    assert scene.told(server.uuid) == [("create", "Success", None)]


def test_a_failed_build_says_so_everywhere(scene: Scene) -> None:
    scene.host("a")
    (server,) = scene.create()
    scene.gone("a", server.uuid, failure=NO, claimed=False)
    after = scene.get(server.uuid)
    assert (after.vm_state, after.task_state, after.power_state) == ("error", None, 0)
    assert after.fault is not None
    assert (after.fault.code, after.fault.message) == (500, NO.message)
    assert scene.told(server.uuid) == [("create", "Error", NO.message)]
    assert scene.history(server.uuid)[0][0].message == "Error"
    assert len(scene.open(server.uuid)) == 1  # P1: it has a permit all the same
    assert not scene.delete(server.uuid).deleted  # its host cleans up what it may have left


def test_a_host_that_told_that_a_server_runs_makes_its_disk_no_second_time(scene: Scene) -> None:
    scene.host("a")
    (made,) = scene.create()
    (first,) = scene.assigned("a")
    assert first.disk is Disk.CREATE
    scene.say("a", made.uuid)
    (later,) = scene.assigned("a")
    assert (later.disk, later.data_gen) == (Disk.KEEP, 1)


@pytest.mark.parametrize("order", [1, 3, 99])
def test_a_word_about_another_order_than_the_newest_is_dropped(scene: Scene, order: int) -> None:
    scene.host("a")
    server = scene.running()
    scene.act(server.uuid, server_actions.STOP)
    before = scene.get(server.uuid)
    scene.say("a", server.uuid, PowerState.SHUTDOWN, order=order)
    assert scene.get(server.uuid) == before
    assert scene.told(server.uuid)[1] == ("stop", None, None)


def test_a_host_speaks_of_its_own_permits_alone(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.host("a")
    scene.host("b")
    server = scene.running()
    scene.gone("b", server.uuid)
    scene.gone("a", server.uuid, generation=2)
    scene.tell("a", scene.said(server.uuid)._replace(uuid="unknown"))
    assert scene.get(server.uuid) == server
    assert len(scene.open(server.uuid)) == 1
    assert "Host 'b' speaks of instance" in caplog.text


def test_gone_ends_the_permit_and_the_server(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.delete(server.uuid)
    assert [each.uuid for each in scene.gone("a", server.uuid)] == [server.uuid]
    after = scene.get(server.uuid)
    assert (after.deleted, after.vm_state, after.deleted_at) == (True, "deleted", scene.now)
    (permit,) = scene.permits(server.uuid)
    assert permit.state == PermitState.ENDED
    assert permit.ended is not None
    assert (permit.ended.kind, permit.ended.by) == ("surrender", "a")
    assert scene.assigned("a") == ()
    assert scene.told(server.uuid)[-1] == ("delete", "Success", None)


def test_gone_told_again_still_names_the_server_so_that_it_can_be_forgotten(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.delete(server.uuid)
    word = scene.said(server.uuid, PowerState.NOSTATE, gone=True)
    first = scene.tell("a", word)
    assert [each.uuid for each in scene.tell("a", word)] == [first[0].uuid]
    assert scene.get(server.uuid) == first[0]


@pytest.mark.parametrize(("holder", "generation"), [(None, 2), (Holder(7, "other", 3), 8)])
def test_a_surrender_that_nobody_asked_for_stops_a_server_that_can_be_started_again(
    scene: Scene, holder: Holder | None, generation: int
) -> None:
    """W1: the guest died because its disk was another's. P1: it has a permit all the same."""
    scene.host("a")
    server = scene.running()
    word = scene.said(server.uuid, PowerState.SHUTDOWN, claimed=False, gone=True, holder=holder)
    for _ in range(2):
        scene.tell("a", word)
    assert scene.states(server.uuid) == ("stopped", None, "stopped", 1)
    first, second = scene.permits(server.uuid)
    assert first.ended is not None
    assert (second.generation, second.ended, second.host) == (generation, None, "a")
    assert (second.disk, second.data_gen, second.over) == (Disk.KEEP, 1, (first.holder,))
    scene.act(server.uuid, server_actions.START)
    (assigned,) = scene.assigned("a")
    assert (assigned.generation, assigned.wanted) == (generation, Wanted.RUNNING)
    scene.say("a", server.uuid)
    assert scene.states(server.uuid) == ("active", None, "running", 2)


def test_a_foreign_holder_gets_nothing_and_nobody_may_take_its_disk(scene: Scene) -> None:
    """L3: refused for as long as it has the disk, whatever is asked and however often."""
    scene.host("a")
    other = Holder(7, scene.host("b").id, 1)
    server = scene.running()
    scene.act(server.uuid, server_actions.STOP)
    scene.say("a", server.uuid, PowerState.SHUTDOWN)
    lease = Lease(other, LeaseState.HELD, None, 7, current=True)
    refused = Failure("lease-refused", "The disk was not taken.")
    for boots in range(3):
        scene.act(server.uuid, server_actions.START)
        (asked,) = scene.assigned("a")
        mine = Holder(asked.generation, scene.record("a").id, asked.boot)
        verdict = may_claim(lease_permit(mine, asked.over, asked.disk, asked.data_gen), lease)
        assert isinstance(verdict, Refusal)
        assert verdict.holder == other
        scene.say("a", server.uuid, PowerState.SHUTDOWN, failure=refused, holder=other)
        seen = scene.get(server.uuid)
        assert (seen.vm_state, seen.task_state, seen.host) == ("stopped", None, "a")
        assert seen.fault is not None
        assert seen.fault.message == refused.message
        assert [each.host for each in scene.open(server.uuid)] == ["a"]
        assert scene.assigned("b") == ()
        if boots:
            scene.boot("a")


def test_a_server_that_was_surrendered_is_deleted_by_its_host(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.gone("a", server.uuid)
    assert not scene.delete(server.uuid).deleted
    assert [each.uuid for each in scene.gone("a", server.uuid)] == [server.uuid]
    assert scene.open(server.uuid) == []


def test_a_surrender_is_not_the_carrying_out_of_an_order(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.act(server.uuid, server_actions.STOP)
    before = scene.get(server.uuid)
    scene.gone("a", server.uuid)
    assert scene.get(server.uuid) == before
    assert scene.told(server.uuid)[-1] == ("stop", None, None)
    assert [each.wanted for each in scene.assigned("a")] == [Wanted.STOPPED]  # still asked for


def test_the_word_of_a_permit_that_ended_counts_no_more(scene: Scene) -> None:
    """Generation 1 is told of late, while generation 2 builds with the same order."""
    scene.host("a")
    (server,) = scene.create()
    late = [
        scene.said(server.uuid),
        scene.said(server.uuid, PowerState.NOSTATE, gone=True),
        scene.said(server.uuid, PowerState.NOSTATE, failure=NO),
    ]
    scene.boot("a")
    scene.fetch("a")
    before, permits = scene.get(server.uuid), scene.permits(server.uuid)
    for word in late:
        assert not any(each.deleted for each in scene.tell("a", word._replace(order=before.order)))
    assert scene.get(server.uuid) == before
    assert scene.permits(server.uuid) == permits


ORDERS: list[tuple[ServerAction, str, PowerState, str]] = [
    (server_actions.STOP, "stop", PowerState.SHUTDOWN, "stopped"),
    (server_actions.START, "start", PowerState.RUNNING, "active"),
    (server_actions.REBOOT_SOFT, "reboot", PowerState.RUNNING, "active"),
    (server_actions.REBOOT_HARD, "reboot", PowerState.RUNNING, "active"),
    (server_actions.PAUSE, "pause", PowerState.PAUSED, "paused"),
    (server_actions.UNPAUSE, "unpause", PowerState.RUNNING, "active"),
    (server_actions.SUSPEND, "suspend", PowerState.SUSPENDED, "suspended"),
    (server_actions.RESUME, "resume", PowerState.RUNNING, "active"),
]


def test_a_life_of_orders_each_served_done_and_recorded(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    version = scene.fetch("a").version
    for number, (action, name, state, vm_state) in enumerate(ORDERS, 2):
        after = scene.act(server.uuid, action)
        assert (after.task_state, after.order) == (action.task_state.value, number)
        served = scene.fetch("a", version)
        assert served.instances is not None
        (assigned,) = served.instances
        assert (assigned.order, assigned.wanted) == (number, action.wanted)
        assert assigned.reboot == action.reboot
        scene.say("a", server.uuid, state)
        wanted = action.wanted.value
        assert scene.states(server.uuid) == (vm_state, None, wanted, number)
        assert scene.told(server.uuid)[-1] == (name, "Success", None)
        assert served.version > version
        version = served.version
    (permit,) = scene.permits(server.uuid)
    assert permit.generation == 1


def test_an_order_that_fails_leaves_the_server_as_it_was(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.act(server.uuid, server_actions.PAUSE)
    scene.say("a", server.uuid, PowerState.RUNNING, failure=NO)
    assert scene.states(server.uuid) == ("active", None, "running", 2)
    assert scene.told(server.uuid)[-1] == ("pause", "Error", NO.message)


def test_a_hard_reboot_overtakes_what_is_stuck_and_ends_its_steps_too(scene: Scene) -> None:
    scene.host("a")
    server = scene.running()
    scene.act(server.uuid, server_actions.REBOOT_SOFT)
    scene.act(server.uuid, server_actions.REBOOT_HARD)
    scene.say("a", server.uuid, order=2)
    assert scene.states(server.uuid) == ("active", "rebooting_hard", "running", 3)
    scene.say("a", server.uuid, order=3)
    assert [each[1] for each in scene.told(server.uuid)] == ["Success"] * 3


def test_an_unchanged_host_is_told_so_and_a_changed_one_everything(scene: Scene) -> None:
    scene.host("a")
    scene.host("b")
    server = scene.running()
    first = scene.fetch("a")
    again = scene.fetch("a", first.version)
    assert (again.instances, again.version) == (None, first.version)
    assert again.database_id == first.database_id
    assert scene.fetch("b", 0).instances == ()
    scene.act(server.uuid, server_actions.STOP)
    changed = scene.fetch("a", first.version)
    assert changed.instances is not None
    assert changed.version > first.version
    assert changed.commit > first.commit


def test_a_host_hears_that_it_was_forced_down_and_that_it_is_not_any_more(scene: Scene) -> None:
    scene.host("a")
    scene.host("b")
    scene.running()
    known = scene.fetch("a").version
    for down in (True, False):
        scene.force("a", down)
        served = scene.fetch("a", known)
        assert served.instances is not None
        assert (served.held, len(served.instances)) == (down, 1)
        known = served.version
    assert scene.cell.read(lambda rows: rows.hearing.standing(scene.record("b").id)).version == 0
