"""Between the HTTP library and the application: takes requests in, and bounds what they may hold.

A request gets a seat only once its body is here, so that slow senders keep nobody from working.
Threads that wait for bodies are cheap; seats, where Python runs, are few. Files pass beside all
this (`server.transfers`).
"""

import io
import logging
import secrets
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from hostdown.server.progress import Progress
from hostdown.server.transfers import Outgoing, Transfers

LOG = logging.getLogger(__name__)

SEAT_WAIT_S = 20.0
"""How long a request waits for a seat before it is refused."""

FORGOTTEN_BYTES_MAX = 16 * 2**20
"""Of a body that is too long, what is received before its connection is closed."""
_UNREAD = "hostdown.unread"
"""Set in the environment if there is more of the body, which would be taken for a request."""

OWN_HEADER = "X-Hostdown-Own"
"""Marks the question that a worker asks itself; whoever else sends it gets an empty answer."""
_OWN = "HTTP_" + OWN_HEADER.upper().replace("-", "_")

Environ = dict[str, object]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_BASE: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}


class Exchange(Protocol):
    """One request's way back: how the HTTP library takes an answer."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the whole answer."""
        ...

    def response_iter(self, status: int, headers: Headers, body: Iterable[bytes]) -> None:
        """Send an answer piece by piece, and close `body`; returns when the last was taken."""
        ...


class Gate:
    """The callable that the HTTP library runs for each request, in a thread of its own."""

    def __init__(
        self,
        application: Application,
        seats: int,
        body_bytes_max: int,
        transfers: Transfers | None = None,
        turned_away: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`turned_away` is told the status of answers for which the application was not asked."""
        self._turned_away = turned_away
        self._application = application
        self._seats = threading.BoundedSemaphore(seats)
        self.progress = Progress(seats)
        self.own_name = secrets.token_hex(16)
        """What a worker says to itself."""
        self.own_questions = 0
        """How often it was heard here."""
        self._body_bytes_max = body_bytes_max
        self._transfers = transfers
        self._count_lock = threading.Lock()
        self._inside = 0
        self._empty = threading.Event()
        self._empty.set()
        self._closing = False

    def close_connections(self) -> None:
        """From now on every answer ends its connection, as a worker that leaves must ask for."""
        self._closing = True

    def wait_empty(self, timeout_s: float) -> bool:
        """Whether no request is inside, waiting for that at most `timeout_s`."""
        return self._empty.wait(timeout_s)

    def __call__(self, exchange: Exchange, scope: Mapping[str, object]) -> None:
        with self._count_lock:
            self._inside += 1
            self._empty.clear()
        try:
            environ = _BASE | dict(scope)
            status, headers, body = self._answer(environ)
            if self._closing or environ.get(_UNREAD):
                headers = [*headers, ("connection", "close")]
            if isinstance(body, bytes):
                exchange.response_bytes(status, headers, body)
            else:
                _send(exchange, status, headers, body)
        finally:
            with self._count_lock:
                self._inside -= 1
                if not self._inside:
                    self._empty.set()

    def _answer(self, environ: Environ) -> tuple[int, Headers, bytes | Outgoing]:
        if _OWN in environ:
            self.own_questions += environ[_OWN] == self.own_name
            return 204, [], b""
        if self._transfers is not None and self._transfers.concern(environ):
            return self._transfer(environ, self._transfers)
        if not self._take_body(environ):
            return self._turn_away(400, ("connection", "close"))
        if not self._seats.acquire(timeout=SEAT_WAIT_S):
            LOG.warning("All seats of this worker were taken for %g s", SEAT_WAIT_S)
            return self._turn_away(503, ("retry-after", "1"))
        self.progress.begin()
        try:
            return self._call(environ)
        except Exception:
            LOG.exception("The application failed and did not answer")
            return 500, [], b""
        finally:
            self.progress.end()
            self._seats.release()

    def _take_body(self, environ: Environ) -> bool:
        """Put the body into memory; False if its sender left before it was complete.

        One that is too long is received and forgotten, so that the connection can be used again,
        and the application refuses it.
        """
        given = str(environ.get("CONTENT_LENGTH", ""))
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        expected = int(given) if given.isascii() and given.isdigit() else 0
        if not expected and not chunked:
            return True
        source = environ["wsgi.input"]
        assert hasattr(source, "read")  # noqa: S101 - WSGI says so
        most = self._body_bytes_max + 1
        body = source.read(most if chunked else min(expected, most))
        environ["wsgi.input"] = io.BytesIO(body)
        if len(body) < most:
            return chunked or len(body) == expected
        left = FORGOTTEN_BYTES_MAX
        while left > 0 and (more := source.read(min(left, most))):
            left -= len(more)
        environ[_UNREAD] = left <= 0
        return True

    def _transfer(
        self, environ: Environ, transfers: Transfers
    ) -> tuple[int, Headers, bytes | Outgoing]:
        if not transfers.take_place():
            LOG.warning("All places for transfers of this worker were taken")
            return self._turn_away(503, ("retry-after", "5"), ("connection", "close"))
        given_back = False
        body = environ["wsgi.input"] = transfers.body(environ)
        try:
            status, headers, parts = self._started(environ)
            environ[_UNREAD] = not body.forget(FORGOTTEN_BYTES_MAX)
            if isinstance(parts, list):
                return status, headers, b"".join(parts)
            given_back = True
            return status, headers, Outgoing(parts, transfers.give_back)
        except Exception:
            LOG.exception("The application failed and did not answer")
            return 500, [("connection", "close")], b""
        finally:
            if not given_back:
                transfers.give_back()

    def _turn_away(self, status: int, *headers: tuple[str, str]) -> tuple[int, Headers, bytes]:
        self._turned_away(status)
        return status, list(headers), b""

    def _call(self, environ: Environ) -> tuple[int, Headers, bytes]:
        status, headers, parts = self._started(environ)
        try:
            return status, headers, b"".join(parts)
        finally:
            if (close := getattr(parts, "close", None)) is not None:
                close()

    def _started(self, environ: Environ) -> tuple[int, Headers, Iterable[bytes]]:
        """The application's answer; its headers must be known before its first part."""
        started: list[tuple[int, Headers]] = []

        def start(status: str, headers: Headers, _exc_info: object = None) -> None:
            started[:] = [(int(status[:3]), headers)]

        parts = self._application(environ, start)
        status, headers = started[0]
        return status, headers, parts


def _send(exchange: Exchange, status: int, headers: Headers, body: Outgoing) -> None:
    try:
        exchange.response_iter(status, headers, body)
    finally:
        body.close()
