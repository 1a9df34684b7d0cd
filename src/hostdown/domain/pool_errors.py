"""What can be wrong with a pool, the file system that holds disks and leases (NEVER-TWICE L4)."""

from hostdown.domain.errors import HostdownError


class PoolAbsent(HostdownError):
    """The marker is not there: nothing is mounted, or something else is."""

    template = (
        "There is no pool in {path} ({reason}): mount it, or make one there with 'hostdown pool "
        "init {path}'."
    )
    code = "pool-absent"


class PoolFull(HostdownError):
    """No room for what was to be written; nothing half-written stays."""

    template = "The pool in {path} has no room left."
    code = "disk-full"


class PoolFailed(HostdownError):
    """The storage answers with an error."""

    template = "The pool in {path} failed: {reason}."
    code = "pool-failed"


class LeaseUnreadable(HostdownError):
    """A lease is there and cannot be told: it says nothing about who has the disk."""

    template = "The lease of instance {instance} cannot be read: {reason}."
    code = "lease-unreadable"


class PoolForeign(HostdownError):
    """A directory that must not become a pool."""

    template = "{path} cannot become a pool: {reason}."
    code = "pool-foreign"
