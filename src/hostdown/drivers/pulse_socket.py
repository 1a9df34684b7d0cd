"""The UDP socket on which pulses arrive: with the kernel's receive times, and its count of losses.

The kernel stamps a datagram when it arrives, so a process that was busy or just started anew knows
when each pulse really came. Options are those of Linux, socket(7).
"""

import contextlib
import logging
import socket
from collections.abc import Callable
from struct import Struct

from hostdown.domain.pulse import PULSE_BYTES

LOG = logging.getLogger(__name__)

RECEIVE_BUFFER_BYTES = 32 << 20
"""Asked of the kernel, which doubles it and counts 768 bytes or more a pulse: room for 50,000."""
BATCH_MAX = 256
"""Datagrams read before anything else has its turn."""
STAMP_AGE_MAX_NS = 10_000_000_000
"""What waited longer, if a clock was set meanwhile, counts as having waited so long."""

_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_SO_RXQ_OVFL = 40
_CONTROL_BYTES = socket.CMSG_SPACE(16) + socket.CMSG_SPACE(4)
_TIMESPEC = Struct("@qq")
_COUNT = Struct("@I")

Address = tuple[object, ...]
Pair = Callable[[], tuple[int, int]]
"""The same moment by the wall's clock and by the monotonic one, ns."""


Arrived = tuple[bytes, int, Address]
"""A datagram, cut if it is longer than a pulse; when the kernel had it, monotonic, ns; its sender.
No named tuple: it would be a tenth of what reading one costs."""


def prepare(sock: socket.socket) -> None:
    """Set what a bound socket keeps for whoever reads it later, also in another process."""
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        got = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
        if got < RECEIVE_BUFFER_BYTES:
            LOG.warning(
                "The kernel keeps only %d kB of pulses that wait, which is some %d pulses; give "
                "the server CAP_NET_ADMIN, or set net.core.rmem_max to %d",
                got // 1000,
                got // 384,
                RECEIVE_BUFFER_BYTES,
            )


class PulseSocket:
    """Reads and answers; one thread at a time."""

    def __init__(self, sock: socket.socket, pair: Pair) -> None:
        self._sock = sock
        self._pair = pair
        self.lost = 0
        """Datagrams that the kernel had no room for, since the socket was bound; it tells of them
        with the next one that it has room for, and begins anew after 2³²."""
        self.unanswered = 0
        """Answers that could not be sent."""
        self.lag_ns = 0
        """How long the oldest datagram of the last batch had waited."""

    def fileno(self) -> int:
        """For selectors."""
        return self._sock.fileno()

    def batch(self) -> tuple[list[Arrived], int]:
        """What is there, up to BATCH_MAX, and the monotonic time now, ns."""
        wall, now_ns = self._pair()
        ahead = now_ns - wall
        oldest_ns = now_ns - STAMP_AGE_MAX_NS
        arrived: list[Arrived] = []
        receive = self._sock.recvmsg
        with contextlib.suppress(BlockingIOError):
            for _ in range(BATCH_MAX):
                datagram, control, _flags, sender = receive(PULSE_BYTES + 1, _CONTROL_BYTES)
                at_ns = now_ns
                for _level, kind, value in control:
                    if kind == _SO_TIMESTAMPNS:
                        seconds, rest = _TIMESPEC.unpack(value)
                        at_ns = seconds * 1_000_000_000 + rest + ahead
                    else:
                        self.lost = _COUNT.unpack(value)[0]
                if at_ns > now_ns:  # it came after that was read
                    at_ns = now_ns
                elif at_ns < oldest_ns:
                    at_ns = oldest_ns
                arrived.append((datagram, at_ns, sender))
        self.lag_ns = now_ns - arrived[0][1] if arrived else 0
        return arrived, now_ns

    def answer(self, datagram: bytes, receiver: Address) -> None:
        """Send; what cannot be sent at once is not sent at all."""
        try:
            self._sock.sendto(datagram, receiver)
        except OSError:
            self.unanswered += 1
