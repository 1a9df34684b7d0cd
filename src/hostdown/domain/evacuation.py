"""A server that is moved from a dead host: when, and what becomes of it (contract 4.2, 5).

Sharp edges of contract 10.2 that are resolved here: a server that is on its way already is refused
(17); a failed evacuation leaves it what it was (28); version 2.95 stops servers in error, too (29),
and none is started only to be stopped (30); it is shown on its new host in the moment in which the
task ends (34).
"""

from datetime import datetime
from typing import Protocol

from hostdown.domain.action_errors import ServerInWrongState, ServerNeverRan
from hostdown.domain.assignment import PowerState, Wanted
from hostdown.domain.instance import Instance, TaskState, VmState, no_valid_host
from hostdown.domain.migration import Migration, MigrationType

ACTION = "evacuate"

_VM_STATES = (VmState.ACTIVE, VmState.STOPPED, VmState.ERROR)


class Movable(Protocol):
    """What of an instance says whether it may be moved."""

    @property
    def uuid(self) -> str: ...
    @property
    def vm_state(self) -> str: ...
    @property
    def wanted(self) -> str: ...
    @property
    def launched_at(self) -> datetime | None: ...


def check(seen: Movable) -> None:
    """Raises ServerInWrongState, ServerNeverRan, in the contract's order (4.2, checks 10 and 11).

    Tasks of a dead host do not matter (edge 18); a delete that goes on does.
    """
    if seen.vm_state not in _VM_STATES:
        raise _wrong(seen, "vm_state", seen.vm_state)
    if seen.wanted == Wanted.GONE:
        raise _wrong(seen, "task_state", TaskState.DELETING.value)
    if seen.launched_at is None:
        raise ServerNeverRan(action=ACTION, uuid=seen.uuid)


def is_possible(seen: Movable) -> bool:
    """Whether `check` lets it go."""
    try:
        check(seen)
    except (ServerInWrongState, ServerNeverRan):
        return False
    return True


_TASKS = {
    MigrationType.MIGRATION: TaskState.RESIZE_MIGRATING,
    MigrationType.RESIZE: TaskState.RESIZE_MIGRATING,
    MigrationType.LIVE: TaskState.MIGRATING,
    MigrationType.EVACUATION: TaskState.REBUILDING,
}
"""What a move gives its server to show; an os-resetState may have taken that away."""


def moving_already(seen: Instance, by: MigrationType) -> ServerInWrongState:
    """Why a server that somebody moves is not moved again (edge 17, NEVER-TWICE D2)."""
    return _wrong(seen, "task_state", seen.task_state or _TASKS[by].value)


def _wrong(seen: Movable, attribute: str, state: str) -> ServerInWrongState:
    return ServerInWrongState(action=ACTION, uuid=seen.uuid, attribute=attribute, state=state)


def wanted_there(seen: Instance, stopped: bool) -> Wanted:
    """What it shall be on its next host; `stopped` is what version 2.95 asks for.

    A server that was reported down with its host comes back as what it was before.
    """
    vm_state = seen.vm_state if seen.before is None else seen.before.vm_state
    return Wanted.STOPPED if stopped or vm_state == VmState.STOPPED else Wanted.RUNNING


def accepted(seen: Instance) -> Instance:
    """The server from when its evacuation was accepted. Its old host gets no order any more."""
    return seen._replace(task_state=TaskState.REBUILDING.value)


def placed(seen: Instance, wanted: Wanted) -> Instance:
    """The server from when it has a new host, which gets its next order."""
    return seen._replace(
        task_state=TaskState.REBUILD_SPAWNING.value,
        wanted=wanted.value,
        order=seen.order + 1,
        reboot=None,
    )


_ARRIVED = {Wanted.RUNNING: VmState.ACTIVE, Wanted.STOPPED: VmState.STOPPED}


def arrived(seen: Instance, by: Migration, state: PowerState, now: datetime) -> Instance:
    """The server once its new host has done what was asked: all of it in one moment."""
    wanted = Wanted(seen.wanted)
    power = state if wanted is Wanted.RUNNING else PowerState.SHUTDOWN
    return seen._replace(
        host=by.dest_host,
        node=by.dest_node,
        vm_state=_ARRIVED[wanted].value,
        task_state=None,
        power_state=int(power),
        launched_at=now,
        fault=None,
        before=None,
    )


def failed(seen: Instance, reason: str, now: datetime) -> Instance:
    """The server after an evacuation that did not succeed: what it was, with the reason."""
    if seen.deleted:
        return seen
    return seen._replace(task_state=None, fault=no_valid_host(reason, now))


def back_home(seen: Instance) -> Instance:
    """The server under a new permit of the host that it is still shown on, for when that returns.

    It starts there, if it ran, by an order that nobody there has carried out (NEVER-TWICE P2).
    """
    if seen.deleted:
        return seen
    return seen._replace(order=seen.order + 1, wanted=_as_it_was(seen).value, reboot=None)


def kept(seen: Instance) -> Instance:
    """The server that its host never lost: what it was asked for before is taken back.

    The evacuation ended that task, and the host may not have heard of it yet. What a server was
    that was reported down with its host, that host tells.
    """
    asked = seen.before is None and seen.wanted != _as_it_was(seen)
    return back_home(seen) if asked else seen


def _as_it_was(seen: Instance) -> Wanted:
    return Wanted.RUNNING if seen.vm_state == VmState.ACTIVE else Wanted.STOPPED
