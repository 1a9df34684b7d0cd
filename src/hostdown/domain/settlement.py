"""What a host's word about an instance makes of it (contract 3.5, 4.1).

An outcome of the newest order ends what is going on. One of an older order is history: it arrives
late or again. What a host sees of an instance with which nothing is going on is the truth about its
guest, as Nova's synchronisation of power states takes it: a guest that ended by itself is stopped.
"""

from datetime import datetime

from hostdown.domain.assignment import Failure, Outcome, PowerState, Wanted
from hostdown.domain.instance import Fault, Instance, TaskState, VmState

_ENDED = (PowerState.SHUTDOWN, PowerState.CRASHED, PowerState.NOSTATE)
"""No process, whatever the reason."""

_OFF = {
    **dict.fromkeys(_ENDED, VmState.STOPPED),
    PowerState.SUSPENDED: VmState.SUSPENDED,
}
"""What a server is of which there is no process, unless it is in error."""

_BY_WANTED = {
    Wanted.RUNNING: VmState.ACTIVE,
    Wanted.STOPPED: VmState.STOPPED,
    Wanted.PAUSED: VmState.PAUSED,
    Wanted.SUSPENDED: VmState.SUSPENDED,
}
WANTED_BY = {vm_state: wanted for wanted, vm_state in _BY_WANTED.items()}
"""What was asked of an instance that is as it is, where nothing goes on with it."""

FATAL = frozenset({TaskState.SPAWNING, TaskState.SCHEDULING, TaskState.DELETING})
"""Tasks whose failure leaves nothing that works."""

FAULT = 500


def settle(seen: Instance, outcome: Outcome, now: datetime) -> Instance:
    """The instance after the outcome; `seen` itself if it changes nothing.

    A surrender of anything but a server that is being deleted ends no task: whoever gets the next
    permit has to do what was asked.
    """
    if outcome.order != seen.order or seen.deleted:
        return seen
    if outcome.gone and seen.wanted == Wanted.GONE:
        return deleted(seen, now)
    if seen.task_state is None:
        return seen if seen.wanted == Wanted.GONE else _observed(seen, outcome.state, now)
    if outcome.failure is not None:
        return _failed(seen, outcome.failure, outcome.state, now)
    return seen if outcome.gone else _done(seen, outcome, now)


def _done(seen: Instance, outcome: Outcome, now: datetime) -> Instance:
    """The host has done what was asked, or the guest has ended again since."""
    if seen.wanted == Wanted.GONE:
        return seen
    after = seen._replace(
        vm_state=_BY_WANTED[Wanted(seen.wanted)].value,
        task_state=None,
        launched_at=seen.launched_at or now,
        fault=None,
    )
    return _observed(after, outcome.state, now)


def _failed(seen: Instance, failure: Failure, state: PowerState, now: datetime) -> Instance:
    """A start that failed for good is an error; a server that runs on is what it was."""
    fatal = seen.task_state in FATAL
    vm_state = VmState.ERROR if fatal else VmState(seen.vm_state)
    after = seen._replace(
        vm_state=vm_state.value,
        task_state=None,
        wanted=WANTED_BY.get(vm_state, Wanted.STOPPED).value,
        fault=Fault(FAULT, failure.message, failure.code, now),
        before=None if fatal else seen.before,
    )
    return _observed(after, state, now)


def _observed(seen: Instance, state: PowerState, now: datetime) -> Instance:
    """What its hypervisor says of a guest with which nothing is going on."""
    if seen.before is not None:
        return _restored(seen, state, now)
    after = seen._replace(power_state=_power_state(seen, state))
    if seen.vm_state in (VmState.ACTIVE, VmState.PAUSED) and state in _OFF:
        vm_state = _OFF[state]
        after = after._replace(vm_state=vm_state.value, wanted=WANTED_BY[vm_state].value)
    return after


def _power_state(seen: Instance, state: PowerState) -> int:
    """A guest that ran once and of which there is nothing now is off."""
    ended = state is PowerState.NOSTATE and seen.launched_at is not None
    return int(PowerState.SHUTDOWN if ended else state)


_BY_STATE = {
    PowerState.RUNNING: VmState.ACTIVE,
    PowerState.PAUSED: VmState.PAUSED,
    PowerState.SUSPENDED: VmState.SUSPENDED,
}


def _restored(seen: Instance, state: PowerState, now: datetime) -> Instance:
    """A server that was reported down with its host: the host's own word is the truth again.

    One that was still being built then is no error any more once it runs, and not before.
    """
    if state in _ENDED and seen.launched_at is None:
        return seen
    vm_state = _BY_STATE.get(state, VmState.STOPPED)
    return seen._replace(
        vm_state=vm_state.value,
        wanted=WANTED_BY[vm_state].value,
        power_state=_power_state(seen, state),
        launched_at=seen.launched_at or now,
        fault=None,
        before=None,
    )


def deleted(seen: Instance, now: datetime) -> Instance:
    """The server is gone for those who ask."""
    return seen._replace(
        vm_state=VmState.DELETED.value,
        task_state=None,
        power_state=int(PowerState.NOSTATE),
        wanted=Wanted.GONE.value,
        terminated_at=now,
        deleted_at=now,
        deleted=True,
    )
