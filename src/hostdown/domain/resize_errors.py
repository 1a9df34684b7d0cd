"""Why a migration or a resize is refused (contract 4.4)."""

from hostdown.domain.errors import HostdownError


class MigrationTargetUnknown(HostdownError):
    """No such compute host."""

    template = "Compute host {host} could not be found."
    code = "migration-target-unknown"


class MigrationToSource(HostdownError):
    """The host asked for is the one that the server is on."""

    template = "Cannot migrate to the host where the server exists."
    code = "migration-to-source"


class FlavorUnchanged(HostdownError):
    """A resize to the flavor that the server has."""

    template = "When resizing, instances must change flavor!"
    code = "flavor-unchanged"


class DiskCannotShrink(HostdownError):
    """A resize to a smaller disk: nobody knows what of it is used."""

    template = "Resize to zero disk flavor is not allowed."
    code = "disk-cannot-shrink"
