"""A server that is stopped here and started there: cold migration and resize (contract 4.1, 4.4).

The server keeps running on its new host until somebody confirms, or has it taken back. Its disk is
where it was: hosts without the pool that it lies on are no destinations.
"""

from datetime import datetime

from hostdown.domain.assignment import PowerState, Wanted
from hostdown.domain.instance import Instance, TaskState, VmState, no_valid_host
from hostdown.domain.migration import Migration
from hostdown.domain.model import Flavor
from hostdown.domain.server_actions import ServerAction

_MOVES = (VmState.ACTIVE, VmState.STOPPED)

MIGRATE = ServerAction(
    "migrate", _MOVES, TaskState.RESIZE_MIGRATING, Wanted.STOPPED, "cold_migrate"
)
RESIZE = ServerAction("resize", _MOVES, TaskState.RESIZE_MIGRATING, Wanted.STOPPED, "resize")
CONFIRM = ServerAction(
    "confirmResize",
    (VmState.RESIZED,),
    TaskState.RESIZE_FINISH,
    Wanted.RUNNING,
    "compute_confirm_resize",
)
REVERT = ServerAction(
    "revertResize",
    (VmState.RESIZED,),
    TaskState.RESIZE_REVERTING,
    Wanted.STOPPED,
    "compute_revert_resize",
)

_VM_STATES = {Wanted.RUNNING: VmState.ACTIVE, Wanted.STOPPED: VmState.STOPPED}


def runs(seen: Instance) -> Wanted:
    """What it shall be wherever it is next: what it is now."""
    stopped = seen.wanted == Wanted.STOPPED or seen.vm_state == VmState.STOPPED
    return Wanted.STOPPED if stopped else Wanted.RUNNING


def stopping(seen: Instance) -> Instance:
    """The server from when its host is to stop it, so that another one can start it."""
    return seen._replace(wanted=Wanted.STOPPED.value, order=seen.order + 1, reboot=None)


def sent(seen: Instance, flavor: Flavor, wanted: Wanted) -> Instance:
    """The server from when it has a new host, which gets its next order."""
    return seen._replace(
        flavor=flavor,
        task_state=TaskState.RESIZE_FINISH.value,
        wanted=wanted.value,
        order=seen.order + 1,
        reboot=None,
    )


def arrived(seen: Instance, by: Migration, state: PowerState, now: datetime) -> Instance:
    """The server on its new host, where it waits for a yes or a no."""
    return seen._replace(
        host=by.dest_host,
        node=by.dest_node,
        vm_state=VmState.RESIZED.value,
        task_state=None,
        power_state=_power(seen, state),
        launched_at=now,
        fault=None,
    )


def confirmed(seen: Instance) -> Instance:
    """The server after the yes."""
    return seen._replace(vm_state=_VM_STATES[Wanted(seen.wanted)].value)


def taken_back(seen: Instance, flavor: Flavor, wanted: Wanted) -> Instance:
    """The server from when its first host has it again, which gets its next order."""
    return seen._replace(flavor=flavor, wanted=wanted.value, order=seen.order + 1, reboot=None)


def reverted(seen: Instance, by: Migration, state: PowerState, now: datetime) -> Instance:
    """The server after the no, where it was and as it was."""
    return seen._replace(
        host=by.source_host,
        node=by.source_node,
        vm_state=_VM_STATES[Wanted(seen.wanted)].value,
        task_state=None,
        power_state=_power(seen, state),
        launched_at=now,
        fault=None,
    )


def failed(seen: Instance, reason: str, now: datetime) -> Instance:
    """The server after a move that did not succeed."""
    return seen._replace(task_state=None, fault=no_valid_host(reason, now))


def _power(seen: Instance, state: PowerState) -> int:
    return int(state if seen.wanted == Wanted.RUNNING else PowerState.SHUTDOWN)
