"""What can be wrong with a request for one resource; texts of contract 2.5 to 2.8."""

from hostdown.domain.errors import HostdownError


class UnknownAction(HostdownError):
    """PUT /os-services/<something else>."""

    template = "Unknown action"
    code = "unknown-action"


class DisabledReasonMissing(HostdownError):
    """disable-log-reason without a reason."""

    template = "Missing disabled reason field"
    code = "disabled-reason-missing"


class ForcedDownMissing(HostdownError):
    """force-down without the flag."""

    template = "Missing forced_down field"
    code = "forced-down-missing"


class UuidInvalid(HostdownError):
    """An id that is no uuid where one is needed."""

    template = "Invalid uuid {id}"
    code = "uuid-invalid"


class IdNotInteger(HostdownError):
    """An id that is no integer where one is needed."""

    template = "Invalid input received: id must be an integer"
    code = "id-not-integer"


class ImagesRepeated(HostdownError):
    """One image twice in a request to cache images (contract 6.3)."""

    template = "Duplicate images in request"
    code = "images-repeated"


class EnabledWithReason(HostdownError):
    """A reason for enabling a service."""

    template = "Specifying 'disabled_reason' with status 'enabled' is invalid."
    code = "enabled-with-reason"


class NoUpdates(HostdownError):
    """A change that names nothing to change."""

    template = "No updates were requested. Fields 'status' or 'forced_down' should be specified."
    code = "no-updates"


class FilterInvalid(HostdownError):
    """A value that a parameter of the flavors list cannot have (contract 6.6)."""

    template = "Invalid {name} filter [{value}]"
    code = "filter-invalid"


class ExtraSpecMismatch(HostdownError):
    """A body that names another extra spec than the path."""

    template = "Request body and URI mismatch"
    code = "extra-spec-mismatch"


class PatternWithPaging(HostdownError):
    """A part of a name and a page at once; Nova meant this sentence (contract 10.5, edge 62)."""

    template = (
        "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not "
        "supported."
    )
    code = "pattern-with-paging"


class MetadataKeyMismatch(HostdownError):
    """The body of a request for one key of metadata holds another one (contract 3.10)."""

    template = "Request body and URI mismatch"
    code = "metadata-key-mismatch"
