"""Sends pulses for one host or for thousands, from one thread, and reads what is answered.

An observer that does not answer changes nothing: the pulses go on, quietly, and whoever works for
the host asks over HTTP. Sending never waits, and a path that leads nowhere holds no other one up.
"""

import contextlib
import heapq
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Iterable

from hostdown.agent.pulsed import REPORT_NOW_FIRST_S, Ear, PulsedHost
from hostdown.agent.pulses import Hints, Pulsing, Where
from hostdown.agent.udp import Address, UdpSockets, received
from hostdown.domain.pulse import (
    ANSWER_BYTES,
    FAREWELL,
    Answer,
    Pulse,
    answer_host,
    host_bytes,
    pack_pulse,
    unpack_answer,
)

LOG = logging.getLogger("hostdown.agent")

REPORT_NOW_MAX_S = 30.0
"""So long at most; each time that no pulse counted in between, the wait is twice as long."""
UNANSWERED_MIN = 5
"""Pulses that an observer leaves without an answer, after it gave some, until the host reports:
HTTP may get through where UDP does not, and what reports is not dead."""
UNANSWERED_MAX = 10
"""Pulses without an answer after which a name's next address is tried."""
RESOLVE_EVERY_S = 60.0
"""How long the address of a name is used, if the host reports."""
ANSWERS_AT_ONCE_MAX = 256
"""Answers read before pulses that are due are sent."""
SENT_AT_ONCE_MAX = 256
"""Pulses sent before answers are read."""
STOP_S = 1.0
"""What the thread gets to end."""
RECEIVE_BUFFER_BYTES = 4 << 20
"""Asked of the kernel, which may give less; answers that are lost are only hints."""
_US = 1_000_000

Place = tuple[int, Address]
"""A family and a socket address."""


def resolve(address: str, port: int) -> list[Place]:
    """Where a name or an address leads; empty if it leads nowhere now."""
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)
    except OSError:
        return []
    return [(family, place) for family, _, _, _, place in found]


