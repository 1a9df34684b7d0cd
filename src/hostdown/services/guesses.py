"""How often somebody may try a password.

Attempts are paid for before the password is looked at and given back when it was right, so that
guessing in parallel gains nothing. Three purses: of an address, of a user, and of a user at an
address from which that user has logged in before. The last one stands alone: whoever hammers at
`admin` from elsewhere cannot lock out the admin at the usual place. Nothing is locked for ever;
every purse refills with time.
"""

import ipaddress
import math
import threading
from collections import OrderedDict
from typing import NamedTuple

from hostdown.domain.identity_errors import TooManyGuesses


class Purse(NamedTuple):
    """So many wrong guesses at once, then one each `refill_s` seconds."""

    guesses_max: int
    refill_s: float


PER_SOURCE = Purse(20, 6.0)
"""Wrong passwords from one address."""
PER_USER = Purse(10, 6.0)
"""Wrong passwords for one user, from wherever."""
PER_KNOWN_PLACE = Purse(10, 6.0)
"""Wrong passwords for a user from an address at which that user has logged in before."""
TRACKED_MAX = 10_000
"""Purses, and known places, in memory; beyond it those not used for longest are forgotten."""

Key = tuple[str, ...]


def place_of(address: str) -> str:
    """What counts as one source: an IPv4 address, an IPv6 /64, or the text as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


class GuessLimits:
    """The purses of one worker process; times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._spent: OrderedDict[Key, tuple[float, float]] = OrderedDict()
        self._known: OrderedDict[Key, None] = OrderedDict()
        self._lock = threading.Lock()

    def pay(self, user: str, source: str, monotonic_s: float) -> None:
        """Pay for one attempt; raises TooManyGuesses with the seconds until one is possible."""
        with self._lock:
            purses = self._purses(user, place_of(source))
            waits = [self._wait_s(key, purse, monotonic_s) for key, purse in purses]
            if max(waits) > 0:
                raise TooManyGuesses(retry_after_s=math.ceil(max(waits)))
            for key, purse in purses:
                self._put(key, self._level(key, purse, monotonic_s) + 1.0, monotonic_s)

    def right(self, user: str, source: str, monotonic_s: float) -> None:
        """The password was right: give back, and know this place from now on."""
        with self._lock:
            place = place_of(source)
            for key, purse in self._purses(user, place):
                self._put(key, max(0.0, self._level(key, purse, monotonic_s) - 1.0), monotonic_s)
            self._known[("place", user, place)] = None
            self._known.move_to_end(("place", user, place))
            while len(self._known) > TRACKED_MAX:
                self._known.popitem(last=False)

    def _purses(self, user: str, place: str) -> list[tuple[Key, Purse]]:
        pair = ("place", user, place)
        if pair in self._known:
            return [(pair, PER_KNOWN_PLACE)]
        return [(("source", place), PER_SOURCE), (("user", user), PER_USER)]

    def _level(self, key: Key, purse: Purse, monotonic_s: float) -> float:
        level, seen_s = self._spent.get(key, (0.0, monotonic_s))
        return max(0.0, level - (monotonic_s - seen_s) / purse.refill_s)

    def _wait_s(self, key: Key, purse: Purse, monotonic_s: float) -> float:
        excess = self._level(key, purse, monotonic_s) + 1.0 - purse.guesses_max
        return max(0.0, excess * purse.refill_s)

    def _put(self, key: Key, level: float, monotonic_s: float) -> None:
        self._spent[key] = (level, monotonic_s)
        self._spent.move_to_end(key)
        while len(self._spent) > TRACKED_MAX:
            self._spent.popitem(last=False)
