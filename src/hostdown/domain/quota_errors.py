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


class ServersOverQuota(HostdownError):
    """A project has as many servers as it may, or as large ones."""

    template = (
        "Quota exceeded for {resources}: Requested {requested}, but already used {used} of "
        "{limits} {resources}"
    )
    code = "servers-over-quota"


class TooManyFiles(HostdownError):
    """More files for a new server than a request may bring along."""

    template = "Personality file limit exceeded"
    code = "too-many-files"


class FilePathTooLong(HostdownError):
    """A file for a new server has a path that is too long."""

    template = "Personality file path exceeds maximum {limit}"
    code = "file-path-too-long"


class FileTooLarge(HostdownError):
    """A file for a new server has more bytes than it may."""

    template = "Personality file content exceeds maximum {limit}"
    code = "file-too-large"


class QuotasAreFixed(HostdownError):
    """Quotas are configured, not set by requests."""

    template = (
        "Quotas are the same for all projects and are set in section [quota] of the server's "
        "configuration."
    )
    code = "quotas-are-fixed"
