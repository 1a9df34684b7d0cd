"""By which of Nova's names a change of a server is told (contract 7.3)."""

from hostdown.domain.instance import Instance, TaskState, is_unplaced

UPDATE = "instance.update"
"""What has no name of its own; also what people change of the server itself."""

_STEPS = {
    TaskState.SCHEDULING: "instance.create",
    TaskState.SPAWNING: "instance.create",
    TaskState.REBOOTING: "instance.reboot",
    TaskState.REBOOTING_HARD: "instance.reboot",
    TaskState.PAUSING: "instance.pause",
    TaskState.UNPAUSING: "instance.unpause",
    TaskState.SUSPENDING: "instance.suspend",
    TaskState.RESUMING: "instance.resume",
    TaskState.POWERING_OFF: "instance.power_off",
    TaskState.POWERING_ON: "instance.power_on",
    TaskState.DELETING: "instance.delete",
}
"""Tasks of one host. Those of moves are told by the moves' own rows (`domain.move_events`)."""
DELETED = "instance.delete.end"
SHUTDOWN = ("instance.shutdown.start", "instance.shutdown.end")
"""Beside the former, where a host deletes it."""
EVACUATE = "instance.evacuate"
"""Somebody asked for it; where the server will be is told by what follows."""
_ERRORS = {
    TaskState.SCHEDULING: "compute_task.build_instances.error",
    TaskState.SPAWNING: "instance.create.error",
    TaskState.REBOOTING: "instance.reboot.error",
    TaskState.REBOOTING_HARD: "instance.reboot.error",
    TaskState.REBUILDING: "compute_task.rebuild_server.error",
    TaskState.REBUILD_SPAWNING: "instance.rebuild.error",
    TaskState.RESIZE_MIGRATING: "instance.resize.error",
    TaskState.RESIZE_FINISH: "instance.resize.error",
}
"""The failures that Nova has a name for."""
_MOVES = (TaskState.RESIZE_MIGRATING, TaskState.MIGRATING)
UNMOVED = "compute_task.migrate_server.error"
"""No host was found for a move, so that none was asked for anything."""


def event_of(seen: Instance, after: Instance, by_host: bool) -> str:
    """One name for each change. Only a host's word ends a task, or a delete that asks no host."""
    if after.deleted and not seen.deleted:
        return DELETED
    if after.task_state is not None and after.task_state != seen.task_state:
        if after.task_state == TaskState.REBUILDING:
            return EVACUATE
        step = _STEPS.get(TaskState(after.task_state))
        return UPDATE if step is None else f"{step}.start"
    if seen.task_state is not None and after.task_state is None and by_host:
        task = TaskState(seen.task_state)
        if after.fault is None or after.fault == seen.fault:
            return f"{_STEPS[task]}.end" if task in _STEPS else UPDATE
        unasked = task in _MOVES and after.order == seen.order and is_unplaced(after.fault)
        return UNMOVED if unasked else _ERRORS.get(task, UPDATE)
    if (seen.locked_by is None) != (after.locked_by is None):
        return "instance.unlock" if after.locked_by is None else "instance.lock"
    return UPDATE
