"""What an agent lets its petter know, and what the petter has done: a file for each.

Each is replaced whole by the one who writes it, and neither waits for the other. What was written
in an earlier boot of the machine says nothing any more.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson

from hostdown.agent.state import replace

T = TypeVar("T")

TERMS_FILE = "watch.json"
DONE_FILE = "petter.json"
_VERSION = 1


class GrantingObserver(NamedTuple):
    """One that may be asked: the nonce of pulses to it, and where it hears them."""

    nonce: bytes
    places: tuple[tuple[str, int], ...]


class GrantTerms(NamedTuple):
    """How to ask for grants: keys of pulses and answers, and whom; each one's grant will do."""

    pulse_key: bytes
    answer_key: bytes
    observers: tuple[GrantingObserver, ...]


class PoolTerms(NamedTuple):
    """A pool to renew the slot on; it gives a credit only once the server has `confirmed` it."""

    id: str
    path: str
    confirmed: bool


class WatchTerms(NamedTuple):
    """What holds for one boot of a host.

    Device, its time-out, C and W never change within it. `device_timeout_s` is what the device is
    set to, `reset_s` how long it was measured to take, which is W. `may_open`: it is still wanted,
    and there is a pool whose slot gives credits, or the site does without.
    """

    host: str
    boot: int
    boot_id: str
    device: str
    device_timeout_s: int
    self_fence_after_s: float
    reset_s: float
    may_open: bool = False
    grants: GrantTerms | None = None
    pools: tuple[PoolTerms, ...] = ()


class PetterDone(NamedTuple):
    """`renewed`: pools on which it renews; `armed`: the device is open, or was in this boot."""

    boot_id: str
    armed: bool = False
    renewed: tuple[str, ...] = ()


class WatchFiles:
    """Both files. Readers hear None of what is not there, not whole, or of another version."""

    def __init__(self, state: Path) -> None:
        self._terms = state / TERMS_FILE
        self._done = state / DONE_FILE

    def terms(self) -> WatchTerms | None:
        """What the agent wrote."""
        return _read(self._terms, _terms)

    def put_terms(self, terms: WatchTerms) -> None:
        """Raises OSError."""
        fields = terms._asdict()
        if terms.grants is not None:
            pulse_key, answer_key, observers = terms.grants
            keys = {"pulse_key": pulse_key.hex(), "answer_key": answer_key.hex()}
            whom = [{"nonce": each.nonce.hex(), "places": each.places} for each in observers]
            fields["grants"] = {**keys, "observers": whom}
        fields["pools"] = [pool._asdict() for pool in terms.pools]
        replace(self._terms, orjson.dumps({"version": _VERSION, **fields}) + b"\n")

    def done(self) -> PetterDone | None:
        """What the petter wrote."""
        return _read(self._done, _done)

    def put_done(self, done: PetterDone) -> None:
        """Raises OSError."""
        replace(self._done, orjson.dumps({"version": _VERSION, **done._asdict()}) + b"\n")


def _read(file: Path, made: Callable[[dict[str, Any]], T]) -> T | None:
    try:
        fields = orjson.loads(file.read_bytes())
        return made(fields) if fields.pop("version") == _VERSION else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _terms(fields: dict[str, Any]) -> WatchTerms:
    grants, pools = fields.pop("grants"), fields.pop("pools")
    terms = WatchTerms(**fields)
    return terms._replace(
        grants=None if grants is None else _grants(grants),
        pools=tuple(PoolTerms(**pool) for pool in pools),
    )


def _grants(fields: dict[str, Any]) -> GrantTerms:
    pulse_key, answer_key = (bytes.fromhex(fields[name]) for name in ("pulse_key", "answer_key"))
    return GrantTerms(pulse_key, answer_key, tuple(map(_observer, fields["observers"])))


def _observer(fields: dict[str, Any]) -> GrantingObserver:
    places = tuple((host, port) for host, port in fields["places"])
    return GrantingObserver(bytes.fromhex(fields["nonce"]), places)


def _done(fields: dict[str, Any]) -> PetterDone:
    return PetterDone(**fields | {"renewed": tuple(fields["renewed"])})
