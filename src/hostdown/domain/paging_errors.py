"""What can be wrong with a list in pages."""

from hostdown.domain.errors import HostdownError


class MarkerNotFound(HostdownError):
    """The thing after which a page was to begin is not there (contract 1.11)."""

    template = "marker [{marker}] not found"
    code = "marker-not-found"
