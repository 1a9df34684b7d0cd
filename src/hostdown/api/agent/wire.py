"""The envelope of what agents and servers say to each other: headers, limits, signatures, errors.

Only an answer to somebody proven is signed, so an agent acts upon nothing that it cannot check: a
stranger on its way to the server cannot tell it that its host was deleted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import BinaryIO, NamedTuple, cast

import orjson

from hostdown.domain import errors, image_errors
from hostdown.domain.action_errors import ServerChanging
from hostdown.domain.boots import Moment
from hostdown.domain.credit_errors import WatchdogChanged
from hostdown.domain.errors import (
    HostdownError,
    MessageMalformed,
    MessageTooLarge,
    RequestStale,
    SignatureRefused,
)
from hostdown.domain.event_errors import EventKindUnknown, EventMalformed, TooManyEvents
from hostdown.domain.fence_errors import FencingFileUnusable, HostWithoutFencing
from hostdown.domain.identity_errors import (
    KeystoneSilent,
    KeystoneUnavailable,
    LoginsBusy,
    TooManyGuesses,
)
from hostdown.domain.permit_errors import GrantsWait
from hostdown.domain.recovery_errors import (
    DomainUnknown,
    FailureDomainInvalid,
    RecoveryDisarmed,
    RecoveryHasGoneOn,
    RecoveryUnknown,
)
from hostdown.domain.reserve_errors import HostIsDisabled, HostNotEmpty
from hostdown.domain.signing import TIME_SKEW_MAX_S, answer_mac, request_mac, same

BODY_BYTES_MAX = 100_000
"""A report with some 1,000 instances; the other messages are far smaller."""

NONCE_LENGTH_MAX = 64
"""Characters; at least 16."""

_EPOCH = datetime(1970, 1, 1)
_MILLISECOND = timedelta(milliseconds=1)
_LENGTH_DIGITS_MAX = 9

STATUSES: dict[type[HostdownError], int] = {
    errors.HostNameInvalid: 400,
    errors.MessageMalformed: 400,
    errors.SignatureRefused: 401,
    errors.RequestStale: 401,
    errors.EnrolmentRefused: 403,
    EventMalformed: 400,
    EventKindUnknown: 400,
    TooManyEvents: 400,
    RecoveryUnknown: 404,
    DomainUnknown: 404,
    HostWithoutFencing: 409,
    FailureDomainInvalid: 400,
    HostNotEmpty: 409,
    HostIsDisabled: 409,
    FencingFileUnusable: 409,
    RecoveryHasGoneOn: 409,
    RecoveryDisarmed: 409,
    errors.HostUnknown: 404,
    errors.HostNotMapped: 404,
    errors.ReportReplayed: 409,
    errors.HostNameTaken: 409,
    errors.HostIsLive: 409,
    errors.HostMachineChanged: 409,
    errors.MachineEnrolled: 409,
    errors.HostForked: 409,
    errors.BootOver: 409,
    errors.SessionUnknown: 409,
    WatchdogChanged: 409,
    errors.HostDeleted: 410,
    errors.SessionEnded: 410,
    errors.MessageTooLarge: 413,
    image_errors.ImageUnknown: 404,
    image_errors.ImageNotActive: 404,
    image_errors.ImageLost: 404,
    image_errors.ImageUnusable: 503,
    image_errors.ImageStorageFailed: 503,
    image_errors.GlanceUnavailable: 503,
    errors.DirectoryUnavailable: 503,
    errors.CellUnavailable: 503,
    GrantsWait: 503,
    errors.StorageFull: 503,
    KeystoneUnavailable: 503,
    TooManyGuesses: 429,
    LoginsBusy: 503,
    KeystoneSilent: 503,
    ServerChanging: 503,
}
"""What is not listed here is a bug of ours and ends as 500."""

_SHOWN = ("newest", "retry_after_s", "server_time_ms")
"""Facts of an error that an agent can use, beside its code."""


class Envelope(NamedTuple):
    """A request as it arrived; nothing of it is proven yet."""

    method: str
    path: str
    body: bytes
    time_ms: int
    nonce: str
    mac: str

    def authentic(self, secret: bytes) -> bool:
        """Whether it was signed with this secret."""
        expected = request_mac(secret, self.method, self.path, self.body, self.time_ms, self.nonce)
        return same(self.mac, expected)

    def moment(self, now: datetime) -> Moment:
        """When it was sent, and that it arrived now."""
        return Moment(_EPOCH + self.time_ms * _MILLISECOND, now)

    def check_time(self, now: datetime) -> None:
        """Raises RequestStale if it is not of this time, and says what time it is here."""
        server_time_ms = (now - _EPOCH) // _MILLISECOND
        if abs(server_time_ms - self.time_ms) > TIME_SKEW_MAX_S * 1000:
            raise RequestStale(skew_max_s=TIME_SKEW_MAX_S, server_time_ms=server_time_ms)


class Answer(NamedTuple):
    """An answer; `secret` signs it, or is None where nobody is proven."""

    status: int
    body: bytes
    secret: bytes | None = None

    def mac(self, nonce: str) -> str | None:
        """The signature for the request that carried `nonce`."""
        if self.secret is None:
            return None
        return answer_mac(self.secret, self.status, nonce, self.body)


def read(environ: Mapping[str, object]) -> Envelope:
    """The request in its envelope; raises MessageMalformed, MessageTooLarge, SignatureRefused."""
    text = cast(Callable[[str, str], str], environ.get)
    body = read_body(environ)
    time_ms, nonce = text("HTTP_X_HOSTDOWN_TIME", ""), text("HTTP_X_HOSTDOWN_NONCE", "")
    mac = text("HTTP_X_HOSTDOWN_MAC", "")
    if not (mac.isascii() and time_ms.isascii() and time_ms.isdigit() and len(time_ms) <= 15):
        raise SignatureRefused(reason="it carries no signature")
    if not (nonce.isascii() and 16 <= len(nonce) <= NONCE_LENGTH_MAX):
        raise SignatureRefused(reason="its nonce is not 16 to 64 characters long")
    path, query = text("PATH_INFO", ""), text("QUERY_STRING", "")
    return Envelope(
        method=text("REQUEST_METHOD", ""),
        path=f"{path}?{query}" if query else path,
        body=body,
        time_ms=int(time_ms),
        nonce=nonce,
        mac=mac,
    )


def read_body(environ: Mapping[str, object], most: int = BODY_BYTES_MAX) -> bytes:
    """The body, `most` bytes at most; without a length there is none."""
    length = cast(str, environ.get("CONTENT_LENGTH")) or "0"
    if not (length.isascii() and length.isdigit()):
        raise MessageMalformed(reason="its length is not a number")
    if len(length) > _LENGTH_DIGITS_MAX or int(length) > most:
        raise MessageTooLarge(limit=most)
    body = cast(BinaryIO, environ["wsgi.input"]).read(int(length))
    if len(body) != int(length):
        raise MessageMalformed(reason="it ended too early")
    return body


def told(status: int, content: Mapping[str, object], secret: bytes | None = None) -> Answer:
    """An answer with this content."""
    return Answer(status, orjson.dumps(content), secret)


def failed(error: HostdownError, secret: bytes | None = None) -> Answer:
    """An answer that says what went wrong; raises `error` itself if it is a bug of ours."""
    status = STATUSES.get(type(error))
    if status is None:
        raise error
    facts = {name: error.facts[name] for name in _SHOWN if name in error.facts}
    content = {"error": {"code": error.code, "message": error.message, **facts}}
    return told(status, content, secret)
