"""`services.delivery_ports.Sender` over HTTP, by libcurl: thousands a second in one thread.

No redirect is followed, whatever an answer says is read to a bound and forgotten, and where a
request may go is looked at once the name is an address: so that no name leads into a network that
is not to be reached, however often it changes (RFC 9110; CWE-918).
"""

import contextlib
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

import pycurl

from hostdown.domain.deliveries import Delivery, Ended, Verdict
from hostdown.domain.networks import Address

CONNECT_S = 3.0
"""For a connection, TLS among it."""
ANSWER_S = 10.0
"""For all of one attempt."""
ANSWER_BYTES_MAX = 65_536
"""Of an answer: the rest is not read, for its first line says all there is to know."""
AT_ONCE_MAX = 256
"""Requests on their way, to whomever."""
RETRIED = frozenset({408, 425, 429})
"""Answers of 400 to 499 after which the same may be taken later."""
WAKE = b"!"


class Request(NamedTuple):
    """What is sent. `ca_file`: who signs certificates there, where the machine does not say."""

    url: str
    headers: Sequence[str]
    body: bytes
    ca_file: str | None = None


class NoRequest(Exception):
    """There is nothing to send; the text says why. `retry`: it may be different later."""

    def __init__(self, reason: str, retry: bool) -> None:
        super().__init__(reason)
        self.retry = retry


