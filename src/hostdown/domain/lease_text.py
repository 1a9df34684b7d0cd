"""How claims and bulletins are written down, so that a torn write is never read as something else.

Both are one line of JSON and one with its checksum (NEVER-TWICE L1, L2). A bulletin has two slots
of one block each and only ever the one is written that is not the newest: cut the write anywhere,
and what is read is the old or the new, never neither (RACES 53).
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple, cast

from hostdown.domain.assignment import Holder
from hostdown.domain.sealed_text import opened, sealed

CLAIM_BYTES_MAX = 4096
"""What is read of a claim; the longest has some 1,100."""

SLOT_BYTES = 4096
"""One slot of a bulletin: a block, which storage writes whole or not at all as a rule."""

SLOTS = 2
BULLETIN_BYTES = SLOTS * SLOT_BYTES
"""The fixed size of a bulletin's file."""

_CLAIM = "hostdown-claim-1"
_BULLETIN = "hostdown-bulletin-1"


class Claim(NamedTuple):
    """That `holder` follows the generation in its file's name. `nonce` is one attempt's own."""

    instance: str
    holder: Holder
    boot_id: str
    nonce: str


class LeaseState(StrEnum):
    """What a holder says of its hold."""

    HELD = "held"
    FREE = "free"
    """Surrendered: whoever has a permit may follow."""
    MOVING = "moving"
    DELETED = "deleted"
    """The tombstone: nobody follows."""


class Bulletin(NamedTuple):
    """What a holder made known: `next` is the one it moves to, `data_gen` the last that ran.

    `counter` grows with each write.
    """

    counter: int
    holder: Holder
    state: LeaseState
    next: Holder | None
    data_gen: int


def claim_text(claim: Claim) -> bytes:
    """The whole content of a claim's file."""
    return sealed(_CLAIM, claim._asdict())


def claim_of(content: bytes) -> Claim | None:
    """The claim in a file's content; None if it is not a whole one."""
    fields = opened(content, _CLAIM)
    if fields is None:
        return None
    texts = [str(fields[name]) for name in ("instance", "boot_id", "nonce")]
    return Claim(texts[0], _holder(fields["holder"]), *texts[1:])


def slot_text(bulletin: Bulletin) -> bytes:
    """The whole content of a slot; raises ValueError for names that no host has."""
    text = sealed(_BULLETIN, bulletin._asdict())
    if len(text) > SLOT_BYTES:
        raise ValueError(f"a bulletin of {len(text)} bytes does not fit its slot")
    return text.ljust(SLOT_BYTES, b"\0")


def bulletins_of(content: bytes) -> list[Bulletin | None]:
    """Both slots of a bulletin's file; None for one that is not whole."""
    starts = range(0, BULLETIN_BYTES, SLOT_BYTES)
    return [_bulletin(content[start : start + SLOT_BYTES]) for start in starts]


def newest(written: Iterable[Bulletin | None]) -> Bulletin | None:
    """The one that tells most.

    That of the highest generation, because an older holder that was stalled may write late and
    count on from what it saw (RACES 54); of these the last that was written.
    """
    whole = [each for each in written if each is not None]
    return max(whole, key=lambda each: (each.holder.generation, each.counter), default=None)


def next_write(
    written: Sequence[Bulletin | None],
    holder: Holder,
    state: LeaseState,
    following: Holder | None,
    data_gen: int,
) -> tuple[int, Bulletin]:
    """The number of the slot to write, and what: never over the newest."""
    best = newest(written)
    slot = 1 - written.index(best) if best is not None else 0
    counter = 1 + max((each.counter for each in written if each is not None), default=0)
    return slot, Bulletin(counter, holder, state, following, data_gen)


def _bulletin(content: bytes) -> Bulletin | None:
    fields = opened(content, _BULLETIN)
    if fields is None:
        return None
    following = fields["next"]
    return Bulletin(
        counter=int(str(fields["counter"])),
        holder=_holder(fields["holder"]),
        state=LeaseState(str(fields["state"])),
        next=None if following is None else _holder(following),
        data_gen=int(str(fields["data_gen"])),
    )


def _holder(value: object) -> Holder:
    """What `json` makes of a Holder; the checksum held, so it is one."""
    return Holder(*cast("tuple[int, str, int]", value))
