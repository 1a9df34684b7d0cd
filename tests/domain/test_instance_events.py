"""By which name a change of a server is told: what people and hosts can bring about."""

from itertools import product

import pytest
from tests.domain.things import LONG_AGO, NOW, TASKS, instance

from hostdown.domain.instance import Fault, TaskState, no_valid_host
from hostdown.domain.instance_events import event_of
from hostdown.domain.settlement import deleted

FAULT = Fault(500, "The pool has no room left.", "disk-full", NOW)
OLDER = FAULT._replace(created_at=LONG_AGO)
STARTS = {
    "scheduling": "instance.create.start",
    "spawning": "instance.create.start",
    "rebooting": "instance.reboot.start",
    "rebooting_hard": "instance.reboot.start",
    "pausing": "instance.pause.start",
    "unpausing": "instance.unpause.start",
    "suspending": "instance.suspend.start",
    "resuming": "instance.resume.start",
    "powering-off": "instance.power_off.start",
    "powering-on": "instance.power_on.start",
    "deleting": "instance.delete.start",
    "rebuilding": "instance.evacuate",
}
ERRORS = {
    "scheduling": "compute_task.build_instances.error",
    "spawning": "instance.create.error",
    "rebooting": "instance.reboot.error",
    "rebooting_hard": "instance.reboot.error",
    "rebuilding": "compute_task.rebuild_server.error",
    "rebuild_spawning": "instance.rebuild.error",
    "resize_migrating": "instance.resize.error",
    "resize_finish": "instance.resize.error",
}
ENDS = {task: start.replace(".start", ".end") for task, start in STARTS.items()}
ENDS["rebuilding"] = "instance.update"


@pytest.mark.parametrize(("task", "by_host"), list(product(TaskState, (True, False))))
def test_a_task_begins_whoever_asks_and_whatever_went_on(task: TaskState, by_host: bool) -> None:
    after = instance(task_state=task.value)
    for before in TASKS:
        seen = instance(task_state=before)
        expected = (
            "instance.update" if before == task else STARTS.get(task.value, "instance.update")
        )
        assert event_of(seen, after, by_host) == expected


@pytest.mark.parametrize("task", TaskState)
def test_a_task_ends_or_fails_by_its_hosts_word_alone(task: TaskState) -> None:
    seen = instance(task_state=task.value, fault=OLDER)
    ended = ENDS.get(task.value, "instance.update")
    for fault in (None, OLDER):
        assert event_of(seen, seen._replace(task_state=None, fault=fault), True) == ended
    failed = seen._replace(task_state=None, fault=FAULT)
    assert event_of(seen, failed, True) == ERRORS.get(task.value, "instance.update")
    assert event_of(seen, failed, False) == "instance.update"


def test_a_move_for_which_no_host_was_asked_fails_by_a_name_of_its_own() -> None:
    unplaced = no_valid_host("All are full.", NOW)
    for task, asked in (
        ("migrating", "instance.update"),
        ("resize_migrating", "instance.resize.error"),
    ):
        seen = instance(task_state=task)
        failed = seen._replace(task_state=None, fault=unplaced)
        assert event_of(seen, failed, True) == "compute_task.migrate_server.error"
        assert event_of(seen, failed._replace(order=6), True) == asked
        assert event_of(seen, failed._replace(fault=FAULT), True) == asked


def test_the_end_of_a_server_is_told_as_such_once() -> None:
    for task in TASKS:
        seen = instance(task_state=task)
        for by_host in (True, False):
            assert event_of(seen, deleted(seen, NOW), by_host) == "instance.delete.end"
    gone = deleted(instance(), NOW)
    assert event_of(gone, gone._replace(order=6), True) == "instance.update"


def test_locks_have_names_and_other_changes_have_none() -> None:
    free, locked = instance(), instance(locked_by="owner")
    assert event_of(free, locked, False) == "instance.lock"
    assert event_of(locked, free, False) == "instance.unlock"
    for after in (locked._replace(locked_by="admin"), locked._replace(name="new")):
        assert event_of(locked, after, False) == "instance.update"