class HttpSender:
    """`request_of` makes a request of a delivery, or raises NoRequest; `may_reach` says whether an
    address is allowed."""

    def __init__(
        self,
        request_of: Callable[[Delivery], Request],
        may_reach: Callable[[Address], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self._request_of = request_of
        self._may_reach = may_reach
        self._monotonic = monotonic
        self._waiting: deque[Delivery] = deque()
        self._ended: list[Ended] = []
        self._idle: list[pycurl.Curl] = []
        self._on_way: dict[pycurl.Curl, tuple[Delivery, _Ground]] = {}
        self._due: float | None = None
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self._woken, self._waker):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def begin(self, deliveries: Iterable[Delivery]) -> None:
        self._waiting.extend(deliveries)

    def wait(self, timeout_s: float | None) -> list[Ended]:
        self._start()
        if not self._ended:
            self._work(timeout_s)
        ended, self._ended = self._ended, []
        return ended

    def wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # it was woken already
            self._waker.send(WAKE)

    def close(self) -> None:
        for _, ground in self._on_way.values():
            ground.close()
        for curl in [*self._on_way, *self._idle]:
            curl.close()
        self._multi.close()
        self._selector.close()
        self._woken.close()
        self._waker.close()

    # ------------------------------------------------------------------------------ requests

    def _start(self) -> None:
        while self._waiting and len(self._on_way) < AT_ONCE_MAX:
            delivery = self._waiting.popleft()
            try:
                request = self._request_of(delivery)
            except NoRequest as error:
                verdict = Verdict.FAILED if error.retry else Verdict.REFUSED
                self._ended.append(Ended(delivery, verdict, str(error)))
                continue
            curl = self._idle.pop() if self._idle else _curl()
            ground = _Ground(self._may_reach)
            try:
                _aim(curl, request, ground)
            except (pycurl.error, UnicodeError, TypeError, ValueError) as error:
                curl.close()
                self._ended.append(Ended(delivery, Verdict.REFUSED, f"It cannot be sent: {error}."))
                continue
            self._on_way[curl] = delivery, ground
            self._multi.add_handle(curl)

    def _work(self, timeout_s: float | None) -> None:
        now = self._monotonic()
        rest = None if self._due is None else max(self._due - now, 0.0)
        pauses = [each for each in (timeout_s, rest) if each is not None]
        found = self._selector.select(min(pauses, default=None))
        if self._due is not None and self._due <= self._monotonic():
            self._due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        for key, events in found:
            if key.fileobj is self._woken:
                self._hear()
                continue
            does = pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0
            does |= pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
            self._multi.socket_action(key.fd, does)
        self._collect()

    def _hear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(len(WAKE)):
                pass

    def _collect(self) -> None:
        left = 1
        while left:
            left, good, bad = self._multi.info_read()
            for curl in good:
                self._end(curl, *_judged(curl.getinfo(pycurl.RESPONSE_CODE)))
            for curl, number, text in bad:
                status = curl.getinfo(pycurl.RESPONSE_CODE)
                self._end(curl, *(_judged(status) if status else self._failed(curl, number, text)))

    def _failed(self, curl: pycurl.Curl, number: int, text: str) -> tuple[Verdict, str]:
        _, ground = self._on_way[curl]
        if ground.refused is not None:
            return Verdict.REFUSED, f"Its address {ground.refused} may not be reached from here."
        if number in (pycurl.E_URL_MALFORMAT, pycurl.E_UNSUPPORTED_PROTOCOL):
            return Verdict.REFUSED, f"It is no address: {text}."
        return Verdict.FAILED, f"{text or curl.errstr() or 'There was no answer'}."

    def _end(self, curl: pycurl.Curl, verdict: Verdict, reason: str) -> None:
        delivery, ground = self._on_way.pop(curl)
        ground.close()
        self._multi.remove_handle(curl)
        self._idle.append(curl)
        reached = curl.getinfo(pycurl.REQUEST_SIZE) > 0  # of what was sent, TLS not counted
        self._ended.append(Ended(delivery, verdict, reason, reached=reached))

    # ------------------------------------------------------------------- what libcurl asks for

    def _watch(self, what: int, fd: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            with contextlib.suppress(KeyError):
                self._selector.unregister(fd)
            return
        events = {
            pycurl.POLL_IN: selectors.EVENT_READ,
            pycurl.POLL_OUT: selectors.EVENT_WRITE,
            pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
        }[what]
        if fd in self._selector.get_map():
            self._selector.modify(fd, events)
        else:
            self._selector.register(fd, events)

    def _set_timer(self, ms: int) -> None:
        self._due = None if ms < 0 else self._monotonic() + ms / 1000


class _Ground:
    """Where one request may go, and where it wanted to that it may not."""

    def __init__(self, may_reach: Callable[[Address], bool]) -> None:
        self._may_reach = may_reach
        self.refused: str | None = None
        self._opened: list[socket.socket] = []
        self._bytes = 0

    def open(self, _purpose: int, address: Any) -> socket.socket | int:  # noqa: ANN401 - pycurl's
        """A socket for an address, which is known by now."""
        family, kind, protocol, place = address
        host = place[0]
        host = host.decode() if isinstance(host, bytes) else host
        if not self._may_reach(ip_address(host.partition("%")[0])):
            self.refused = host
            return int(pycurl.SOCKET_BAD)
        opened = socket.socket(family, kind, protocol)
        self._opened.append(opened)  # libcurl gets a copy
        return opened

    def close(self) -> None:
        """The copies stay."""
        for each in self._opened:
            each.close()

    def read(self, part: bytes) -> int | None:
        """None: go on."""
        self._bytes += len(part)
        return -1 if self._bytes > ANSWER_BYTES_MAX else None


def _curl() -> pycurl.Curl:
    curl = pycurl.Curl()
    for option, value in (
        (pycurl.NOSIGNAL, 1),
        (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
        (pycurl.FOLLOWLOCATION, 0),
        (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
        (pycurl.CONNECTTIMEOUT_MS, round(CONNECT_S * 1000)),
        (pycurl.TIMEOUT_MS, round(ANSWER_S * 1000)),
        (pycurl.PROXY, ""),
        (pycurl.NETRC, 0),
        (pycurl.POST, 1),
        (pycurl.USERAGENT, "hostdown"),
    ):
        curl.setopt(option, value)
    return curl


def _aim(curl: pycurl.Curl, request: Request, ground: _Ground) -> None:
    curl.setopt(pycurl.URL, request.url)
    curl.setopt(pycurl.POSTFIELDS, request.body)
    curl.setopt(pycurl.HTTPHEADER, [*request.headers, "Expect:"])
    curl.setopt(pycurl.OPENSOCKETFUNCTION, ground.open)
    curl.setopt(pycurl.WRITEFUNCTION, ground.read)
    if request.ca_file is None:
        curl.unsetopt(pycurl.CAINFO)
    else:
        curl.setopt(pycurl.CAINFO, request.ca_file)


def _judged(status: int) -> tuple[Verdict, str]:
    if 200 <= status < 300:
        return Verdict.TAKEN, ""
    if 300 <= status < 400:
        return Verdict.REFUSED, f"It answered {status}, and no redirect is followed."
    if 400 <= status < 500 and status not in RETRIED:
        return Verdict.REFUSED, f"It answered {status}."
    return Verdict.FAILED, f"It answered {status}."
