"""What can be wrong with a request for flavors (contract 6.6)."""

from hostdown.domain.errors import HostdownError


class FlavorNotFound(HostdownError):
    """No such flavor, or none that the caller may see."""

    template = "Flavor {flavor_id} could not be found."
    code = "flavor-not-found"


class FlavorIsPublic(HostdownError):
    """Who may use a flavor is asked of one that everybody may use."""

    template = "Access list not available for public flavors."
    code = "flavor-is-public"


class ExtraSpecNotFound(HostdownError):
    """A flavor has no extra spec of this name."""

    template = "Flavor {flavor_id} has no extra specs with key {key}."
    code = "extra-spec-not-found"
