"""What the locks of a pool are worth, measured by hosts that look at each other's (NEVER-TWICE D5).

Each host holds a lock on a file of its own for as long as its agent lives, and counts on in it only
while it does. Who finds that file unlocked has learned nothing yet: its host may have died since it
counted last. If it counts on afterwards, its lock was none. No clocks are compared.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class PoolClass(StrEnum):
    """What keeps a second writer from a disk that somebody has open."""

    LOCKS = "locks"
    """A lock that another host holds is refused here."""
    NOLOCK = "nolock"
    """Several hosts have the pool, and none is kept out by another one's lock."""
    REPLAY = "replay"
    """As `locks`, until a host is cut off: the pool then gives its locks away, and still takes what
    that host has queued once it is back (NFSv3; NEVER-TWICE X2)."""
    LOCAL = "local"
    """No other host has it."""


class Slot(NamedTuple):
    """A host's own record on a pool: its process, by a random text, its boot, and a counter."""

    process: str
    boot: int
    counter: int


class Probe(NamedTuple):
    """What is known after a look; `pool_class` is "" as long as nothing is.

    `slots` are those of the other hosts, and `free` those whose lock was not held.
    """

    pool_class: str = ""
    slots: Mapping[str, Slot] | None = None
    free: frozenset[str] = frozenset()

    @property
    def is_certain(self) -> bool:
        """Whether the next look has time: another one is there, and what its lock does is known."""
        return self.pool_class in _SHARED and not self.free


_SHARED = (PoolClass.LOCKS, PoolClass.NOLOCK)


def alive(before: Probe, slots: Mapping[str, Slot]) -> list[str]:
    """The hosts that have counted on since the look before."""
    known = before.slots or {}
    return [host for host, slot in slots.items() if host in known and _goes_on(known[host], slot)]


def _goes_on(known: Slot, slot: Slot) -> bool:
    return slot.process == known.process and slot.counter > known.counter


def probed(before: Probe, slots: Mapping[str, Slot], locked: Mapping[str, bool]) -> Probe:
    """What is known after another look; `locked` tells of each host that is alive.

    A pool that was once seen to be shared stays that, also while no other host is there.
    """
    free = frozenset(host for host, held in locked.items() if not held)
    if any(host in before.free for host in locked):
        pool_class: str = PoolClass.NOLOCK
    elif len(free) < len(locked):
        pool_class = PoolClass.LOCKS
    elif before.slots is None or free or before.pool_class in _SHARED:
        pool_class = before.pool_class
    else:
        pool_class = PoolClass.LOCAL
    return Probe(pool_class, slots, free)
