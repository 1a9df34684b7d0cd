"""What can be wrong with a list in pages."""

from hostdown.domain.errors import HostdownError


class MarkerNotFound(HostdownError):
    """The thing after which a page was to begin is not there (contract 1.11)."""

    template = "marker [{marker}] not found"
    code = "marker-not-found"


class MarkerMissing(HostdownError):
    """The same, as lists of migrations and of key pairs word it."""

    template = "Marker {marker} could not be found."
    code = "marker-missing"
