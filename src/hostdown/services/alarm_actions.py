"""Which URLs an alarm may call."""

import contextlib
import re
import socket
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, ip_address
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from hostdown.domain.alarm_errors import (
    ActionForbidden,
    ActionNotPublic,
    ActionUnparsable,
    ActionUnsupported,
    TooManyActions,
    TrustUnsupported,
)
from hostdown.domain.networks import Address

ACTIONS_MAX = 16
"""URLs that an alarm calls when it comes into one state."""
ACTION_CHARS_MAX = 2048
"""Characters of one URL."""

PARSED_MAX = 1000
"""URLs of which it is known what they are made of."""

LOG = "log"
"""The scheme that writes a line into the server's log: for administrators."""
PORTS = {"http": 80, "https": 443}
"""What is called, and the port of a URL that has none."""

_NAME = re.compile(r"[\w~-][\w.~-]*", re.ASCII)
"""Of a host. libcurl calls none of another form."""

LOCAL = "localhost"
LOOPBACK = IPv4Address("127.0.0.1")

MayReach = Callable[[Address], bool]


class Action(NamedTuple):
    """A URL in parts. `origin` says which server it is, without user and password."""

    scheme: str
    host: str
    origin: str


@lru_cache(maxsize=PARSED_MAX)
def parsed(url: str) -> Action:
    """Kept, for the alarms of a host's servers call few URLs. Raises ActionUnparsable."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError as error:
        raise ActionUnparsable(action=url) from error
    is_plain = url.isascii() and url.isprintable() and len(url) <= ACTION_CHARS_MAX
    if parts.scheme in PORTS and not (host and is_plain):
        raise ActionUnparsable(action=url[:ACTION_CHARS_MAX])
    place = f"[{host}]" if ":" in host else host
    return Action(parts.scheme, host, f"{parts.scheme}://{place}:{port}")


def checked(
    name: str,
    urls: Iterable[str],
    is_admin: bool,
    may_reach: MayReach,
    has: Collection[str] = (),
) -> tuple[str, ...]:
    """Each once. `name` is that of the field; what it `has` already is not looked at.

    A host that is named may be anywhere: where it is is looked at whenever it is called. Raises
    ActionForbidden, ActionNotPublic, ActionUnparsable, ActionUnsupported, TooManyActions,
    TrustUnsupported.
    """
    once = tuple(dict.fromkeys(urls))
    if len(once) > ACTIONS_MAX:
        raise TooManyActions(name=name, limit=ACTIONS_MAX)
    for url in once:
        if url not in has:
            _check(url, is_admin, may_reach)
    return once


def _check(url: str, is_admin: bool, may_reach: MayReach) -> None:
    action = parsed(url)
    if action.scheme.startswith("trust+"):
        raise TrustUnsupported(action=url)
    if action.scheme == LOG:
        if not is_admin:
            raise ActionForbidden(action=url)
        return
    if action.scheme not in PORTS:
        raise ActionUnsupported(action=url)
    address = _written(unquote(action.host).partition("%")[0])
    if not _is_whole(url, action.host, address):
        raise ActionUnparsable(action=url)
    if address is not None and not may_reach(address):
        raise ActionNotPublic(action=url, address=address)


def _is_whole(url: str, host: str, address: Address | None) -> bool:
    """Whether libcurl takes it for a URL, of which Python's own idea is wider. Only what is new is
    asked: what an alarm has already is still told apart, and refused when it is called."""
    parts = urlsplit(url)
    is_address = "[" in parts.netloc and address is not None
    is_name = "[" not in parts.netloc and _NAME.fullmatch(unquote(host)) is not None
    return " " not in url and parts.port != 0 and (is_address or is_name)


def _written(host: str) -> Address | None:
    """The address that a host is written as, in any form that resolvers take for one: parts may be
    left out, and be octal or hexadecimal (inet_aton(3)). None for a name, whose address is found
    when it is called; but a name of this machine itself always means the same (RFC 6761)."""
    host = host.removesuffix(".")
    if host == LOCAL or host.endswith(f".{LOCAL}"):
        return LOOPBACK
    with contextlib.suppress(ValueError):
        return ip_address(host)
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None
