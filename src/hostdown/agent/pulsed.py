"""A host as the thread that sends its pulses knows it, and those who hear them."""

from hostdown.agent.pulses import Pulsing, Where
from hostdown.domain.pulse import Keys, boot_tag, host_bytes, keys

REPORT_NOW_FIRST_S = 0.5
"""After an observer asked for a report, it is not listened to for so long, if it asks again."""


class Ear:
    """One observer of a host's pulses. One that does not answer changes nothing for the others."""

    __slots__ = ("asked", "has_answered", "quiet_s", "quiet_until", "turn", "unanswered", "where")

    def __init__(self, where: Where) -> None:
        self.where = where
        self.unanswered = self.turn = 0
        self.has_answered = False
        self.quiet_until = 0.0
        self.quiet_s = REPORT_NOW_FIRST_S
        self.asked = 0


class PulsedHost:
    """One host's pulses. `spoken` is replaced whole, so nobody ever sees half of it.

    The first one's sequence is the one after `sequence`.
    """

    def __init__(self, pulsing: Pulsing, sequence: int) -> None:
        self.name = pulsing.name
        self.key = host_bytes(pulsing.host_id)
        self.sequence = sequence
        self.known = 0
        self.told = 0
        self.ended = False
        self.interval_s = pulsing.terms.interval_s
        self._ears: dict[Where, Ear] = {}
        self.spoken = self._spoken(pulsing)

    def _spoken(self, pulsing: Pulsing) -> tuple[Keys, bytes, tuple[tuple[Ear, bytes], ...]]:
        nonces = pulsing.terms.nonces
        self._ears = {where: self._ears.get(where) or Ear(where) for where in nonces}
        ears = tuple((self._ears[where], nonce) for where, nonce in nonces.items())
        return keys(pulsing.secret), boot_tag(pulsing.boot_id), ears

    def goes_on(self, pulsing: Pulsing, interval_s: float) -> None:
        """On other terms."""
        self.interval_s = interval_s
        self.spoken = self._spoken(pulsing)
