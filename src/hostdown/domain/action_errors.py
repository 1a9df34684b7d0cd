"""Why an action on a server is refused (contract 4.1)."""

from hostdown.domain.errors import HostdownError


class ServerLocked(HostdownError):
    """Somebody locked it, and the caller is no administrator."""

    template = "Instance {uuid} is locked"
    code = "server-locked"


class ServerNotReady(HostdownError):
    """It has no host yet."""

    template = "Instance {uuid} is not ready"
    code = "server-not-ready"


class ServerInWrongState(HostdownError):
    """What it is, or what is going on with it, does not allow the action."""

    template = "Cannot '{action}' instance {uuid} while it is in {attribute} {state}"
    code = "server-in-wrong-state"


class ServerNeverRan(HostdownError):
    """Its first start has not succeeded, so there is nothing to act on."""

    template = "Instance {uuid} is in an invalid state for '{action}'"
    code = "server-never-ran"


class HostUnavailable(HostdownError):
    """The server's host is down, so that nobody could carry out the action (edge 60)."""

    template = "Service is unavailable at this time."
    code = "host-unavailable"


class ServerChanging(HostdownError):
    """Others change the server all the time, so that a change found no moment to be made."""

    template = "Instance {uuid} is being changed by other requests; try again."
    code = "server-changing"
