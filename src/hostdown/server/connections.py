"""Cuts connections that hold something without end.

The HTTP library bounds the time for a request's head, but not for its body, nor for a client that
does not read its answer. Both are connections to which nothing was sent for long: the kernel knows
when that was, so no request has to be followed.
"""

import contextlib
import logging
import os
import socket
import stat
import struct

LOG = logging.getLogger(__name__)

_LAST_DATA_SENT = 8 + 9 * 4
"""Where `tcpi_last_data_sent`, in milliseconds, stands in the kernel's `struct tcp_info`."""
_TCP_INFO_BYTES = 104
_ESTABLISHED_OR_CLOSING = frozenset({1, 4, 5, 8})


def sweep(port: int, silent_s_max: float) -> None:
    """Cut this process's connections on `port` that were sent nothing for longer."""
    cut = 0
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            cut += _cut_if_silent(int(name), port, silent_s_max)
    if cut:
        LOG.info("Cut %d connections that were sent nothing for %g s", cut, silent_s_max)


def _cut_if_silent(descriptor: int, port: int, silent_s_max: float) -> bool:
    """OSError if it is no connection.

    The descriptor is only looked through, never copied and closed: closing a copy of a database's
    file would give up SQLite's locks on it.
    """
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return False
    sock = socket.socket(fileno=descriptor)
    try:
        if sock.family not in (socket.AF_INET, socket.AF_INET6) or sock.getsockname()[1] != port:
            return False
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        (silent_ms,) = struct.unpack_from("=I", info, _LAST_DATA_SENT)
        if info[0] not in _ESTABLISHED_OR_CLOSING or silent_ms <= silent_s_max * 1000:
            return False
        sock.shutdown(socket.SHUT_RDWR)
        return True
    finally:
        sock.detach()
