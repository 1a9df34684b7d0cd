"""What can be done to a server: when it may, and what its host is then asked for (contract 4.1)."""

from collections.abc import Collection
from typing import NamedTuple

from hostdown.domain.action_errors import (
    ServerInWrongState,
    ServerLocked,
    ServerNeverRan,
    ServerNotReady,
)
from hostdown.domain.assignment import Reboot, Wanted
from hostdown.domain.instance import Instance, TaskState, VmState

_NOTHING: Collection[str | None] = (None,)
_INTERRUPTED: Collection[str | None] = (
    None,
    TaskState.REBOOTING,
    TaskState.REBOOTING_HARD,
    TaskState.PAUSING,
    TaskState.UNPAUSING,
    TaskState.SUSPENDING,
    TaskState.RESUMING,
)
"""What a hard reboot may break in on, because it may be stuck."""


class ServerAction(NamedTuple):
    """One action. `name` is Nova's, in messages and in the history; `event` its only step."""

    name: str
    vm_states: Collection[str]
    task_state: TaskState
    wanted: Wanted
    event: str
    task_states: Collection[str | None] = _NOTHING
    reboot: Reboot | None = None


START = ServerAction(
    "start",
    (VmState.STOPPED,),
    TaskState.POWERING_ON,
    Wanted.RUNNING,
    "compute_start_instance",
)
STOP = ServerAction(
    "stop",
    (VmState.ACTIVE, VmState.ERROR),
    TaskState.POWERING_OFF,
    Wanted.STOPPED,
    "compute_stop_instance",
)
REBOOT_SOFT = ServerAction(
    "reboot",
    (VmState.ACTIVE,),
    TaskState.REBOOTING,
    Wanted.RUNNING,
    "compute_reboot_instance",
    reboot=Reboot.SOFT,
)
REBOOT_HARD = ServerAction(
    "reboot",
    (VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED, VmState.SUSPENDED, VmState.ERROR),
    TaskState.REBOOTING_HARD,
    Wanted.RUNNING,
    "compute_reboot_instance",
    task_states=_INTERRUPTED,
    reboot=Reboot.HARD,
)
PAUSE = ServerAction(
    "pause", (VmState.ACTIVE,), TaskState.PAUSING, Wanted.PAUSED, "compute_pause_instance"
)
UNPAUSE = ServerAction(
    "unpause", (VmState.PAUSED,), TaskState.UNPAUSING, Wanted.RUNNING, "compute_unpause_instance"
)
SUSPEND = ServerAction(
    "suspend",
    (VmState.ACTIVE,),
    TaskState.SUSPENDING,
    Wanted.SUSPENDED,
    "compute_suspend_instance",
)
RESUME = ServerAction(
    "resume",
    (VmState.SUSPENDED,),
    TaskState.RESUMING,
    Wanted.RUNNING,
    "compute_resume_instance",
)
ACTIONS = (START, STOP, REBOOT_SOFT, REBOOT_HARD, PAUSE, UNPAUSE, SUSPEND, RESUME)

OWNER, ADMIN = "owner", "admin"
"""Who can have locked a server."""


def check(action: ServerAction, instance: Instance, by_admin: bool) -> None:
    """Raises what forbids the action, in the contract's order.

    ServerLocked, ServerNotReady, ServerInWrongState (vm_state first), ServerNeverRan.
    """
    check_lock(instance, by_admin)
    if instance.host is None:
        raise ServerNotReady(uuid=instance.uuid)
    for attribute, state, allowed in (
        ("vm_state", instance.vm_state, action.vm_states),
        ("task_state", instance.task_state, action.task_states),
    ):
        if state not in allowed:
            raise ServerInWrongState(
                action=action.name, uuid=instance.uuid, attribute=attribute, state=state
            )
    if instance.wanted == Wanted.GONE:  # its state was reset meanwhile; its host deletes it anyway
        raise ServerInWrongState(
            action=action.name,
            uuid=instance.uuid,
            attribute="task_state",
            state=TaskState.DELETING.value,
        )
    if instance.launched_at is None:
        raise ServerNeverRan(action=action.name, uuid=instance.uuid)


def check_lock(instance: Instance, by_admin: bool) -> None:
    """Raises ServerLocked; an administrator passes every lock."""
    if instance.locked_by is not None and not by_admin:
        raise ServerLocked(uuid=instance.uuid)


def begun(action: ServerAction, instance: Instance) -> Instance:
    """The instance once the action has been asked for: the host's next order."""
    return instance._replace(
        task_state=action.task_state.value,
        wanted=action.wanted.value,
        order=instance.order + 1,
        reboot=None if action.reboot is None else action.reboot.value,
    )