class Pulser:
    """`agent.pulses.Pulses`, to each observer by each of its addresses, whose position is the
    number of the path. `interval_min_s` holds whatever a server asks for.
    """

    def __init__(
        self, hints: Hints, monotonic: Callable[[], float], interval_min_s: float = 0.0
    ) -> None:
        self._hints = hints
        self._monotonic = monotonic
        self._interval_min_s = interval_min_s
        self._lock = threading.Lock()
        self._by_name: dict[str, PulsedHost] = {}
        self._by_key: dict[bytes, PulsedHost] = {}
        self._new: list[PulsedHost] = []
        self._due: list[tuple[float, int, PulsedHost]] = []
        self._count = 0
        self._places: dict[Where, list[tuple[int, list[Place]]]] = {}
        self._resolved_at: dict[Where, float] = {}
        self._selector = selectors.DefaultSelector()
        self._sockets = UdpSockets(self._selector, RECEIVE_BUFFER_BYTES)
        self._wake, self._waker = socket.socketpair()
        for end in (self._wake, self._waker):
            end.setblocking(False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="pulses", daemon=True)

    # ------------------------------------------------------------------------ from other threads

    def start(self) -> None:
        """Begin; there is nothing to do until somebody says `go_on`."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._stopping = True
        self._awake()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
        if not self._thread.is_alive():
            self._sockets.close()
            self._wake.close()
            self._waker.close()
            self._selector.close()

    def go_on(self, pulsing: Pulsing) -> None:
        """May wait for a name to be resolved."""
        self._resolve(pulsing.terms.nonces)
        interval_s = max(pulsing.terms.interval_s, self._interval_min_s)
        with self._lock:
            host = self._by_name.get(pulsing.name)
            if host is not None and host.key == host_bytes(pulsing.host_id):
                host.goes_on(pulsing, interval_s)
                return
            self._forget(host)
            # By the time, so that they also go on growing under a nonce that it had before.
            host = PulsedHost(pulsing, round(self._monotonic() * _US))
            host.interval_s = interval_s
            self._by_name[pulsing.name] = self._by_key[host.key] = host
            self._new.append(host)
        self._awake()

    def end(self, name: str) -> None:
        with self._lock:
            self._forget(self._by_name.get(name))

    def known(self, name: str, version: int) -> None:
        with self._lock:
            host = self._by_name.get(name)
        if host is not None:
            host.known = version

    def _forget(self, host: PulsedHost | None) -> None:
        if host is not None:
            host.ended = True
            self._by_name.pop(host.name, None)
            self._by_key.pop(host.key, None)

    def _resolve(self, observers: Iterable[Where]) -> None:
        now = self._monotonic()
        with self._lock:
            since = now - RESOLVE_EVERY_S
            due = [e for e in observers if self._resolved_at.get(e, float("-inf")) <= since]
            self._resolved_at.update(dict.fromkeys(due, now))
        for where in due:
            places = [(n, resolve(path, where.port)) for n, path in enumerate(where.addresses)]
            found = [each for each in places if each[1]]
            with self._lock:
                if found or where not in self._places:
                    self._places[where] = found

    def _awake(self) -> None:
        with contextlib.suppress(OSError):
            self._waker.send(b"!")

    # -------------------------------------------------------------------------------- the thread

    def _loop(self) -> None:
        while not self._stopping:
            self._take_new()
            pause_s = self._send_due()
            for key, _ in self._selector.select(pause_s):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)  # noqa: S101 - nothing else is registered
                if sock is self._wake:
                    sock.recv(4096)
                else:
                    self._hear(sock)
        self._say_farewells()

    def _take_new(self) -> None:
        with self._lock:
            new, self._new = self._new, []
        now = self._monotonic()
        for host in new:
            self._push(now, host)

    def _push(self, due: float, host: PulsedHost) -> None:
        self._count += 1
        heapq.heappush(self._due, (due, self._count, host))

    def _send_due(self) -> float | None:
        """Seconds until the next one is due; None if there is none."""
        for _ in range(SENT_AT_ONCE_MAX):
            if not self._due:
                return None
            now = self._monotonic()
            due, _, host = self._due[0]
            if due > now:
                return due - now
            heapq.heappop(self._due)
            ended = host.ended  # another thread may end it meanwhile: then its farewell is next
            self._pulse(host, farewell=ended)
            if not ended:
                # One that is late is not made up for: it would only say again that we live.
                self._push(max(due + host.interval_s, now), host)
        return 0.0

    def _pulse(self, host: PulsedHost, farewell: bool = False) -> None:
        signing, tag, ears = host.spoken
        host.sequence += 1
        for ear, nonce in ears:
            ear.unanswered += 1
            turn = ear.turn + ear.unanswered // UNANSWERED_MAX
            for path, places in self._places.get(ear.where, ()):
                family, place = places[turn % len(places)]
                number = FAREWELL if farewell else path
                said = Pulse(host.key, number, tag, host.sequence, host.known, nonce)
                self._sockets.send(pack_pulse(said, signing.pulse), family, place)
            if ear.unanswered > UNANSWERED_MIN and ear.has_answered and not farewell:
                self._report_now(host, ear, host.sequence, self._monotonic())

    def _say_farewells(self) -> None:
        """That nothing more comes is no silence; nobody waits for what it would prove."""
        with self._lock:
            hosts = list(self._by_name.values())
        for host in hosts:
            self._pulse(host, farewell=True)

    def _hear(self, sock: socket.socket) -> None:
        for datagram in received(sock, ANSWER_BYTES + 1, ANSWERS_AT_ONCE_MAX):
            host = self._by_key.get(answer_host(datagram))
            if host is not None:
                self._listen(host, datagram)

    def _listen(self, host: PulsedHost, datagram: bytes) -> None:
        """Only to what answers a pulse of ours with the nonce that we have now."""
        signing, _tag, ears = host.spoken
        answer = unpack_answer(datagram, signing.answer)
        if answer is None or answer.sequence > host.sequence:
            return
        ear = next((each for each, nonce in ears if nonce == answer.nonce), None)
        if ear is None:
            return
        ear.has_answered = True
        ear.turn += ear.unanswered // UNANSWERED_MAX
        ear.unanswered = 0
        if answer.report_now:
            self._report_now(host, ear, answer.sequence, self._monotonic())
        else:
            ear.quiet_s, ear.quiet_until = REPORT_NOW_FIRST_S, 0.0
        self._tell_version(host, answer)

    def _report_now(self, host: PulsedHost, ear: Ear, sequence: int, now: float) -> None:
        if now >= ear.quiet_until and sequence > ear.asked:
            ear.asked = sequence
            ear.quiet_until = now + ear.quiet_s
            ear.quiet_s = min(2 * ear.quiet_s, REPORT_NOW_MAX_S)
            self._hints.on_report_now(host.name)

    def _tell_version(self, host: PulsedHost, answer: Answer) -> None:
        if answer.newest > max(host.told, host.known):
            host.told = answer.newest
            self._hints.on_version(host.name, answer.newest)
