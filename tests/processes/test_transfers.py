"""Files on their way through a worker: the parts that need no process of their own."""

import socket
import threading
from collections.abc import Iterable
from typing import cast

import pytest
from tests.processes.harness import until

from hostdown.domain.image_errors import UploadBrokenOff
from hostdown.server.connections import BROUGHT_BYTES_MIN, EARLY_BYTES_MAX, Sweep, each, watch
from hostdown.server.gate import FORGOTTEN_BYTES_MAX, Environ, Gate, Headers, StartResponse
from hostdown.server.transfers import TRANSFERS_MAX, Incoming, Transfers


class Exchange:
    """What a client got, and what it does before it takes the first piece."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.body = b""
        self.meanwhile: list[threading.Thread] = []

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def response_iter(self, status: int, headers: Headers, body: Iterable[bytes]) -> None:
        self.response_bytes(status, headers, b"".join(body))


class Body:
    """A body of which `left` bytes come; `taken` is the most that was asked for at a time."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.taken = 0

    def read(self, size: int) -> bytes:
        self.taken = max(self.taken, size)
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


def transfers(is_open: bool = True) -> Transfers:
    return Transfers(lambda method, path: path == "/file", lambda _address: lambda _size: is_open)


def counting(environ: Environ, start: StartResponse) -> Iterable[bytes]:
    """Answers how many bytes there were, piece by piece."""
    source = cast(Incoming, environ["wsgi.input"])
    size = 0
    while part := source.read(1000):
        size += len(part)
    start("201 Created", [])
    return (piece.encode() for piece in str(size))


def unmoved(_: Environ, start: StartResponse) -> Iterable[bytes]:
    """Looks at nothing of the body."""
    start("401 Unauthorized", [])
    return [b"no"]


def ask(gate: Gate, body: Body, path: str = "/file", **more: object) -> Exchange:
    exchange = Exchange()
    gate(exchange, {"PATH_INFO": path, "REQUEST_METHOD": "PUT", "wsgi.input": body, **more})
    return exchange


@pytest.mark.parametrize(
    "length", [{"CONTENT_LENGTH": "5000"}, {"HTTP_TRANSFER_ENCODING": "chunked"}]
)
def test_a_file_passes_in_pieces_beside_the_limit_on_bodies(length: dict[str, object]) -> None:
    body = Body(5000)
    exchange = ask(Gate(counting, 1, 100, transfers()), body, **length)
    assert (exchange.status, exchange.body, body.taken) == (201, b"5000", 1000)
    assert ("connection", "close") not in exchange.headers


def test_a_file_takes_no_seat_and_its_place_is_given_back(caplog: pytest.LogCaptureFixture) -> None:
    kept = transfers()
    gate = Gate(counting, 1, 100, kept)
    for _ in range(2 * TRANSFERS_MAX):
        assert ask(gate, Body(10), CONTENT_LENGTH="10").body == b"10"
        assert not gate.progress.stands_still()
    for _ in range(TRANSFERS_MAX):
        assert ask(Gate(counting, 1, 100, kept), Body(3), CONTENT_LENGTH="9").status == 500
    assert "broke off" in caplog.text
    assert all(kept.take_place() for _ in range(TRANSFERS_MAX))
    assert gate.wait_empty(0)


@pytest.mark.parametrize(
    ("length", "closes"), [(FORGOTTEN_BYTES_MAX, False), (FORGOTTEN_BYTES_MAX + 1, True)]
)
def test_what_nobody_wants_is_forgotten_or_ends_its_connection(length: int, closes: bool) -> None:
    exchange = ask(Gate(unmoved, 1, 100, transfers()), Body(length), CONTENT_LENGTH=str(length))
    assert (exchange.status, exchange.body) == (401, b"no")
    assert (("connection", "close") in exchange.headers) == closes


def test_a_body_that_breaks_off_is_no_whole_one() -> None:
    def taken(body: Incoming) -> int:
        return sum(len(part) for part in iter(lambda: body.read(4), b""))

    assert taken(Incoming(Body(10), 10)) == 10
    assert taken(Incoming(Body(10), None, lambda size: size == 10)) == 10
    for broken in (Incoming(Body(9), 10), Incoming(Body(9), None, lambda _: False)):
        with pytest.raises(UploadBrokenOff, match="after 9 bytes"):
            taken(broken)


def test_a_connection_is_known_by_what_it_brought_and_spared_while_it_brings_more() -> None:
    now = [100.0]
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
        listener.accept()[0] as accepted,
    ):
        port = listener.getsockname()[1]
        sweep = Sweep(port, 0.01, lambda: now[0])

        def bring(size: int) -> None:
            """Through a buffer that is smaller."""
            while size > 0:
                client.sendall(bytes(min(size, 4096)))
                size -= len(accepted.recv(4096, socket.MSG_WAITALL if size >= 4096 else 0))

        idle, local, v6 = (watch(port, p) for p in ("127.0.0.2", "127.0.0.1", "::ffff:127.0.0.1"))
        bring(BROUGHT_BYTES_MIN)
        until(lambda: min(found.silent_ms for found in each(port)) > 20)
        sweep()
        assert local(BROUGHT_BYTES_MIN)
        assert v6(BROUGHT_BYTES_MIN)
        assert not local(BROUGHT_BYTES_MIN + 1)
        assert not idle(0)
        now[0] += 1
        bring(BROUGHT_BYTES_MIN - 1)
        sweep()
        assert not local(0)


def test_a_connection_that_brought_much_before_stands_for_no_body_since() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
        listener.accept()[0] as accepted,
    ):
        port, size = listener.getsockname()[1], EARLY_BYTES_MAX + 1
        during = watch(port, "127.0.0.1")
        sender = threading.Thread(target=client.sendall, args=(bytes(size),))
        sender.start()
        left = size
        while left > 0:
            left -= len(accepted.recv(1 << 20))
        sender.join()
        assert during(size)
        assert watch(port, "127.0.0.1")(size - 1)
        assert not watch(port, "127.0.0.1")(size)
