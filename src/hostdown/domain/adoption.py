"""Holders that a database does not know: it lost commits, and hosts remember (NEVER-TWICE L3, P5).

A database that was put back from a backup, or a replica that lacked commits, knows fewer permits
than were granted. Whoever was granted one keeps a note of it, and runs by it. So nothing is ended
for being unknown: it becomes the open permit, and the next one waits for its end.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from hostdown.domain.assignment import Had, PowerState, Wanted
from hostdown.domain.instance import RUN, Instance, Permit, PermitState, VmState
from hostdown.domain.permits import held


class Verdict(StrEnum):
    """What becomes of a permit that a host says it has."""

    HELD = "held"
    """It is known, and open."""
    ENDED = "ended"
    """It was ended, or nothing was ever done by it and somebody else may do it now, or somebody has
    claimed the disk since."""
    ADOPT = "adopt"
    """It becomes the open one."""
    AWAIT = "await"
    """It becomes one that waits for the guest, until the host that has it says where it stays."""
    ASK_BACK = "ask back"
    """It will, once another host has given up what it was granted meanwhile."""
    STRANGE = "strange"
    """Another host runs the server, too: nobody but an operator can tell which one is right."""


def verdict(had: Had, host_id: str, permits: Sequence[Permit]) -> Verdict:
    """`permits` are all that the database knows of the instance."""
    mine = [
        each for each in permits if (each.generation, each.host_id) == (had.generation, host_id)
    ]
    if mine:
        return Verdict.HELD if mine[-1].ended is None else Verdict.ENDED
    if had.incoming:
        newest = max((each.generation for each in permits), default=0)
        return Verdict.AWAIT if had.generation > newest else Verdict.ENDED
    holder = held(permits)
    if had.generation > max((each.generation for each in permits if each.kind == RUN), default=0):
        # It was granted after all that is known, when that had ended.
        return Verdict.ADOPT
    # Claims of a disk are in the order of their generations (NEVER-TWICE L3).
    is_over = any(each.confirmed and each.generation > had.generation for each in permits)
    if is_over or not had.claimed:
        return Verdict.ENDED
    if holder is None:
        return Verdict.ADOPT
    return Verdict.ASK_BACK if holder.state == PermitState.GRANTED else Verdict.STRANGE


_SHOWN = {
    PowerState.RUNNING: (VmState.ACTIVE, Wanted.RUNNING),
    PowerState.PAUSED: (VmState.PAUSED, Wanted.PAUSED),
    PowerState.SUSPENDED: (VmState.SUSPENDED, Wanted.SUSPENDED),
    PowerState.SHUTDOWN: (VmState.STOPPED, Wanted.STOPPED),
    PowerState.CRASHED: (VmState.STOPPED, Wanted.STOPPED),
}


def found(seen: Instance, had: Had, host: str, node: str | None, now: datetime) -> Instance:
    """The server, on the host that was found to have it.

    What was going on as far as the database knew is history. Orders that the host carried out have
    numbers, so the next one has a greater one; where it told of nothing, or the server is to go,
    what is wanted is asked for anew.
    """
    after = seen._replace(
        host=host, node=node, order=max(seen.order, had.order), before=None, reboot=None
    )
    if seen.wanted == Wanted.GONE:
        return after._replace(order=after.order + 1)
    if had.state not in _SHOWN:
        return after._replace(order=after.order + 1, task_state=None)
    vm_state, wanted = _SHOWN[had.state]
    return after._replace(
        vm_state=vm_state.value,
        task_state=None,
        wanted=wanted.value,
        power_state=int(had.state),
        launched_at=seen.launched_at or now,
        fault=None,
    )
