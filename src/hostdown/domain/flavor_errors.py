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


class FlavorNameTaken(HostdownError):
    """Another flavor has this name."""

    template = "Flavor with name {name} already exists."
    code = "flavor-name-taken"


class FlavorIdTaken(HostdownError):
    """Another flavor has this id."""

    template = "Flavor with ID {flavor_id} already exists."
    code = "flavor-id-taken"


class FlavorNeedsNoAccess(HostdownError):
    """A project is let in to a flavor that everybody may use (microversion 2.7)."""

    template = "Can not add access to a public flavor."
    code = "flavor-needs-no-access"


class FlavorAccessExists(HostdownError):
    """The project to let in may use the flavor."""

    template = (
        "Flavor access already exists for flavor {flavor_id} and project {project_id} combination."
    )
    code = "flavor-access-exists"


class FlavorAccessNotFound(HostdownError):
    """The project to shut out was not let in."""

    template = "Flavor access not found for {flavor_id} / {project_id} combination."
    code = "flavor-access-not-found"


class ExtraSpecInvalid(HostdownError):
    """An extra spec that means something, with a value that does not (microversion 2.86)."""

    template = "Validation failed; {reason}."
    code = "extra-spec-invalid"
