"""By which of Nova's names a change of a server is told (contract 7.3)."""

from hostdown.domain.instance import Instance, TaskState

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
    TaskState.REBUILD_SPAWNING: "instance.rebuild",
    TaskState.RESIZE_MIGRATING: "instance.resize",
    TaskState.RESIZE_FINISH: "instance.resize_finish",
    TaskState.RESIZE_REVERTING: "instance.resize_revert",
}
LIVE = "instance.live_migration"
"""How the names of a live migration begin; Nova has more of them, for each host's part."""
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


def event_of(seen: Instance, after: Instance, by_host: bool) -> str:
    """One name for each change. Only a host's word ends a task, or a delete that asks no host."""
    if after.deleted and not seen.deleted:
        return "instance.delete.end"
    if after.task_state is not None and after.task_state != seen.task_state:
        if after.task_state == TaskState.REBUILDING:
            return EVACUATE
        if after.task_state == TaskState.MIGRATING:
            return f"{LIVE}_pre.start"
        return f"{_STEPS[TaskState(after.task_state)]}.start"
    if seen.task_state is not None and after.task_state is None and by_host:
        if seen.task_state == TaskState.MIGRATING:
            return f"{LIVE}_{'rollback' if after.host == seen.host else 'post'}.end"
        return _end(TaskState(seen.task_state), failed=after.fault not in (None, seen.fault))
    if (seen.locked_by is None) != (after.locked_by is None):
        return "instance.unlock" if after.locked_by is None else "instance.lock"
    return UPDATE


def _end(task: TaskState, failed: bool) -> str:
    if failed:
        return _ERRORS.get(task, UPDATE)
    return f"{_STEPS[task]}.end" if task in _STEPS else UPDATE
