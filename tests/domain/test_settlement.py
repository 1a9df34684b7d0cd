"""What a host's word makes of an instance: every state, every word."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from tests.domain.things import LONG_AGO, NOW, STATES, instance, outcome

from hostdown.domain.assignment import Failure, Outcome, PowerState, Wanted
from hostdown.domain.instance import Before, Fault, Instance, TaskState, VmState
from hostdown.domain.settlement import FATAL, settle

NO = Failure("disk-full", "The pool has no room left.")
ENDED = (PowerState.SHUTDOWN, PowerState.CRASHED, PowerState.NOSTATE)
LAID = {
    Wanted.RUNNING: "active",
    Wanted.STOPPED: "stopped",
    Wanted.PAUSED: "paused",
    Wanted.SUSPENDED: "suspended",
}
WANTED = {vm_state: wanted for wanted, vm_state in LAID.items()}
KEPT = [wanted for wanted in Wanted if wanted is not Wanted.ELSEWHERE]
"""What an instance may be kept as wanting: a permit that is asked back is not its own business."""
BEFORE = Before("active", 1, "running")


def seen_ones() -> Iterator[Instance]:
    for (vm_state, task_state), wanted in product(STATES, KEPT):
        for launched_at, before in product((None, LONG_AGO), (None, BEFORE)):
            yield instance(
                vm_state=vm_state.value,
                task_state=None if task_state is None else task_state.value,
                wanted=wanted.value,
                launched_at=launched_at,
                before=before,
                deleted=vm_state is VmState.DELETED,
            )


def words() -> Iterator[Outcome]:
    """Everything that a host can say of the newest order."""
    for state, gone, failure in product(PowerState, (False, True), (None, NO)):
        yield outcome(state, gone=gone, failure=failure)


ALL = [(seen, said, settle(seen, said, NOW)) for seen in seen_ones() for said in words()]


def test_a_deleted_instance_never_comes_back() -> None:
    assert all(after == seen for seen, _, after in ALL if seen.deleted)


@pytest.mark.parametrize("order", [4, 6])
def test_an_order_that_is_not_the_newest_changes_nothing(order: int) -> None:
    for seen, (gone, failure) in product(seen_ones(), product((False, True), (None, NO))):
        said = outcome(PowerState.SHUTDOWN, order, gone=gone, failure=failure)
        assert settle(seen, said, NOW) is seen


def test_nothing_is_settled_twice() -> None:
    later = NOW + timedelta(hours=1)
    assert [(s, o) for s, o, after in ALL if settle(after, o, later) != after] == []


def test_no_word_of_a_host_gives_an_order_or_another_host() -> None:
    kept = ("uuid", "host", "order", "reboot", "locked_by", "metadata", "created_at", "revision")
    for seen, _, after in ALL:
        assert [getattr(seen, name) for name in kept] == [getattr(after, name) for name in kept]


def newest() -> Iterator[tuple[Instance, Outcome, Instance]]:
    return ((s, o, a) for s, o, a in ALL if not s.deleted)


def test_the_newest_order_ends_what_is_going_on_unless_it_is_given_back_undone() -> None:
    for seen, said, after in newest():
        undone = said.failure is None and (said.gone or seen.wanted == Wanted.GONE)
        kept = undone and not (said.gone and seen.wanted == Wanted.GONE)
        assert after.task_state == (seen.task_state if kept else None)


def test_only_gone_deletes_and_only_what_is_to_be_gone() -> None:
    for seen, said, after in newest():
        assert after.deleted == (said.gone and seen.wanted == Wanted.GONE)
        if after.deleted:
            assert (after.vm_state, after.power_state, after.wanted) == ("deleted", 0, "gone")
            assert after.deleted_at == after.terminated_at == NOW


def test_what_is_to_be_gone_stays_so_unless_the_host_gives_up() -> None:
    for seen, said, after in newest():
        if seen.wanted == Wanted.GONE and after.wanted != Wanted.GONE:
            assert said.failure == NO
            assert seen.task_state is not None


def test_what_is_wanted_is_what_it_is_once_a_task_is_over() -> None:
    for seen, _, after in newest():
        if seen.task_state is None or after.task_state is not None or after.deleted:
            continue
        assert after.wanted == WANTED.get(after.vm_state, Wanted.STOPPED)


def test_nothing_with_which_nothing_goes_on_stops_to_agree() -> None:
    """From agreement a host's word leads to agreement."""
    for seen, _, after in newest():
        if seen.task_state is None and WANTED.get(seen.vm_state) == seen.wanted:
            assert WANTED.get(after.vm_state) == after.wanted


@pytest.mark.parametrize("wanted", LAID)
@pytest.mark.parametrize("task_state", TaskState)
def test_an_order_that_was_carried_out_makes_it_what_was_wanted(
    wanted: Wanted, task_state: TaskState
) -> None:
    states = {Wanted.RUNNING: 1, Wanted.PAUSED: 3, Wanted.STOPPED: 4, Wanted.SUSPENDED: 7}
    fault = Fault(500, "m", "d", LONG_AGO)
    seen = instance(
        vm_state="building",
        task_state=task_state.value,
        wanted=wanted.value,
        launched_at=None,
        fault=fault,
    )
    after = settle(seen, outcome(PowerState(states[wanted])), NOW)
    assert (after.vm_state, after.task_state, after.wanted) == (LAID[wanted], None, wanted)
    assert (after.power_state, after.launched_at, after.fault) == (states[wanted], NOW, None)


