"""`python -m benchmarks.consumer`: a consumer of alarms and webhooks that costs next to nothing.

It writes its port, and then, for each line it reads, one line: how many requests it has had, when
the newest came, as JSON, in nanoseconds of the clock that all processes of a machine share.
"""

import json
import selectors
import socket
import sys
import time

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
READ_BYTES = 1 << 18


class Consumer:
    """Takes whatever is sent, as fast as it comes."""

    def __init__(self) -> None:
        self.taken = 0
        self.newest_ns = 0
        self._rests: dict[socket.socket, bytes] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        self.port = int(self._listener.getsockname()[1])

    def run(self) -> None:
        """Until nobody asks any more."""
        while True:
            for key, _ in self._selector.select():
                if isinstance(key.fileobj, socket.socket):
                    self._serve(key.fileobj)
                elif not sys.stdin.readline():
                    return
                else:
                    print(json.dumps([self.taken, self.newest_ns]), flush=True)

    def _serve(self, sock: socket.socket) -> None:
        if sock is self._listener:
            self._accept()
        else:
            self._take(sock)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rests[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _take(self, connection: socket.socket) -> None:
        got = connection.recv(READ_BYTES)
        if not got:
            self._selector.unregister(connection)
            del self._rests[connection]
            connection.close()
            return
        rest = self._rests[connection] + got
        while (whole := _length(rest)) is not None and len(rest) >= whole:
            rest = rest[whole:]
            self.taken += 1
            self.newest_ns = time.time_ns()
            connection.send(ANSWER)
        self._rests[connection] = rest


def _length(read: bytes) -> int | None:
    """Of the first request, once its head is here."""
    end = read.find(b"\r\n\r\n")
    if end < 0:
        return None
    at = read.lower().find(b"content-length:", 0, end)
    return end + 4 + int(read[at + 15 : read.find(b"\r\n", at)])


def main() -> int:
    """Say the port, and serve."""
    consumer = Consumer()
    print(consumer.port, flush=True)
    consumer.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
