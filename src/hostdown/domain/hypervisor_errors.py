"""What can be wrong with a request about a compute node; texts of contract 6.1 and 6.2."""

from hostdown.domain.errors import HostdownError


class HypervisorNotFound(HostdownError):
    """No such node, or its service or host is gone."""

    template = "Hypervisor with ID '{hypervisor_id}' could not be found."
    code = "hypervisor-not-found"


class NoHypervisorMatches(HostdownError):
    """No node's hypervisor has this in its host name."""

    template = "No hypervisor matching '{pattern}' could be found."
    code = "no-hypervisor-matches"


class ComputeHostNotFound(HostdownError):
    """A host that is not enrolled by exactly this name, or has not said yet what it has."""

    template = "Compute host {host} could not be found."
    code = "compute-host-not-found"


class ComputeUnavailable(HostdownError):
    """A host that is down cannot be asked."""

    template = "Compute service of {host} is unavailable at this time."
    code = "compute-unavailable"


class NotSupported(HostdownError):
    """What no host can do, or this host's hypervisor cannot (contract 1.6)."""

    template = "The requested functionality is not supported."
    code = "not-supported"
