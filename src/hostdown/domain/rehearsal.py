"""What has to be said before a host fails: what cannot be closed (NEVER-TWICE X1 to X7), and what
would keep its recovery waiting.
"""

from collections.abc import Collection
from typing import NamedTuple

from hostdown.domain.fence_checks import NONE, WATCHDOG
from hostdown.domain.pools import PoolClass


class Facts(NamedTuple):
    """Of one host: the drivers of its fence levels, what its pool's locks are worth, whether its
    watchdog is armed in the boot that it is in, and whether its agent said that it may sleep."""

    drivers: Collection[str]
    pool_class: str
    is_armed: bool
    may_sleep: bool


NO_LEVEL = (
    "Nothing can fence it: its recovery is held until an operator who saw to it that it is off "
    "says so (hostdown recovery confirm-off)."
)
MAY_SLEEP = (
    "Its agent said that the machine may sleep, and what sleeps reads Off and goes on later: so "
    "Off proves nothing of it (F3). Mask sleep there, and restart its agent: systemctl mask "
    "sleep.target suspend.target hibernate.target hybrid-sleep.target"
)
NO_WATCHDOG = (
    "It has no watchdog: if its device fails with it, as when both lose power, its recovery is "
    "held until an operator who saw to it that it is off says so (hostdown recovery confirm-off)."
)
NOT_NAMED = (
    "Its watchdog is armed, but its fencing rule does not name it ('driver: watchdog'), so nobody "
    "waits for it: where no device answers, its recovery is held until an operator who saw to it "
    "that it is off says so (hostdown recovery confirm-off)."
)
NOT_ARMED = (
    "Its fence levels have a watchdog, and it has not armed one: that level does nothing for it "
    "(hostdown host show says what it told)."
)
LATE_OFF = (
    "A power-off that a stopped leader sends late may reach the host once it is back: it is lost "
    "once more, and no data (X6)."
)
LYING_DEVICE = (
    "Its disks are on no pool that other hosts see: if its device says Off of a host that runs on, "
    "cut off from the network, nothing else shows it (X5)."
)
NO_LOCKS = (
    "The locks of its pool keep nobody out: if an operator says that it is off, and it is not, two "
    "may write to one disk for as long as it cannot reach the pool (X1); the same holds for a "
    "device that lies (X3)."
)
REPLAY = (
    "Its pool takes late writes of a host whose locks it gave away: if an operator says that it is "
    "off, and it was only cut off, what it has queued lands on the disks when its path heals (X2)."
)
LOCAL = (
    "Its disks are its own: what is on them is lost to servers that are brought back elsewhere; "
    "and if an operator says that it is off, and it is not, they run twice (X4)."
)
UNKNOWN_POOL = (
    "Nobody knows yet what the locks of its pool are worth: if an operator says that it is off, "
    "and it is not, two may write to one disk (X1)."
)
NO_TIMER = "Its watchdog is a proof by waiting: a timer that does not fire is seen by nobody (X7)."

_BY_CLASS = {
    PoolClass.NOLOCK.value: NO_LOCKS,
    PoolClass.REPLAY.value: REPLAY,
    PoolClass.LOCAL.value: LOCAL,
    "": UNKNOWN_POOL,
}


def warnings(of: Facts) -> list[str]:
    """What has to be said, the worst first."""
    devices = [each for each in of.drivers if each not in (WATCHDOG, NONE)]
    named = WATCHDOG in of.drivers
    armed = named and of.is_armed
    alone = of.pool_class in (PoolClass.LOCAL, "")
    said = (
        (not devices and not armed, NO_LEVEL),
        (bool(devices) and of.may_sleep, MAY_SLEEP),
        (named and not of.is_armed, NOT_ARMED),
        (of.is_armed and not named, NOT_NAMED),
        (bool(devices) and not of.is_armed, NO_WATCHDOG),
        (of.pool_class in _BY_CLASS, _BY_CLASS.get(of.pool_class, "")),
        (bool(devices) and alone, LYING_DEVICE),
        (armed, NO_TIMER),
        (bool(devices), LATE_OFF),
    )
    return [sentence for applies, sentence in said if applies]
