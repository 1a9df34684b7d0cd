"""What can be wrong with a request to the Identity API, and each error's status.

The body is Keystone's: {"error": {"code", "title", "message"}}.
"""

import orjson
from falcon import Response, code_to_http_status

from hostdown.api.errors import (
    BodyMalformed,
    BodyTooLarge,
    MethodNotAllowed,
    QueryNotUtf8,
    QueryTooLong,
)
from hostdown.domain import identity_errors as identity
from hostdown.domain.errors import DirectoryUnavailable, HostdownError, NameTaken, StorageFull


class Expected(HostdownError):
    """A body or a header that says too little, or something else than it may."""

    template = (
        "Expecting to find {attribute} in {target}. The server could not comply with the request "
        "since it is either malformed or otherwise incorrect. The client is assumed to be in error."
    )
    code = "expected"


class InputInvalid(HostdownError):
    """A field that is not what it may be."""

    template = "Invalid input for field/attribute {name}. Value: {value}. {reason}"
    code = "input-invalid"


class PlaceUnknown(HostdownError):
    """A project that would be somewhere else than in the one domain."""

    template = "{reason}"
    code = "place-unknown"


class Fixed(HostdownError):
    """What the embedded identity has, for good."""

    template = "You are not authorized to perform the requested action: {action}. {reason}"
    code = "fixed"


class NotAllowed(HostdownError):
    """The token is good, but not for this."""

    template = "You are not authorized to perform the requested action: {action}."
    code = "not-allowed"


class SubjectNotThere(HostdownError):
    """The token asked about is not valid; it is never repeated in an answer."""

    template = "Could not find the token: it is not valid, has expired or was revoked."
    code = "subject-not-there"


STATUS: dict[type[HostdownError], int] = {
    Expected: 400,
    InputInvalid: 400,
    PlaceUnknown: 400,
    identity.NameRefused: 400,
    identity.PasswordRefused: 400,
    identity.ExtraTooLarge: 400,
    BodyMalformed: 400,
    QueryNotUtf8: 400,
    QueryTooLong: 400,
    identity.LoginRefused: 401,
    identity.TokenRefused: 401,
    NotAllowed: 403,
    Fixed: 403,
    identity.LastAdmin: 403,
    identity.TooManyKept: 403,
    identity.NoSuch: 404,
    identity.GrantUnknown: 404,
    SubjectNotThere: 404,
    MethodNotAllowed: 405,
    NameTaken: 409,
    BodyTooLarge: 413,
    identity.TooManyGuesses: 429,
    identity.LoginsBusy: 503,
    DirectoryUnavailable: 503,
    StorageFull: 503,
}

UNAUTHORIZED = "The request you have made requires authentication."

TAKEN = (
    "Conflict occurred attempting to store {kind} - "
    "Duplicate entry found with name {name} at domain ID default."
)


def answer(resp: Response, error: HostdownError, auth_url: str) -> None:
    """Answer by an error that is in `STATUS`; any other is raised again."""
    status = STATUS.get(type(error))
    if status is None:
        raise error
    line = code_to_http_status(status)
    message = UNAUTHORIZED if status == 401 else error.message
    if isinstance(error, NameTaken):
        message = TAKEN.format(**error.facts)
    resp.status = line
    resp.content_type = "application/json"
    resp.data = orjson.dumps(
        {"error": {"code": status, "title": line.partition(" ")[2], "message": message}}
    )
    if status == 401:
        resp.set_header("WWW-Authenticate", f'Keystone uri="{auth_url}"')
    if isinstance(error, MethodNotAllowed):
        resp.set_header("Allow", str(error.facts["methods"]))
    if "retry_after_s" in error.facts:
        resp.set_header("Retry-After", str(error.facts["retry_after_s"]))
