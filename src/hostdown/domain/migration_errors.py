"""What can be wrong with a request for a live migration of a server (contract 4.7)."""

from hostdown.domain.errors import HostdownError


class MigrationNotFound(HostdownError):
    """The server has no migration of this number."""

    template = "In-progress live migration {id} is not found for server {server_id}."
    code = "migration-not-found"


class MigrationNotLive(HostdownError):
    """It is of another type."""

    template = "Migration {id} for server {server_id} is not live-migration."
    code = "migration-not-live"


class MigrationOfOther(HostdownError):
    """What is to be changed is no migration of this server."""

    template = "Migration {id} not found for instance {server_id}"
    code = "migration-of-other"


class ForcedMigrationOfOther(MigrationOfOther):
    """As one that is to be completed by force: another status of the same answer."""

    code = "forced-migration-of-other"


class MigrationInWrongState(HostdownError):
    """It has not come so far, or it is too late."""

    template = (
        "Migration {id} state of instance {server_id} is {state}. Cannot {method} while the "
        "migration is in this state."
    )
    code = "migration-in-wrong-state"


class HostUnavailable(HostdownError):
    """A host that has to take part in it is down (contract 4.5)."""

    template = "Compute service of {host} is unavailable at this time."
    code = "live-migration-host-unavailable"


class LiveMigrationToSource(HostdownError):
    """The host asked for is the one that the server is on."""

    template = "Unable to migrate instance ({server_id}) to current host ({host})."
    code = "live-migration-to-source"


class DiskIsShared(HostdownError):
    """Its disk was to be copied, and there is one for all hosts."""

    template = (
        "{host} is not on local storage: Block migration can not be used with shared storage."
    )
    code = "disk-is-shared"


class DiskIsLocal(HostdownError):
    """No other host reaches its disk."""

    template = (
        "{host} is not on shared storage: Shared storage live-migration requires either shared "
        "storage or boot-from-volume with no local disks."
    )
    code = "disk-is-local"


class NoHostForIt(HostdownError):
    """No host would have it."""

    template = "No valid host was found. {reason}"
    code = "live-migration-no-host"


class MigrationNotInProgress(HostdownError):
    """It has ended, or has not begun."""

    template = "Live migration {id} for server {server_id} is not in progress."
    code = "migration-not-in-progress"
