"""Reading a request: its id, its address, its body, its query; every reader has a limit."""

import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from typing import BinaryIO, cast
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from hostdown.api.errors import BodyMalformed, BodyTooLarge, QueryNotUtf8, QueryTooLong

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that this thread serves; log lines carry it."""

CALLER_KEY = "hostdown.caller"
"""Where a WSGI environment keeps the authenticated Caller, for the request log."""

ROUTINE_KEY = "hostdown.routine"
"""Set in the WSGI environment of what comes all the time: reports, health checks. Good answers to
it are logged at debug level only, or nobody would find anything else."""

QUERY_BYTES_MAX = 16384
"""What follows the `?` of an address; more is answered with 414."""

_GLOBAL_ID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def new_request_id() -> str:
    """`req-` and a random UUID (contract 1.4)."""
    return f"req-{uuid.uuid4()}"


def global_request_id(environ: Mapping[str, object]) -> str | None:
    """The id that the caller gave, kept for the records; None unless it is well-formed."""
    given = environ.get("HTTP_X_OPENSTACK_REQUEST_ID")
    return given if isinstance(given, str) and _GLOBAL_ID.fullmatch(given) else None


def link_base(scheme: str, host: str, prefix: str | None) -> str:
    """What links begin with: the request's scheme and host, or `[api] compute_link_prefix`."""
    if not prefix:
        return f"{scheme}://{host}"
    parts = urlsplit(prefix)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def declared_length(environ: Mapping[str, object]) -> int | None:
    """The Content-Length; None if there is none, as with a chunked body."""
    text = environ.get("CONTENT_LENGTH")
    if not text:
        return None
    if not (isinstance(text, str) and text.isascii() and text.isdigit()):
        raise BodyMalformed
    return int(text) if len(text) < len("9" * 19) else 10**18


def check_length(environ: Mapping[str, object], limit: int) -> None:
    """Refuse a body by its declared length, before anything is read; raises BodyTooLarge."""
    if (declared_length(environ) or 0) > limit:
        raise BodyTooLarge


def read_body(environ: Mapping[str, object], limit: int) -> bytes:
    """The whole body, of which at most `limit` + 1 bytes are read.

    Raises BodyTooLarge, and BodyMalformed if the sender left before the end. Without a
    Content-Length the server ends the stream where a chunked body ends.
    """
    check_length(environ, limit)
    length = declared_length(environ)
    if length == 0:
        return b""
    stream = cast(BinaryIO, environ["wsgi.input"])
    wanted = limit + 1 if length is None else length
    parts: list[bytes] = []
    while wanted > 0 and (part := stream.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    body = b"".join(parts)
    if len(body) > limit:
        raise BodyTooLarge
    if length is not None and len(body) < length:
        raise BodyMalformed
    return body


def read_query(environ: Mapping[str, object]) -> dict[str, list[str]]:
    """Every parameter with all its values, blank ones included.

    Raises QueryNotUtf8 and QueryTooLong.
    """
    text = environ.get("QUERY_STRING")
    if not text:
        return {}
    raw = str(text).encode("latin-1")
    if len(raw) > QUERY_BYTES_MAX:
        raise QueryTooLong(limit=QUERY_BYTES_MAX)
    query: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(raw.decode(), keep_blank_values=True, errors="strict"):
            query.setdefault(name, []).append(value)
    except UnicodeDecodeError as error:
        raise QueryNotUtf8 from error
    return query
