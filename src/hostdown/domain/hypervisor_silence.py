"""A host whose hypervisor does not answer takes no servers until it does, as with Nova.

Nova's libvirt driver disables the service of such a host, with a reason by which it knows its own
doing again: only what was disabled that way does it enable when libvirt is back.
"""

from hostdown.domain.host_fault import REASON_LENGTH_MAX
from hostdown.domain.model import Service

AUTOMATIC = "AUTO: "
"""How the reason begins of a service that nobody has disabled but its host (Nova's words)."""


def as_hypervisor_says(service: Service, silence: str | None) -> Service:
    """The service as its host's hypervisor would have it; `service` itself if that is no change.

    `silence`: why the hypervisor does not answer, "" if it does, None if nobody knows. What an
    operator has disabled stays as it is, with its reason.
    """
    if silence and not service.disabled:
        reason = (AUTOMATIC + silence)[:REASON_LENGTH_MAX]
        return service._replace(disabled=True, disabled_reason=reason)
    if silence == "" and service.disabled and _automatic(service):
        return service._replace(disabled=False, disabled_reason=None)
    return service


def _automatic(service: Service) -> bool:
    return (service.disabled_reason or "").startswith(AUTOMATIC)
