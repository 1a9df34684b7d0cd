"""Why an evacuation is refused, or an un-force that would come too early (contract 2.5, 4.2)."""

from hostdown.domain.errors import HostdownError


class DestinationUnknown(HostdownError):
    """No such compute host (check 7)."""

    template = "Compute host {host} not found."
    code = "destination-unknown"


class DestinationIsSource(HostdownError):
    """The host asked for is the one that the server is on (check 8)."""

    template = "The target host can't be the same one."
    code = "destination-is-source"


class SourceInUse(HostdownError):
    """The server's host is up (check 12)."""

    template = "Compute service of {host} is still in use."
    code = "source-in-use"


class ForcedNowhere(HostdownError):
    """`force` without a host (check 5)."""

    template = "Can't force to a non-provided destination"
    code = "forced-nowhere"


class PasswordOnExistingDisk(HostdownError):
    """A password for a disk that is kept (check 6)."""

    template = "admin password can't be changed on existing disk"
    code = "password-on-existing-disk"


class HostNotCleared(HostdownError):
    """The host may still have what was moved from it (contract 2.5, check 5; 10.1, edge 3)."""

    template = (
        "Unable to force up host {host} as `done` evacuation migration records remain associated "
        "with the host. Ensure the compute service has been restarted, allowing these records to "
        "move to `completed` before retrying this request."
    )
    code = "host-not-cleared"


class HostNotSettled(HostdownError):
    """A power-off that was sent to the host may still be on its way (NEVER-TWICE F2)."""

    template = (
        "Unable to force up host {host}: a power-off was sent to it at {sent_at}, and may take "
        "{within} seconds to arrive. Try again then."
    )
    code = "host-not-settled"
