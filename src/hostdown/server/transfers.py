"""Requests that move a file: their bodies pass through, in pieces, and are never in memory whole.

They take no seat of a request, for they last as long as a client's line takes, and a worker whose
every seat is taken for long counts as one that hangs. They have places of their own.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Protocol

from hostdown.api.transfers import END_UNSEEN
from hostdown.domain.image_errors import UploadBrokenOff

TRANSFERS_MAX = 32
"""Files on their way through one worker, in and out."""
PLACE_WAIT_S = 20.0
"""How long a transfer waits for a place before it is refused."""
_SIZE = "HTTP_X_OPENSTACK_IMAGE_SIZE"
"""The size by which the application proves that a body came whole."""

Environ = dict[str, object]


class Source(Protocol):
    """Where the HTTP library puts a body: what has come, at most so many bytes; b"" at its end."""

    def read(self, size: int, /) -> bytes: ...


class Transfers:
    """Which requests are transfers, and the places for them.

    `all_open(address, size)` tells a chunked body that ended from one that broke off
    (`connections.all_open`).
    """

    def __init__(
        self, concerns: Callable[[str, str], bool], all_open: Callable[[str, int], bool]
    ) -> None:
        self._concerns = concerns
        self._all_open = all_open
        self._places = threading.BoundedSemaphore(TRANSFERS_MAX)

    def concern(self, environ: Mapping[str, object]) -> bool:
        """Whether this request is one."""
        return self._concerns(str(environ.get("REQUEST_METHOD")), str(environ.get("PATH_INFO")))

    def take_place(self) -> bool:
        """Whether a place came free; whoever takes one gives it back by `give_back`."""
        return self._places.acquire(timeout=PLACE_WAIT_S)

    def give_back(self) -> None:
        """A transfer has ended."""
        self._places.release()

    def body(self, environ: Environ) -> "Incoming":
        """The request's body, which tells whether it came whole.

        By TLS a sender may say that it ends and leave the connection open, so nothing proves the
        end of a chunked body whose size was not told: `END_UNSEEN` refuses it.
        """
        given = str(environ.get("CONTENT_LENGTH", ""))
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        length = int(given) if given.isascii() and given.isdigit() else 0
        source = environ["wsgi.input"]
        assert hasattr(source, "read")  # noqa: S101 - WSGI says so
        if not chunked:
            return Incoming(source, length)
        if environ.get(_SIZE):
            return Incoming(source, None, lambda _: True)
        environ[END_UNSEEN] = environ.get("wsgi.url_scheme") == "https"
        return Incoming(source, None, partial(self._all_open, str(environ.get("REMOTE_ADDR"))))


class Incoming:
    """A body of `length` bytes; None: of as many as come, and `is_open` says if that is all."""

    def __init__(
        self, source: Source, length: int | None, is_open: Callable[[int], bool] = bool
    ) -> None:
        self._source = source
        self._length = length
        self._is_open = is_open
        self._received = 0
        self.ended = length == 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes, b"" at the end; raises UploadBrokenOff if there should be more."""
        if self.ended:
            return b""
        part = self._source.read(size)
        self._received += len(part)
        self.ended = not part or self._received == self._length
        if not part and not self._is_whole():
            raise UploadBrokenOff(received=self._received)
        return part

    def forget(self, bytes_max: int) -> bool:
        """Receive what is left, for nobody, so that the connection can be used again.

        False if there is more than `bytes_max`, or it broke off.
        """
        try:
            while not self.ended and bytes_max > 0:
                bytes_max -= len(self.read(min(bytes_max, 1 << 16)))
        except UploadBrokenOff:
            return False
        return self.ended

    def _is_whole(self) -> bool:
        # The library tells nobody that a body broke off: it just ends.
        if self._length is not None:
            return self._received == self._length
        return self._is_open(self._received)


class Outgoing:
    """The pieces of an answer; `done` is called once, when the last was taken or nobody wants it.

    The HTTP library asks for the next piece once there is room for it.
    """

    def __init__(self, pieces: Iterable[bytes], done: Callable[[], None]) -> None:
        self._pieces = pieces
        self._next = iter(pieces)
        self._done: Callable[[], None] | None = done

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._next)

    def close(self) -> None:
        """Let go of the file."""
        done, self._done = self._done, None
        if (close := getattr(self._pieces, "close", None)) is not None:
            close()
        if done is not None:
            done()
