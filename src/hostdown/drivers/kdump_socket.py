"""The UDP socket on which hosts say that they dump their memory."""

import socket

BATCH_MAX = 1000
"""Packets read at once; a host sends one each few seconds."""
PACKET_BYTES_MAX = 64
"""Of which the first eight are looked at."""


class KdumpSocket:
    """Opened when it is first read; one thread at a time. It is read without waiting."""

    def __init__(self, host: str, port: int) -> None:
        self._place = host, port
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """Where it listens once it is open."""
        return 0 if self._socket is None else int(self._socket.getsockname()[1])

    def packets(self) -> list[tuple[str, bytes]]:
        """What is there, up to BATCH_MAX; raises OSError if the port cannot be had."""
        if self._socket is None:
            self._socket = self._open()
        found: list[tuple[str, bytes]] = []
        while len(found) < BATCH_MAX:
            try:
                packet, sender = self._socket.recvfrom(PACKET_BYTES_MAX)
            except BlockingIOError:
                break
            found.append((str(sender[0]), packet))
        return found

    def close(self) -> None:
        """Listen no more."""
        if self._socket is not None:
            self._socket.close()

    def _open(self) -> socket.socket:
        host, port = self._place
        kind = socket.SOCK_DGRAM
        try:
            found = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)
            family, _, _, _, address = found[0]
            opened = socket.socket(family, kind)
        except OSError as error:
            raise OSError(f"cannot listen for kdump packets on {host}: {error}") from error
        try:
            opened.bind(address)
            opened.setblocking(False)
        except OSError as error:
            opened.close()
            what = f"cannot listen for kdump packets on {host}:{port}/udp: {error.strerror}; "
            raise OSError(what + "set [detect] kdump_port to a free port") from error
        return opened
