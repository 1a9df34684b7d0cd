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


class GrantTerms(NamedTuple):
    """How to ask for grants: keys of pulses and answers, and where the server hears pulses."""

    nonce: bytes
    pulse_key: bytes
    answer_key: bytes
    places: tuple[tuple[str, int], ...]


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
            nonce, pulse_key, answer_key, places = terms.grants
            keys = {"pulse_key": pulse_key.hex(), "answer_key": answer_key.hex()}
            fields["grants"] = {"nonce": nonce.hex(), **keys, "places": places}
        fields["pools"] = [pool._asdict() for pool in terms.pools]
        replace(self._terms, orjson.dumps({"version": _VERSION, **fields}) + b"\n")

    def drop_terms(self) -> None:
        """Nothing is to be petted; raises OSError."""
        self._terms.unlink(missing_ok=True)

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
    names = ("nonce", "pulse_key", "answer_key")
    nonce, pulse_key, answer_key = (bytes.fromhex(fields[name]) for name in names)
    places = tuple((host, port) for host, port in fields["places"])
    return GrantTerms(nonce, pulse_key, answer_key, places)


def _done(fields: dict[str, Any]) -> PetterDone:
    return PetterDone(**fields | {"renewed": tuple(fields["renewed"])})
