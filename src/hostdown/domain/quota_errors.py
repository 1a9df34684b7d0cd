"""What a quota refuses (contract 6.5)."""

from hostdown.domain.errors import HostdownError


class TooManyServerGroups(HostdownError):
    """A project has as many groups as it may."""

    template = "Quota exceeded, too many server groups."
    code = "too-many-server-groups"


class TooManyServersInGroup(HostdownError):
    """A group has as many servers as it may."""

    template = "Quota exceeded, too many servers in group"
    code = "too-many-servers-in-group"


class QuotasAreFixed(HostdownError):
    """Quotas are configured, not set by requests."""

    template = (
        "Quotas are the same for all projects and are set in section [quota] of the server's "
        "configuration."
    )
    code = "quotas-are-fixed"
