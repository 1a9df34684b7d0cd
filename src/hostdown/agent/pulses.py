"""What an agent and its pulses have to do with each other."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from hostdown.domain.pulse import NONCE_BYTES

INTERVAL_MIN_S = 0.02
"""However often a server asks for pulses."""
INTERVAL_MAX_S = 60.0
"""However seldom."""
OBSERVERS_MAX = 16
"""Observers that a host sends pulses to."""
PATHS_MAX = 8
"""Addresses of one of them."""


class Where(NamedTuple):
    """Where an observer hears: an address for each network that leads there, and its UDP port."""

    addresses: tuple[str, ...]
    port: int


class Terms(NamedTuple):
    """What servers ask of pulses, from one's answer to a report: how often, and with which nonce
    at each observer."""

    interval_s: float
    nonces: Mapping[Where, bytes]


class Pulsing(NamedTuple):
    """A host whose pulses are wanted."""

    name: str
    host_id: str
    secret: bytes
    boot_id: str
    terms: Terms


class Pulses(Protocol):
    """Tells the server between two reports that hosts live, and hears what it has to say."""

    def go_on(self, pulsing: Pulsing) -> None:
        """Pulse for this host from now on, on these terms, and no longer on earlier ones."""
        ...

    def end(self, name: str) -> None:
        """No more pulses of this host; nothing if there were none."""
        ...

    def known(self, name: str, version: int) -> None:
        """This host works with this version of its assignments."""
        ...


class NoPulses:
    """`Pulses` where none are sent."""

    def go_on(self, pulsing: Pulsing) -> None:
        """Nothing."""

    def end(self, name: str) -> None:
        """Nothing."""

    def known(self, name: str, version: int) -> None:
        """Nothing."""


NO_PULSES = NoPulses()


class Hints(NamedTuple):
    """What is called, from the pulses' thread, when a server says so; each must return at once.

    `on_version(name, version)`: the host was given other work, and this is its version; once for
    each version that is newer than all before. `on_report_now(name)`: the server does not know
    what the host's pulses carry; a report would mend it.
    """

    on_version: Callable[[str, int], None]
    on_report_now: Callable[[str], None]


def terms_of(answer: Mapping[str, object], asked: str) -> Terms | None:
    """The terms in the answer to a report; None if it has none that can be used.

    `asked` is the server that answers, as the host reaches it: also where its observer is, if it
    does not say.
    """
    told = answer.get("pulse")
    if not isinstance(told, dict):
        return None
    interval_ms, observers = told.get("interval_ms"), told.get("observers")
    if not isinstance(interval_ms, int | float) or not isinstance(observers, list):
        return None
    found = (_observer(each, asked) for each in observers[:OBSERVERS_MAX])
    nonces = dict(each for each in found if each is not None)
    if not nonces:
        return None
    return Terms(min(max(interval_ms / 1000, INTERVAL_MIN_S), INTERVAL_MAX_S), nonces)


def _observer(told: object, asked: str) -> tuple[Where, bytes] | None:
    if not isinstance(told, dict):
        return None
    addresses, port, nonce = (told.get(name) for name in ("addresses", "port", "nonce"))
    if type(port) is not int or not 0 < port < 65536:
        return None
    if not isinstance(addresses, list) or not isinstance(nonce, str):
        return None
    try:
        raw = bytes.fromhex(nonce)
    except ValueError:
        return None
    if len(raw) != NONCE_BYTES:
        return None
    paths = tuple(_texts(addresses[:PATHS_MAX])) or (asked,)
    return Where(paths, port), raw


def _texts(values: Iterable[object]) -> Iterable[str]:
    return (each for each in values if isinstance(each, str) and each)
