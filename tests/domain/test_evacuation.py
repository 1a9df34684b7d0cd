"""When a server may be evacuated, and what it is afterwards."""

import pytest
from tests.domain.things import LONG_AGO, NOW, instance, migration

from hostdown.domain import evacuation
from hostdown.domain.action_errors import ServerInWrongState, ServerNeverRan
from hostdown.domain.assignment import PowerState, Wanted
from hostdown.domain.instance import Before, Instance, TaskState, VmState
from hostdown.domain.migration import MigrationType

ALLOWED = {VmState.ACTIVE, VmState.STOPPED, VmState.ERROR}


def server(**facts: object) -> Instance:
    return instance(**({"launched_at": LONG_AGO, "wanted": "running"} | facts))


@pytest.mark.parametrize("vm_state", VmState)
def test_three_states_may_be_evacuated_whatever_the_task(vm_state: VmState) -> None:
    for task in (None, *TaskState):
        seen = server(vm_state=vm_state.value, task_state=task)
        if vm_state in ALLOWED:
            evacuation.check(seen)
            assert evacuation.is_possible(seen)
            continue
        with pytest.raises(ServerInWrongState, match=f"in vm_state {vm_state.value}"):
            evacuation.check(seen)
        assert not evacuation.is_possible(seen)


def test_one_that_is_being_deleted_or_never_ran_is_not() -> None:
    with pytest.raises(ServerInWrongState, match="task_state deleting"):
        evacuation.check(server(wanted="gone"))
    with pytest.raises(ServerNeverRan):
        evacuation.check(server(launched_at=None))


def test_one_that_moves_is_refused_with_its_task() -> None:
    spawning = server(task_state="rebuild_spawning")
    said = str(evacuation.moving_already(spawning, MigrationType.EVACUATION))
    assert said.endswith("while it is in task_state rebuild_spawning")


@pytest.mark.parametrize(
    ("by", "task"),
    [
        (MigrationType.EVACUATION, "rebuilding"),
        (MigrationType.LIVE, "migrating"),
        (MigrationType.MIGRATION, "resize_migrating"),
        (MigrationType.RESIZE, "resize_migrating"),
    ],
)
def test_one_that_moves_and_was_reset_is_refused_with_what_the_move_gave_it(
    by: MigrationType, task: str
) -> None:
    said = str(evacuation.moving_already(server(task_state=None), by))
    assert said.endswith(f"while it is in task_state {task}")


@pytest.mark.parametrize(
    ("vm_state", "before", "stopped", "wanted"),
    [
        ("active", None, False, "running"),
        ("active", None, True, "stopped"),
        ("stopped", None, False, "stopped"),
        ("error", None, False, "running"),
        ("error", None, True, "stopped"),
        ("stopped", "active", False, "running"),
        ("stopped", "paused", False, "running"),
        ("stopped", "active", True, "stopped"),
    ],
)
def test_it_becomes_what_it_was_or_is_stopped(
    vm_state: str, before: str | None, stopped: bool, wanted: str
) -> None:
    was = None if before is None else Before(before, 1, "running")
    assert evacuation.wanted_there(server(vm_state=vm_state, before=was), stopped) == wanted


def test_its_task_tells_how_far_it_has_come_and_only_its_new_host_gets_an_order() -> None:
    seen = server(order=3, reboot="hard")
    accepted = evacuation.accepted(seen)
    assert accepted == seen._replace(task_state="rebuilding")
    placed = evacuation.placed(accepted, Wanted.STOPPED)
    assert placed.task_state == "rebuild_spawning"
    assert (placed.wanted, placed.order, placed.reboot) == ("stopped", 4, None)


@pytest.mark.parametrize(
    ("wanted", "state", "vm_state", "power"),
    [("running", PowerState.RUNNING, "active", 1), ("stopped", PowerState.NOSTATE, "stopped", 4)],
)
def test_it_is_shown_on_its_new_host_in_one_moment(
    wanted: str, state: PowerState, vm_state: str, power: int
) -> None:
    seen = server(host="a", task_state="rebuild_spawning", wanted=wanted, before=Before("x", 1, ""))
    after = evacuation.arrived(seen, migration(dest_host="b", dest_node="b.node"), state, NOW)
    assert (after.host, after.node, after.vm_state) == ("b", "b.node", vm_state)
    assert (after.task_state, after.power_state, after.before) == (None, power, None)
    assert after.launched_at == NOW


def test_a_failure_changes_nothing_but_the_task_and_says_why() -> None:
    seen = server(vm_state="active", task_state="rebuilding")
    after = evacuation.failed(seen, "no host", NOW)
    assert after.fault is not None
    assert after.fault.message == "No valid host was found. no host"
    assert after._replace(fault=None) == seen._replace(task_state=None)
    gone = server(deleted=True)
    assert evacuation.failed(gone, "no host", NOW) == gone


@pytest.mark.parametrize(("vm_state", "wanted"), [("active", "running"), ("error", "stopped")])
def test_back_home_it_is_what_it_was_by_a_new_order(vm_state: str, wanted: str) -> None:
    after = evacuation.back_home(server(vm_state=vm_state, order=4, wanted="running"))
    assert (after.wanted, after.order) == (wanted, 5)
    gone = server(deleted=True)
    assert evacuation.back_home(gone) == gone


def test_a_host_that_kept_a_server_is_not_left_with_what_was_asked_before() -> None:
    starting = server(vm_state="stopped", order=4, wanted="running")
    assert evacuation.kept(starting) == evacuation.back_home(starting)
    at_rest = server(vm_state="stopped", order=4, wanted="stopped")
    assert evacuation.kept(at_rest) == at_rest
    reported = server(vm_state="stopped", wanted="running", before=Before("active", 1, "running"))
    assert evacuation.kept(reported) == reported
