"""When a hardware timer may be held off, and when its silence proves a reset (NEVER-TWICE F6, F7).

A petter on the host pets the timer while it holds a credit younger than C. A credit is aged from
the sending of what brought it, so that no delay on the way makes it younger. Who has forbidden
every credit and waited for `wait` knows that the machine was reset.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from hostdown.domain.sealed_text import opened, sealed

LOOK_S = 0.25
"""Between two looks of a petter at its credits."""
RENEW_EVERY_S = 0.5
"""Between two renewals of a slot, and between two requests for a grant."""

GRANTS_END_S = 0.5
"""G: a server that has not read the marks for so long grants nothing."""
DRIFT = 0.001
"""rho: how wrong the clock and the timer of a host may go."""
LAST_DMA_S = 1.0
"""R: from the timer's expiry to the last byte that the machine moves."""
IN_FLIGHT_S = 1.0
"""S: how long what it had written may be on its way to the storage."""

BLOCK_BYTES = 4096
"""Of a slot's renewal, and of its mark: what storage writes whole or not at all as a rule."""
SLOT_BYTES = 2 * BLOCK_BYTES
"""The renewal, then the mark."""

_RENEWAL = "hostdown-renewal-1"
_MARK = "hostdown-mark-1"


class Renewal(NamedTuple):
    """That a petter lives. `process` is the random name of one run of it; `counter` grows."""

    boot_id: str
    process: str
    counter: int


class Mark(NamedTuple):
    """That nothing is to hold off the timer of this boot, nor of one before it, any more."""

    boot: int
    recovery: str


class SlotContent(NamedTuple):
    """What a slot says; None for a block that is empty or not whole."""

    renewal: Renewal | None
    mark: Mark | None


def may_pet(now_s: float, credits: Iterable[float], self_fence_after_s: float) -> bool:
    """Whether one of the credits, by the moments from which they are aged, is younger than C.

    The clock is one that goes on while the machine sleeps, the same for all.
    """
    return any(0.0 <= now_s - since_s < self_fence_after_s for since_s in credits)


def wait(self_fence_after: timedelta, reset: timedelta) -> timedelta:
    """From the moment when nothing gives a credit any more until the host is reset for sure.

    One W for a stall between a petter's look and its pet, one for the timer, one because a process
    that is killed pets as its device is closed. In whole tenths of a second, never less.
    """
    alive_s = self_fence_after.total_seconds() + 3 * reset.total_seconds()
    all_s = GRANTS_END_S + alive_s * (1 + DRIFT) + LAST_DMA_S + IN_FLIGHT_S
    return timedelta(seconds=math.ceil(all_s * 10) / 10)


def forbids(mark: Mark | None, boot: int) -> bool:
    """Whether a slot with this mark gives that boot no credit."""
    return mark is not None and mark.boot >= boot


def renewal_block(renewal: Renewal) -> bytes:
    """The block; raises ValueError for a boot id that no kernel has."""
    return _block(_RENEWAL, renewal._asdict())


def mark_block(mark: Mark) -> bytes:
    """The block; raises ValueError for a recovery that none is called."""
    return _block(_MARK, mark._asdict())


def slot_content(content: bytes) -> SlotContent:
    """Of a slot's file. A torn write reads as none: who wrote it was told of no success either."""
    return SlotContent(_renewal(content[:BLOCK_BYTES]), _mark(content[BLOCK_BYTES:SLOT_BYTES]))


def _renewal(block: bytes) -> Renewal | None:
    fields = opened(block, _RENEWAL)
    if fields is None:
        return None
    names = str(fields["boot_id"]), str(fields["process"])
    return Renewal(*names, int(str(fields["counter"])))


def _mark(block: bytes) -> Mark | None:
    fields = opened(block, _MARK)
    return None if fields is None else Mark(int(str(fields["boot"])), str(fields["recovery"]))


def _block(form: str, fields: Mapping[str, object]) -> bytes:
    text = sealed(form, fields)
    if len(text) > BLOCK_BYTES:
        raise ValueError(f"a text of {len(text)} bytes does not fit its block")
    return text.ljust(BLOCK_BYTES, b"\0")
