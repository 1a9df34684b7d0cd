"""An agent that knows several servers goes on with the next one when one is not heard."""

import io
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3
from tests.agent.house import TestClock

from hostdown.agent.client import ServerClient, _Raw
from hostdown.agent.errors import NotHeard, Refused
from hostdown.agent.settings import ANSWER_TIMEOUT_S, ServerAddress
from hostdown.domain.signing import answer_mac

SECRET = b"a host's secret"
FIRST, SECOND = "http://control1.example:8774", "http://[2001:db8::2]:8774"


class Client(ServerClient):
    """Whose servers answer, refuse, or are away, as `says` has it."""

    def __init__(self, *urls: str) -> None:
        super().__init__(ServerAddress(urls), TestClock())
        self.says: dict[str, int] = {}
        self.asked: list[str] = []

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> _Raw:
        self.asked.append(self.url)
        status = self.says.get(self.url)
        if status is None:
            raise NotHeard("Nobody is there.")
        content = b"{}" if status < 300 else b'{"error": {"code": "host-unknown"}}'
        mac = answer_mac(SECRET, status, headers["X-Hostdown-Nonce"], content)
        return _Raw(status, content, mac)

    def ask(self) -> None:
        self.post("/agent/v1/x", {}, SECRET)


def test_the_next_one_is_asked_once_one_is_not_heard_and_stays_the_one() -> None:
    client = Client(f"{FIRST}/", SECOND)
    client.says = {FIRST: 200, SECOND: 200}
    client.ask()
    del client.says[FIRST]
    with pytest.raises(NotHeard):
        client.ask()
    client.ask()
    client.says[FIRST] = 200
    client.ask()
    assert client.asked == [FIRST, FIRST, SECOND, SECOND]
    assert client.host == "2001:db8::2"


def test_after_the_last_one_comes_the_first() -> None:
    client = Client(FIRST, SECOND)
    for _ in range(3):
        with pytest.raises(NotHeard):
            client.ask()
    assert client.asked == [FIRST, SECOND, FIRST]


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_cannot_is_left_for_the_next_and_one_that_refuses_is_not(status: int) -> None:
    client = Client(FIRST, SECOND)
    client.says = {FIRST: status, SECOND: 409}
    with pytest.raises(NotHeard):
        client.ask()
    for _ in range(2):
        with pytest.raises(Refused):
            client.ask()
    assert client.asked == [FIRST, SECOND, SECOND]


def test_of_two_threads_that_miss_one_server_only_the_first_turns_away_from_it() -> None:
    client = Client(FIRST, SECOND, "http://control3.example")
    meet = threading.Barrier(2)

    def both() -> None:
        with suppress(NotHeard), client._or_next():
            meet.wait(10)  # both are asking the first
            raise NotHeard("Nobody is there.")

    threads = [threading.Thread(target=both) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert client.url == SECOND


@contextmanager
def images(content: bytes) -> Iterator[str]:
    """A server that has one image."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_machine_that_is_gone_is_not_waited_for_as_long_as_for_an_answer() -> None:
    """TCP alone would send again for a quarter of an hour, and the answer's time is ten seconds."""
    with images(b"an image") as url:
        client = ServerClient(ServerAddress((url,)), TestClock())
        pool = client._pool.connection_from_url(url)
        connection = pool.pool.get()  # type: ignore[union-attr] # it is one that keeps some
        connection = connection or pool._new_conn()
        connection.connect()
        waits_ms = connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert 0 < waits_ms < 1000 * ANSWER_TIMEOUT_S
        connection.close()
        client.close()


def test_an_image_is_fetched_from_the_next_server_too() -> None:
    with images(b"an image") as url:
        client = ServerClient(ServerAddress(("http://127.0.0.1:9", url)), TestClock())
        with pytest.raises(NotHeard):
            client.download("/agent/v1/x", SECRET, io.BytesIO(), 100)
        to = io.BytesIO()
        client.download("/agent/v1/x", SECRET, to, 100)
        assert to.getvalue() == b"an image"
        client.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            urllib3.exceptions.ConnectTimeoutError(object(), "Connection to b timed out. (3 s)"),
            "Connection to b timed out. (3 s).",
        ),
        (
            urllib3.exceptions.ProtocolError("Connection aborted.", OSError("It ended.")),
            "It ended.",
        ),
    ],
)
def test_why_a_server_does_not_answer_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    client = ServerClient(ServerAddress(("http://b",)), TestClock())
    monkeypatch.setattr(client._pool, "request", fails)
    with pytest.raises(NotHeard) as silent:
        client.post("/x", {}, SECRET)
    assert str(silent.value) == f"The server at http://b does not answer: {words}"
