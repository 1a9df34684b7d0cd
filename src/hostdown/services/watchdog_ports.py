"""What a cell keeps of hosts' watchdogs: what each boot told, who gets no grants, whose slots are
to be looked at (NEVER-TWICE F6, F7)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from hostdown.domain.slots import Do, Said


class Watchdog(NamedTuple):
    """What resets one boot of a host once it has no credit: C, W, and the pools that may give one.

    C and W never change within a boot, and no pool leaves it. `armed_at`: when its agent told first
    that the device is open; None as long as nothing resets it.
    """

    host_id: str
    boot: int
    boot_id: str
    self_fence_after_ms: int
    reset_ms: int
    told_at: datetime
    armed_at: datetime | None
    pools: tuple[str, ...]


class WatchdogRows(Protocol):
    """What the newest boot of each host told."""

    def get(self, host_id: str, boot: int) -> Watchdog | None:
        """Of this boot."""
        ...

    def begin(self, made: Watchdog) -> bool:
        """Keep what a boot told first, with no pools; earlier boots' is forgotten. False if this
        one has told before: that stays."""
        ...

    def arm(self, host_id: str, boot: int, now: datetime) -> None:
        """Its device is open; for good."""
        ...

    def add_pools(self, host_id: str, boot: int, pools: Sequence[str], now: datetime) -> None:
        """These may give it a credit; for good."""
        ...

    def readers(self, pool: str, since: datetime) -> list[str]:
        """Names of hosts that report this pool and are up: heard, not forced down, and with a
        report since then."""
        ...


class NoGrant(NamedTuple):
    """No observer grants anything to this boot of a host, nor to those before it."""

    host_id: str
    boot: int
    recovery: int
    marked_at: datetime


class NoGrantRows(Protocol):
    """The no-grant marks of one cell; a host has one at most."""

    def all(self) -> list[NoGrant]:
        """Of all hosts."""
        ...

    def get(self, host_id: str) -> NoGrant | None:
        """Of one."""
        ...

    def put(self, mark: NoGrant) -> None:
        """From now on; over an older one of the host."""
        ...

    def lift(self, host_id: str, recovery: int) -> bool:
        """The one that this recovery made; whether it was there."""
        ...


class SlotOrder(NamedTuple):
    """What a host (`reader`) is to do with another one's slot for a recovery.

    `said` is None until it has answered.
    """

    id: int
    recovery: int
    host_id: str
    boot: int
    pool: str
    reader: str
    do: Do
    issued_at: datetime
    said: Said | None = None
    answered_at: datetime | None = None


class SlotOrderRows(Protocol):
    """The orders of one cell."""

    def add(self, orders: Sequence[SlotOrder]) -> None:
        """Under numbers of their own, which are never used again."""
        ...

    def waiting(self, reader: str, since: datetime, limit: int) -> list[SlotOrder]:
        """What this host has not answered, issued at that time or later, oldest first."""
        ...

    def answer(self, number: int, reader: str, said: Said, now: datetime) -> bool:
        """What came of it; False if it is not this host's, was answered, or is there no more."""
        ...

    def of(self, recovery: int) -> list[SlotOrder]:
        """Oldest first."""
        ...

    def drop(self, recovery: int, do: Do) -> None:
        """Nobody waits for those of this kind any more."""
        ...
