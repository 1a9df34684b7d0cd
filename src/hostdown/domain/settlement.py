"""What a host's word about an instance makes of it (contract 3.5, 4.1).

An outcome of the newest order ends what is going on. One of an older order is history: it arrives
late or again. What a host sees of an instance with which nothing is going on is the truth about its
guest, as Nova's synchronisation of power states takes it: a guest that ended by itself is stopped.
"""

from datetime import datetime

from hostdown.domain.assignment import Outcome, PowerState, Wanted
from hostdown.domain.instance import Fault, Instance, TaskState, VmState

_ENDED = (PowerState.SHUTDOWN, PowerState.CRASHED, PowerState.NOSTATE)
"""No process, whatever the reason."""

_BY_WANTED = {
    Wanted.RUNNING: VmState.ACTIVE,
    Wanted.STOPPED: VmState.STOPPED,
    Wanted.PAUSED: VmState.PAUSED,
    Wanted.SUSPENDED: VmState.SUSPENDED,
}
_WANTED_BY = {vm_state: wanted for wanted, vm_state in _BY_WANTED.items()}

FATAL = frozenset({TaskState.SPAWNING, TaskState.SCHEDULING, TaskState.DELETING})
"""Tasks whose failure leaves nothing that works."""

FAULT = 500


def settle(seen: Instance, outcome: Outcome, now: datetime) -> Instance:
    """The instance after the outcome; `seen` itself if it changes nothing."""
    if outcome.order != seen.order or seen.deleted:
        return seen
    if outcome.failure is not None:
        return _failed(seen, outcome, now)
    if outcome.gone and seen.wanted == Wanted.GONE:
        return deleted(seen, now)
    if seen.task_state is not None:
        return _done(seen, outcome, now)
    return _observed(seen, outcome.state)


def _done(seen: Instance, outcome: Outcome, now: datetime) -> Instance:
    """The host has done what was asked, or the guest has ended again since."""
    if seen.wanted == Wanted.GONE:
        return seen
    after = seen._replace(
        vm_state=_BY_WANTED[Wanted(seen.wanted)].value,
        task_state=None,
        power_state=int(outcome.state),
        launched_at=seen.launched_at or now,
        fault=None,
    )
    return _observed(after, outcome.state)


def _failed(seen: Instance, outcome: Outcome, now: datetime) -> Instance:
    """A start that failed for good is an error; a server that runs on is what it was."""
    if seen.task_state is None or outcome.failure is None:
        return seen
    fault = Fault(FAULT, outcome.failure.message, outcome.failure.code, now)
    fatal = seen.task_state in FATAL
    vm_state = VmState.ERROR if fatal else VmState(seen.vm_state)
    after = seen._replace(
        vm_state=vm_state.value,
        task_state=None,
        power_state=int(outcome.state),
        wanted=_WANTED_BY.get(vm_state, Wanted.STOPPED).value,
        fault=fault,
    )
    return after if fatal else _observed(after, outcome.state)


def _observed(seen: Instance, state: PowerState) -> Instance:
    """What its hypervisor says of a guest with which nothing is going on."""
    if seen.before is not None:
        return _restored(seen, state)
    ended = state in _ENDED and seen.vm_state in (VmState.ACTIVE, VmState.PAUSED)
    power_state = PowerState.SHUTDOWN if state is PowerState.NOSTATE else state
    after = seen._replace(power_state=int(power_state))
    if ended:
        stopped = VmState.STOPPED.value
        after = after._replace(vm_state=stopped, wanted=Wanted.STOPPED.value)
    return after


_BY_STATE = {
    PowerState.RUNNING: VmState.ACTIVE,
    PowerState.PAUSED: VmState.PAUSED,
    PowerState.SUSPENDED: VmState.SUSPENDED,
}


def _restored(seen: Instance, state: PowerState) -> Instance:
    """A server that was reported down with its host: the host's own word is the truth again."""
    vm_state = _BY_STATE.get(state, VmState.STOPPED)
    power_state = PowerState.SHUTDOWN if state in _ENDED else state
    return seen._replace(
        vm_state=vm_state.value,
        wanted=_WANTED_BY[vm_state].value,
        power_state=int(power_state),
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
