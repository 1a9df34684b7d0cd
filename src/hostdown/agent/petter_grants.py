"""Asks servers for grants: a pulse on a path of its own, whose answer may be a credit.

A grant is aged from the sending of its pulse: whatever keeps the answer makes it older.
"""

import selectors
import socket
from collections.abc import Sequence

from hostdown.agent.petter import Petter
from hostdown.agent.ports import BootClock
from hostdown.agent.udp import UdpSockets, received
from hostdown.domain.pulse import (
    ANSWER_BYTES,
    PETTER,
    Pulse,
    boot_tag,
    host_bytes,
    mac_under,
    pack_pulse,
    unpack_answer,
)
from hostdown.domain.watchdog import RENEW_EVERY_S

GRANT = "grant"
"""What gives the credit."""
ASKED_MAX = 8
"""Pulses whose answers count: those of some seconds. What takes longer is worth nothing."""
ANSWERS_AT_ONCE_MAX = 64
"""Answers read before the next pulse is due."""
_US = 1_000_000


class Grants:
    """What is asked and heard. Called by one thread."""

    def __init__(self, petter: Petter, clock: BootClock) -> None:
        self._petter = petter
        self._clock = clock
        self._asked: dict[int, float] = {}

    def questions(self) -> list[tuple[bytes, Sequence[tuple[str, int]]]]:
        """The datagrams to send now, each with where it goes.

        Their sequence is the time since the boot, so that it also grows from run to run.
        """
        terms = self._petter.terms
        if terms is None or terms.grants is None:
            return []
        now_s = self._clock.boottime()
        sequence = max(int(now_s * _US), 1 + max(self._asked, default=0))
        self._asked[sequence] = now_s
        while len(self._asked) > ASKED_MAX:
            del self._asked[min(self._asked)]
        key, tag = host_bytes(terms.host), boot_tag(terms.boot_id)
        mac = mac_under(terms.grants.pulse_key)
        return [
            (pack_pulse(Pulse(key, PETTER, tag, sequence, 0, each.nonce), mac), each.places)
            for each in terms.grants.observers
        ]

    def hear(self, datagram: bytes) -> None:
        """Count it if it answers one of the newest pulses, and grants."""
        terms = self._petter.terms
        if terms is None or terms.grants is None:
            return
        answer = unpack_answer(datagram, mac_under(terms.grants.answer_key))
        nonces = {each.nonce for each in terms.grants.observers}
        if answer is None or answer.nonce not in nonces or not answer.granted:
            return
        since_s = self._asked.get(answer.sequence)
        if since_s is not None:
            self._petter.credits.give(GRANT, since_s)


class GrantAsker:
    """The wire under `Grants`; names were resolved before, so that nothing here waits for them."""

    def __init__(self, grants: Grants, clock: BootClock) -> None:
        self._grants = grants
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._sockets = UdpSockets(self._selector)

    def turn(self) -> None:
        """Ask, and hear what is answered until it is time to ask again."""
        due_s = self._clock.boottime() + RENEW_EVERY_S
        self._ask()
        while (left_s := due_s - self._clock.boottime()) > 0:
            for key, _ in self._selector.select(left_s):
                assert isinstance(key.fileobj, socket.socket)  # noqa: S101 - no others
                for datagram in received(key.fileobj, ANSWER_BYTES + 1, ANSWERS_AT_ONCE_MAX):
                    self._grants.hear(datagram)

    def _ask(self) -> None:
        for question, places in self._grants.questions():
            for host, port in places:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                self._sockets.send(question, family, (host, port))
