"""A host as the thread that sends its pulses knows it."""

from hostdown.agent.pulses import Pulsing
from hostdown.domain.pulse import Keys, boot_tag, host_bytes, keys

REPORT_NOW_FIRST_S = 0.5
"""After a server asked for a report, it is not listened to for so long, if it asks again."""


class PulsedHost:
    """One host's pulses. `spoken` is replaced whole, so nobody ever sees half of it."""

    def __init__(self, pulsing: Pulsing) -> None:
        self.name = pulsing.name
        self.key = host_bytes(pulsing.host_id)
        self.sequence = 0
        self.known = 0
        self.told = 0
        self.ended = False
        self.interval_s = pulsing.terms.interval_s
        self.quiet_until = 0.0
        self.quiet_s = REPORT_NOW_FIRST_S
        self.asked = 0
        self.unanswered = self.turn = 0
        self.answered_at: float | None = None
        self.spoken = self._spoken(pulsing)

    def _spoken(self, pulsing: Pulsing) -> tuple[Keys, bytes, bytes, int]:
        terms = pulsing.terms
        return keys(pulsing.secret), boot_tag(pulsing.boot_id), terms.nonce, terms.port

    def goes_on(self, pulsing: Pulsing, interval_s: float) -> None:
        """On other terms."""
        self.interval_s = interval_s
        self.spoken = self._spoken(pulsing)
