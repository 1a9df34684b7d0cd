"""What a hypervisor says instead of doing what was asked."""

from hostdown.domain.assignment import Failure
from hostdown.domain.errors import HostdownError


class HypervisorSilent(HostdownError):
    """No answer in time, or no connection: what is there is unknown, which is not "nothing".

    What was asked may have happened, or happen yet.
    """

    template = "The hypervisor does not answer: {reason}."
    code = "hypervisor-silent"


class ImageLocked(HostdownError):
    """Another process writes to the disk; try again as long as the claim holds (NEVER-TWICE S3)."""

    template = (
        "Another process holds the lock on {disk}: the host that had the server may still run it."
    )
    code = "image-locked"


class GuestRefused(HostdownError):
    """The hypervisor answered that it will not; asking again would not change it."""

    template = "{message}"
    code = "guest-refused"

    def __init__(self, failure: Failure) -> None:
        super().__init__(message=failure.message)
        self.failure = failure


class GuestUnknown(HostdownError):
    """There is no such guest: it never was, or it ended by itself."""

    template = "There is no guest {uuid}."
    code = "guest-unknown"


class NotGone(HostdownError):
    """The guest's process does not end, not even by SIGKILL: it may still write (W3: no surrender).

    The kernel holds it in D state as long as it waits for storage.
    """

    template = "Process {pid} of guest {uuid} does not end; it waits for storage."
    code = "guest-not-gone"
