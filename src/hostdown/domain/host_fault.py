"""A host that somebody reported down, and what becomes of its servers and its service then.

By the blueprint "Report host fault to update server state immediately": the servers are shown as
what they are without their host. What each was is remembered, because the report may be taken back.
"""

from datetime import datetime

from hostdown.domain.assignment import PowerState, Wanted
from hostdown.domain.instance import Before, Fault, Instance, VmState
from hostdown.domain.model import Service
from hostdown.domain.settlement import WANTED_BY

_RAN = (VmState.ACTIVE, VmState.PAUSED, VmState.SUSPENDED, VmState.RESCUED)
"""What is stopped without its host; what is not here, nor being built, is left untouched."""

BUILD_FAULT = "The host was reported down while the server was being built."


def without_host(seen: Instance, now: datetime) -> Instance:
    """The server once its host was reported down; `seen` itself if that does not change it.

    No order is given: a host that lives all the same is told to leave everything as it is, also
    what was asked of it and is not done yet. What was being deleted still is.
    """
    if seen.deleted or not (seen.vm_state in _RAN or seen.vm_state == VmState.BUILDING):
        return seen
    gone = seen.wanted == Wanted.GONE
    as_it_is = WANTED_BY.get(VmState(seen.vm_state), Wanted.RUNNING)
    after = seen._replace(
        task_state=None,
        wanted=seen.wanted if gone else as_it_is.value,
        reboot=None,
        before=Before(seen.vm_state, seen.power_state, seen.wanted),
    )
    if seen.vm_state == VmState.BUILDING:
        fault = Fault(500, BUILD_FAULT, "", now)
        return after._replace(vm_state=VmState.ERROR.value, fault=fault)
    shutdown = int(PowerState.SHUTDOWN)
    return after._replace(vm_state=VmState.STOPPED.value, power_state=shutdown)


def with_host_again(seen: Instance) -> Instance:
    """The server once the report was taken back: its host is asked for what was wanted before.

    What it is, its host says then (`settlement.settle`).
    """
    if seen.before is None or seen.deleted:
        return seen
    return seen._replace(order=seen.order + 1, wanted=seen.before.wanted, reboot=None)


MAINTENANCE = "maintenance"
"""Why a service is disabled while its host is worked on."""
_BEFORE = f"{MAINTENANCE}; "
_NO_REASON = "disabled without a reason"
"""Stands behind it for what has no words of its own."""
REASON_LENGTH_MAX = 255
"""Characters; the width of the column."""


def in_maintenance(service: Service) -> bool:
    """Its host is being worked on: nobody recovers its servers meanwhile."""
    reason = service.disabled_reason or ""
    return service.disabled and (reason == MAINTENANCE or reason.startswith(_BEFORE))


def left_alone(service: Service) -> str | None:
    """Why nobody recovers its servers, whatever becomes of its host; None if that is done."""
    if service.forced_down:
        return "Somebody else forced it down."
    return "It is in maintenance." if in_maintenance(service) else None


def disabled(service: Service) -> Service:
    """The service from when somebody disables it; while its host is worked on, for afterwards."""
    if not service.disabled:
        return service._replace(disabled=True, disabled_reason=None)
    if service.disabled_reason == MAINTENANCE:
        return service._replace(disabled_reason=_BEFORE + _NO_REASON)
    return service


def maintained(service: Service) -> Service:
    """The service from when work on its host begins; why it was disabled before is kept."""
    if in_maintenance(service):
        return service
    reason = MAINTENANCE
    if service.disabled:
        reason = (_BEFORE + (service.disabled_reason or _NO_REASON))[:REASON_LENGTH_MAX]
    return service._replace(disabled=True, disabled_reason=reason)


def maintained_no_more(service: Service) -> Service:
    """Undoes exactly what `maintained` did."""
    if not in_maintenance(service):
        return service
    reason = service.disabled_reason or ""
    if reason == MAINTENANCE:
        return service._replace(disabled=False, disabled_reason=None)
    before = reason.removeprefix(_BEFORE)
    return service._replace(disabled_reason=None if before in ("", _NO_REASON) else before)
