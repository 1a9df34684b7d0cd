"""What an observer makes of a host's pulses: heard, late or silent (DESIGN §9).

Silence is judged at a time up to which everything that arrived has been read, so that a pause of
the observer does not read as silence of a host. An observer that itself hears almost nobody doubts
itself, not its hosts (Lifeguard, DSN 2018): it has no vote.
"""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class Sight(StrEnum):
    """`late`: silent within grace, `silent`: beyond it."""

    HEARD = "heard"
    LATE = "late"
    SILENT = "silent"


class Patience(NamedTuple):
    """For how long no pulse of a host may come on any of its paths, in ns."""

    late_ns: int
    silent_ns: int


class Preset(StrEnum):
    """How near hosts are to who hears them."""

    LAN = "lan"
    WAN = "wan"


_MISSED = {Preset.LAN: (5, 8), Preset.WAN: (10, 30)}
"""Intervals without a pulse until a host is late, and until it is silent. At 8 of 100 ms, a loss of
1 % makes 0.00003 false silences a year of 1,000 hosts with one path (0.01⁸, 3·10¹¹ pulses)."""


def patience(preset: Preset, interval: timedelta) -> Patience:
    """With pulses so far apart."""
    interval_ns = round(interval.total_seconds() * 1_000_000_000)
    late, silent = _MISSED[preset]
    return Patience(late * interval_ns, silent * interval_ns)


def sight(newest_ns: int, until_ns: int, patience: Patience) -> Sight:
    """Of a host whose newest pulse arrived at `newest_ns`, as seen at `until_ns`."""
    passed_ns = until_ns - newest_ns
    if passed_ns >= patience.silent_ns:
        return Sight.SILENT
    return Sight.LATE if passed_ns >= patience.late_ns else Sight.HEARD


HEARD_SHARE_MIN = 0.1
"""An observer that hears a smaller share of the hosts that it heard lately has no vote."""


def is_blind(heard: int, known: int) -> bool:
    """Whether an observer that hears so many of so many has to doubt itself.

    Hosts that are late count as not heard: those of an observer that was cut off become silent one
    after another within an interval, and the first of them must not be believed.
    """
    return heard < known * HEARD_SHARE_MIN


class Vote(NamedTuple):
    """What an observer says of itself. `beats` grows as long as it lives."""

    observer: str
    beats: int
    heard: int
    known: int
    blind: bool


def most(votes: int, voters: int) -> bool:
    """Whether so many of so many are a majority; nobody's is none."""
    return 2 * votes > voters > 0


def agreed(silences: Iterable[tuple[str, str]], voters: Iterable[str]) -> set[str]:
    """The hosts that most voters find silent; `silences` are pairs of an observer and a host."""
    voting = set(voters)
    counts: dict[str, int] = {}
    for observer, host in set(silences):
        if observer in voting:
            counts[host] = counts.get(host, 0) + 1
    return {host for host, votes in counts.items() if most(votes, len(voting))}
