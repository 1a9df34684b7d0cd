"""Datagrams that are sent and answered without ever waiting."""

import contextlib
import selectors
import socket
from collections.abc import Iterator

Address = tuple[object, ...]
"""A socket address, of whatever family."""


class UdpSockets:
    """One socket for each address family, opened when it is first sent by, and registered in
    `selector`. Called by one thread.

    `receive_buffer_bytes` is asked of the kernel, which may give less; None leaves it alone.
    """

    def __init__(
        self, selector: selectors.BaseSelector, receive_buffer_bytes: int | None = None
    ) -> None:
        self._selector = selector
        self._receive_buffer_bytes = receive_buffer_bytes
        self._by_family: dict[int, socket.socket] = {}

    def send(self, datagram: bytes, family: int, address: Address) -> None:
        """Without a route, or room, it is lost: the next one may get through."""
        with contextlib.suppress(OSError):
            self._socket(family).sendto(datagram, address)

    def close(self) -> None:
        """All of them; none is used after that."""
        for sock in self._by_family.values():
            sock.close()

    def _socket(self, family: int) -> socket.socket:
        sock = self._by_family.get(family)
        if sock is None:
            sock = socket.socket(family, socket.SOCK_DGRAM)
            sock.setblocking(False)
            if self._receive_buffer_bytes is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer_bytes)
            self._by_family[family] = sock
            self._selector.register(sock, selectors.EVENT_READ)
        return sock


def received(sock: socket.socket, bytes_max: int, datagrams_max: int) -> Iterator[bytes]:
    """What is there, up to so many datagrams, each cut after `bytes_max` bytes."""
    for _ in range(datagrams_max):
        try:
            yield sock.recv(bytes_max)
        except OSError:
            return
