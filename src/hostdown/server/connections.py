"""Looks through this process's connections by what the kernel knows of them.

The HTTP library bounds the time for a request's head, but not for its body, nor for a client that
does not read its answer. Both are connections to which nothing was sent for long: the kernel knows
when that was, so no request has to be followed. One that brings a file is sent nothing either; it
shows by what it brings.
"""

import contextlib
import logging
import math
import os
import socket
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

LOG = logging.getLogger(__name__)

BROUGHT_BYTES_MIN = 1 << 20
"""What a connection has to bring, each time it was sent nothing for too long, not to be cut.

Far more than any body but a file's, so that nobody holds a connection by a trickle.
"""

DOUBT_S = 2.0
"""How long connections that are closing, any of which may be a body's, have to be gone."""
_LOOK_EVERY_S = 0.02

_LAST_DATA_SENT = 8 + 9 * 4
"""Where `tcpi_last_data_sent`, in milliseconds, stands in the kernel's `struct tcp_info`."""
_BYTES_RECEIVED = 128
"""Where `tcpi_bytes_received` stands."""
_TCP_INFO_BYTES = 136
_ESTABLISHED = 1
_LISTENING = 10
_ESTABLISHED_OR_CLOSING = frozenset({1, 4, 5, 8})


class Connection(NamedTuple):
    """A connection of this process; `key` is its own while it lives. Used within `each` only."""

    sock: socket.socket
    key: int
    peer: str
    """"" once it was reset: the kernel has forgotten."""
    state: int
    silent_ms: int
    """Since anything was sent to it."""
    received: int
    """Bytes, since it was made."""


def each(port: int) -> Iterator[Connection]:
    """This process's connections on `port`.

    A descriptor is only looked through, never copied and closed: closing a copy of a database's
    file would give up SQLite's locks on it.
    """
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            descriptor = int(name)
            found = os.fstat(descriptor)
            if not stat.S_ISSOCK(found.st_mode):
                continue
            sock = socket.socket(fileno=descriptor)
            try:
                if sock.family in (socket.AF_INET, socket.AF_INET6) and (
                    sock.getsockname()[1] == port
                ):
                    connection = _connection(sock, found.st_ino)
                    if connection.state != _LISTENING:
                        yield connection
            finally:
                sock.detach()


def _connection(sock: socket.socket, key: int) -> Connection:
    """OSError if it is no TCP."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    (silent_ms,) = struct.unpack_from("=I", info, _LAST_DATA_SENT)
    (received,) = struct.unpack_from("=Q", info, _BYTES_RECEIVED)
    peer = ""
    with contextlib.suppress(OSError):
        peer = sock.getpeername()[0]
    return Connection(sock, key, peer, info[0], silent_ms, received)


def all_open(port: int, peer: str, size: int) -> bool:
    """Whether a body of `size` bytes from `peer`, whose end no length tells, came to its end.

    The library takes a chunked body that breaks off for one that ended, does not say which
    connection brought it, and keeps that one until it is answered. Its state would tell: the sender
    of a whole body waits for the answer, one that broke off has closed or reset. So nothing is
    believed unless *every* connection that may have brought it is open. One that closes for reasons
    of its own is soon gone; one that stays in doubt makes a whole body count as broken off, never
    the reverse. A sender that breaks the rules of chunks and keeps its connection is not noticed.
    """
    pause = threading.Event()
    for _ in range(round(DOUBT_S / _LOOK_EVERY_S)):
        states = {found.state for found in each(port) if _may_have_brought(found, peer, size)}
        if _ESTABLISHED not in states:
            return False
        if len(states) == 1:
            return True
        pause.wait(_LOOK_EVERY_S)
    return False


def _may_have_brought(found: Connection, peer: str, size: int) -> bool:
    return found.received >= size and (not found.peer or _same(found.peer, peer))


def _same(address: str, other: str) -> bool:
    """An IPv4 address may be written as an IPv6 one."""
    return address.removeprefix("::ffff:") == other.removeprefix("::ffff:")


class Sweep:
    """Cuts, each time it is called, the connections on `port` that were sent nothing for longer."""

    def __init__(self, port: int, silent_s_max: float, monotonic: Callable[[], float]) -> None:
        self._port = port
        self._silent_s_max = silent_s_max
        self._monotonic = monotonic
        self._brought: dict[int, tuple[int, float]] = {}
        """By connection: how much it had brought when it last had brought enough, and when."""

    def __call__(self) -> None:
        cut = 0
        seen = self._brought
        self._brought = {}
        for found in each(self._port):
            if not self._lives(found, seen.get(found.key, (0, -math.inf))):
                with contextlib.suppress(OSError):
                    found.sock.shutdown(socket.SHUT_RDWR)
                    cut += 1
        if cut:
            LOG.info("Cut %d connections that were sent nothing for %g s", cut, self._silent_s_max)

    def _lives(self, found: Connection, seen: tuple[int, float]) -> bool:
        now = self._monotonic()
        if found.received - seen[0] >= BROUGHT_BYTES_MIN:
            seen = found.received, now
        self._brought[found.key] = seen
        if found.state not in _ESTABLISHED_OR_CLOSING:
            return True
        brought_s = now - seen[1]
        return min(found.silent_ms / 1000, brought_s) <= self._silent_s_max