def test_the_first_start_is_remembered() -> None:
    seen = instance(task_state="powering-on")
    assert settle(seen, outcome(), NOW).launched_at == LONG_AGO


@pytest.mark.parametrize("state", ENDED)
@pytest.mark.parametrize("wanted", [Wanted.RUNNING, Wanted.PAUSED])
@pytest.mark.parametrize("task_state", [None, "powering-on"])
def test_a_guest_that_ended_by_itself_is_stopped(
    state: PowerState, wanted: Wanted, task_state: str | None
) -> None:
    seen = instance(vm_state=LAID[wanted], wanted=wanted.value, task_state=task_state)
    after = settle(seen, outcome(state), NOW)
    assert (after.vm_state, after.wanted, after.task_state) == ("stopped", "stopped", None)
    assert after.power_state == (6 if state is PowerState.CRASHED else 4)


def test_a_suspended_guest_has_no_process_and_is_suspended_all_the_same() -> None:
    seen = instance(vm_state="suspended", wanted="suspended")
    after = settle(seen, outcome(PowerState.SHUTDOWN), NOW)
    assert (after.vm_state, after.wanted, after.power_state) == ("suspended", "suspended", 4)


@pytest.mark.parametrize(
    ("state", "vm_state"),
    [
        (PowerState.SHUTDOWN, "stopped"),
        (PowerState.NOSTATE, "stopped"),
        (PowerState.SUSPENDED, "suspended"),
        (PowerState.PAUSED, "active"),  # as in Nova: QEMU pauses a guest whose disk has no room
        (PowerState.RUNNING, "active"),
    ],
)
def test_what_was_called_active_by_hand_is_what_its_host_says(
    state: PowerState, vm_state: str
) -> None:
    """os-resetState leaves what was wanted (contract 4.3)."""
    seen = instance(vm_state="active", wanted=WANTED[vm_state].value)
    after = settle(seen, outcome(state), NOW)
    assert (after.vm_state, after.wanted) == (vm_state, WANTED[vm_state])
    assert after.power_state == (state or 4)


@pytest.mark.parametrize("task_state", TaskState)
def test_a_failure_is_an_error_where_nothing_works_without_what_was_asked(
    task_state: TaskState,
) -> None:
    seen = instance(task_state=task_state.value, wanted="paused")
    after = settle(seen, outcome(failure=NO), NOW)
    assert after.fault == Fault(500, NO.message, NO.code, NOW)
    fatal = task_state in FATAL
    assert (after.vm_state, after.wanted, after.task_state) == (
        ("error", "stopped", None) if fatal else ("active", "running", None)
    )


def test_a_failed_first_start_leaves_an_error_without_a_guest() -> None:
    seen = instance(vm_state="building", task_state="spawning", launched_at=None, power_state=0)
    after = settle(seen, outcome(PowerState.NOSTATE, failure=NO, gone=True), NOW)
    assert (after.vm_state, after.power_state, after.launched_at) == ("error", 0, None)


def test_a_failed_action_after_which_the_guest_is_gone_leaves_it_stopped() -> None:
    seen = instance(task_state="rebooting_hard")
    after = settle(seen, outcome(PowerState.SHUTDOWN, failure=NO), NOW)
    assert (after.vm_state, after.power_state, after.wanted) == ("stopped", 4, "stopped")


def test_a_start_that_nobody_waits_for_and_that_failed_leaves_it_stopped() -> None:
    """After a boot of its host a server may be started again without a task (resume_guests)."""
    after = settle(instance(), outcome(PowerState.SHUTDOWN, failure=NO), NOW)
    assert (after.vm_state, after.wanted, after.fault) == ("stopped", "stopped", None)


def test_what_was_given_back_undone_is_still_to_be_done() -> None:
    seen = instance(vm_state="stopped", task_state="powering-on")
    assert settle(seen, outcome(PowerState.NOSTATE, gone=True), NOW) == seen


# ------------------------------------------------------------- after its host was reported down


def down(**facts: object) -> Instance:
    return instance(**({"vm_state": "stopped", "wanted": "stopped", "before": BEFORE} | facts))


@pytest.mark.parametrize(
    ("state", "vm_state"),
    [
        (PowerState.RUNNING, "active"),
        (PowerState.PAUSED, "paused"),
        (PowerState.SUSPENDED, "suspended"),
        (PowerState.SHUTDOWN, "stopped"),
        (PowerState.CRASHED, "stopped"),
        (PowerState.NOSTATE, "stopped"),
    ],
)
def test_a_host_that_is_back_says_what_its_servers_are(state: PowerState, vm_state: str) -> None:
    after = settle(down(), outcome(state), NOW)
    power_state = 4 if state is PowerState.NOSTATE else int(state)
    assert (after.vm_state, after.power_state, after.before) == (vm_state, power_state, None)
    assert after.wanted == WANTED[vm_state]


def test_a_server_that_was_being_built_is_an_error_until_it_runs() -> None:
    fault = Fault(500, "m", "d", LONG_AGO)
    building = Before("building", 0, "running")
    seen = down(vm_state="error", wanted="running", launched_at=None, fault=fault, before=building)
    assert settle(seen, outcome(PowerState.NOSTATE), NOW) == seen
    after = settle(seen, outcome(PowerState.RUNNING), NOW)
    assert (after.vm_state, after.launched_at, after.fault) == ("active", NOW, None)
