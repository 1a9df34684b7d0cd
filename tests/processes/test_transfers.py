"""Files on their way through a worker: the parts that need no process of their own."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from typing import cast

import pytest
from tests.processes.harness import until

from hostdown.api.transfers import END_UNSEEN
from hostdown.domain.image_errors import UploadBrokenOff
from hostdown.server.connections import BROUGHT_BYTES_MIN, Sweep, all_open, each
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
    return Transfers(lambda method, path: path == "/file", lambda _address, _size: is_open)


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

        bring(BROUGHT_BYTES_MIN)
        until(lambda: min(found.silent_ms for found in each(port)) > 20)
        sweep()
        assert all_open(port, "127.0.0.1", BROUGHT_BYTES_MIN)
        assert all_open(port, "::ffff:127.0.0.1", BROUGHT_BYTES_MIN)
        assert not all_open(port, "127.0.0.1", BROUGHT_BYTES_MIN + 1)
        assert not all_open(port, "127.0.0.2", 0)
        now[0] += 1
        bring(BROUGHT_BYTES_MIN - 1)
        sweep()
        assert not all_open(port, "127.0.0.1", 0)


RESET = struct.pack("ii", 1, 0)
ENDS: list[Callable[[socket.socket], object]] = [
    lambda sock: sock.close(),
    lambda sock: sock.shutdown(socket.SHUT_WR),
    lambda sock: (sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET), sock.close()),
]


@pytest.mark.parametrize("end", ENDS, ids=["closed", "half closed", "reset"])
def test_one_connection_that_ended_makes_a_whole_body_doubtful(
    end: Callable[[socket.socket], object],
) -> None:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listener.getsockname()[1]

        def connected() -> tuple[socket.socket, socket.socket]:
            client = stack.enter_context(socket.create_connection(listener.getsockname()))
            accepted = stack.enter_context(listener.accept()[0])
            client.sendall(bytes(100))
            accepted.recv(100, socket.MSG_WAITALL)
            return client, accepted

        connected()
        assert all_open(port, "127.0.0.1", 100)
        leaving, accepted = connected()
        assert all_open(port, "127.0.0.1", 100)
        end(leaving)
        assert not all_open(port, "127.0.0.1", 100)
        leaver = threading.Thread(target=accepted.close)
        leaver.start()
        assert all_open(port, "127.0.0.1", 100)
        leaver.join()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_by_tls_nothing_proves_a_body_whose_size_nobody_told(scheme: str) -> None:
    environ: Environ = {"wsgi.url_scheme": scheme, "HTTP_TRANSFER_ENCODING": "chunked"}
    told: Environ = {**environ, "HTTP_X_OPENSTACK_IMAGE_SIZE": "3"}
    for given in (environ, told):
        given["wsgi.input"] = Body(3)
        transfers(False).body(given)
    assert environ[END_UNSEEN] == (scheme == "https")
    assert not told.get(END_UNSEEN)
