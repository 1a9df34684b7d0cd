"""A load generator that costs little: one thread, raw sockets, requests given as bytes.

A client in plain Python would be slower than the server it measures; this one sends prepared bytes
and reads to the end of `Content-Length`, about 20 µs a request.
"""

import selectors
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

TIMEOUT_S = 30.0


class Result(NamedTuple):
    """Seconds per request, sorted; the whole run's seconds; answers that were not 2xx."""

    latencies_s: list[float]
    elapsed_s: float
    failed: int

    def percentile_ms(self, share: float) -> float:
        """The latency that `share` of the requests did not exceed, in milliseconds."""
        return (
            self.latencies_s[min(len(self.latencies_s) - 1, int(share * len(self.latencies_s)))]
            * 1e3
        )

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies_s) / self.elapsed_s


class _Connection:
    _buffer = bytearray(1 << 18)

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self.missing = -1
        self.head = b""
        self.ok = False

    def send(self, request: bytes) -> None:
        self.missing, self.head = -1, b""
        self.sent_at = time.perf_counter()
        self.sock.sendall(request)

    def received(self) -> bool:
        """Take what has arrived; True once the answer is complete."""
        length = self.sock.recv_into(self._buffer)
        if not length:
            raise ConnectionError("the server closed the connection in the middle of a run")
        if self.missing >= 0:
            self.missing -= length
            return self.missing <= 0
        self.head += self._buffer[:length]
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            return False
        self.ok = self.head[9:10] == b"2"
        fields = self.head[:end].lower()
        at = fields.find(b"content-length:")
        expected = int(fields[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        self.missing = expected - (len(self.head) - end - 4)
        return self.missing <= 0


def run(
    port: int, requests: Iterator[bytes], connections: int, seconds: float, rate: float = 0.0
) -> Result:
    """Send `requests` over kept connections for `seconds`; at most `rate` a second, if given."""
    selector = selectors.DefaultSelector()
    idle = [_Connection(port) for _ in range(connections)]
    for connection in idle:
        selector.register(connection.sock, selectors.EVENT_READ, connection)
    latencies: list[float] = []
    failed = sent = 0
    start = time.perf_counter()
    while True:
        now = time.perf_counter()
        running = now - start < seconds
        while running and idle and (not rate or sent < (now - start) * rate):
            idle.pop().send(next(requests))
            sent += 1
        if not running and len(idle) == connections:
            break
        wait = TIMEOUT_S if len(idle) < connections and not (rate and idle) else 0.001
        for key, _ in selector.select(wait):
            connection = key.data
            if connection.received():
                latencies.append(time.perf_counter() - connection.sent_at)
                failed += not connection.ok
                idle.append(connection)
    elapsed = time.perf_counter() - start
    for connection in idle:
        connection.sock.close()
    return Result(sorted(latencies), elapsed, failed)


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
