"""What keeps a host from being kept for recoveries."""

from hostdown.domain.errors import HostdownError


class HostNotEmpty(HostdownError):
    """A host that is kept for recoveries has nothing that a recovery would have to move round."""

    template = (
        "Host {host} has servers, or some are on their way there: move them first, then reserve it."
    )
    code = "host-not-empty"


class HostIsDisabled(HostdownError):
    """Somebody disabled it for a reason of their own, which would be lost."""

    template = "Host {host} is disabled ({reason}): enable it first, then reserve it."
    code = "host-is-disabled"
