"""What wakes a loop that waits for sockets: a nudge of another process, and being told to leave."""

import contextlib
import signal
import socket
from typing import NamedTuple

BYTES_MAX = 16
"""Of one nudge: more than it has."""
LEAVE = (signal.SIGTERM, signal.SIGUSR2)
"""SIGTERM: the server stops. SIGUSR2: another process has taken over."""


class Nudges(NamedTuple):
    """How the processes of a server say to one of them that it has something to do."""

    heard: socket.socket
    said: socket.socket

    def tell(self) -> None:
        """Nothing if it was said already and not heard yet."""
        with contextlib.suppress(OSError):
            self.said.send(b"!")

    def take(self) -> None:
        """One, where `heard` has something to read."""
        self.heard.recv(BYTES_MAX)

    def close(self) -> None:
        """Let go of both ends."""
        for end in self:
            end.close()


def nudge_pair() -> Nudges:
    """Both ends, made before any fork."""
    return Nudges(*_pair(socket.SOCK_DGRAM))


def told_to_leave() -> socket.socket:
    """A socket that has something to read once this process was told to leave."""
    told, teller = _pair(socket.SOCK_STREAM)
    signal.set_wakeup_fd(teller.detach(), warn_on_full_buffer=False)
    for number in LEAVE:
        signal.signal(number, lambda *_: None)
    return told


def _pair(kind: socket.SocketKind) -> tuple[socket.socket, socket.socket]:
    """Neither end ever waits."""
    ends = socket.socketpair(socket.AF_UNIX, kind)
    for end in ends:
        end.setblocking(False)
    return ends
