"""What keeps an operator's word on recoveries, or on what they go by, from being taken."""

from hostdown.domain.errors import HostdownError


class RecoveryUnknown(HostdownError):
    """Nobody knows it, or it was so long ago that it is forgotten."""

    template = "There is no recovery {number}: 'hostdown recovery list' shows those that there are."
    code = "recovery-unknown"


class RecoveryHasGoneOn(HostdownError):
    """What is asked of it is not for the stage that it is at."""

    template = "Recovery {number} of host {host} is {stage}: {reason}"
    code = "recovery-has-gone-on"


class DomainUnknown(HostdownError):
    """A typing error would disarm nothing, and nobody would know."""

    template = "No host is in failure domain '{domain}': 'hostdown host list --long' shows them."
    code = "domain-unknown"


class RecoveryDisarmed(HostdownError):
    """What keeps it waiting is not said of it alone."""

    template = "Recovery {number} of host {host} is disarmed ({reason}): 'hostdown recovery arm'."
    code = "recovery-disarmed"


class FailureDomainInvalid(HostdownError):
    """A failure domain's name is shown in lists and counted by."""

    template = "A failure domain is named by 1 to {length_max} printable characters."
    code = "failure-domain-invalid"
