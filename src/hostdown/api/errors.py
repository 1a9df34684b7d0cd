"""What can be wrong with a request itself, before or beside what a use case finds.

`api.faults` gives each class its HTTP status; the texts are the contract's.
"""

from hostdown.domain.errors import HostdownError


class NoRoute(HostdownError):
    """No such path, or not with this method (contract 1.5: the HTML page, never a 405)."""

    template = "The resource could not be found."
    code = "no-route"


class MethodNotAllowed(HostdownError):
    """The path exists, with other methods; the Compute API says NoRoute instead."""

    template = "The method is not allowed for this path."
    code = "method-not-allowed"


class NotFoundAtVersion(HostdownError):
    """A path that exists, but not at this microversion or not in this program (contract 1.5)."""

    template = "The resource could not be found."
    code = "not-found-at-version"


class VersionMalformed(HostdownError):
    """A microversion that is not a version number (contract 1.3)."""

    template = (
        "API Version String {version} is of invalid format. Must be of format MajorNum.MinorNum."
    )
    code = "version-malformed"


class VersionOutOfRange(HostdownError):
    """A microversion that this program does not speak (contract 1.3)."""

    template = (
        "Version {version} is not supported by the API. "
        "Minimum is {minimum} and maximum is {maximum}."
    )
    code = "version-out-of-range"


class MediaTypeUnsupported(HostdownError):
    """A Content-Type that is not JSON (contract 1.7)."""

    template = "Unsupported Content-Type"
    code = "media-type-unsupported"


class BodyTooLarge(HostdownError):
    """A body beyond `[oslo_middleware] max_request_body_size` (contract 1.7)."""

    template = "Request is too large."
    code = "body-too-large"


class QueryTooLong(HostdownError):
    """A query string beyond our limit."""

    template = "The query string is longer than {limit} bytes."
    code = "query-too-long"


class BodyMalformed(HostdownError):
    """A body that is not JSON (contract 1.7)."""

    template = "Malformed request body"
    code = "body-malformed"


class ActionUnknown(HostdownError):
    """POST …/action with a key that is none of its actions (contract 1.7)."""

    template = "There is no such action: {action}"
    code = "no-such-action"


class QueryNotUtf8(HostdownError):
    """A query string that does not decode (contract 1.7)."""

    template = "Query string is not UTF-8 encoded"
    code = "query-not-utf8"


class ProjectMismatch(HostdownError):
    """The project in the URL is not the token's (contract 1.1)."""

    template = (
        "Malformed request URL: URL's project_id '{url}' doesn't match Context's "
        "project_id '{token}'"
    )
    code = "project-mismatch"


class Invalid(HostdownError):
    """A body or query that its schema refuses; the sentence comes from the schema."""

    template = "{reason}"
    code = "invalid"
