"""Who has an instance's disk, who may take it next, and when a guest must die for it.

The lease lies beside the disk, so that it is reached whenever the disk is (NEVER-TWICE L1-L4, W1).
Each generation has at most one successor, because a file of that name can be made only once; the
end of that chain has the disk, whatever anybody else says.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from hostdown.domain.assignment import Disk, Holder
from hostdown.domain.lease_text import Bulletin, Claim, LeaseState, newest

CHAIN_MAX = 10_000
"""Claims that are followed from a bulletin; each is one move of the instance."""


class Lease(NamedTuple):
    """The end of the chain. `current`: the bulletin is its own, so nothing is to be repaired."""

    holder: Holder
    state: LeaseState
    next: Holder | None
    data_gen: int
    current: bool


class Permit(NamedTuple):
    """What a claim rests on, as the assignment gives it to this host."""

    holder: Holder
    over: tuple[Holder, ...]
    disk: Disk
    data_gen: int


class ChainBroken(ValueError):
    """Claims that do not follow each other: nobody can tell who has the disk."""


class Reason(StrEnum):
    """Why a claim is refused."""

    ABSENT = "there is no lease, and the permit does not create the server"
    DELETED = "the server was deleted"
    NEWER = "a later generation has it"
    OTHER = "another host or boot has it under the same generation"
    NOT_NAMED = "its holder gave it up in no way that the permit knows of"
    OLDER_DATA = "this copy of the disk is older than the last one that ran"


class Refusal(NamedTuple):
    """The holder is what the lease says; None if there is no lease."""

    reason: Reason
    holder: Holder | None


class Claimable(NamedTuple):
    """To be claimed as the successor of `after`. `freed`: nobody can be writing any more."""

    after: int
    freed: bool


class Mine(NamedTuple):
    """Claimed already, by this very holder."""

    lease: Lease


class Watch(StrEnum):
    """What a look at the lease means for a guest that runs (W1)."""

    KEEP = "keep"
    REPAIR = "repair"
    """Keep it, and write the bulletin again: somebody older wrote over it, or over what it said of
    the data before it."""
    KILL = "kill"
    ALARM = "alarm"
    """Keep it and say so: the lease is not there, or is older than the guest."""


class Arrival(StrEnum):
    """What a look at the lease means for a guest that is sent here (NEVER-TWICE M1)."""

    AWAITED = "awaited"
    """The holder sends it: it may be here, and stands still."""
    HANDED_OVER = "handed over"
    """The holder has made this host its successor: it never runs the guest again."""
    NOT_SENT = "not sent"
    """The holder has not begun, or has taken it back: what is here of it is nothing."""
    LOST = "lost"
    """Somebody else has it by a later generation."""


def end_of_chain(
    written: Sequence[Bulletin | None], successor: Callable[[int], Claim | None]
) -> Lease | None:
    """Follow the claims from the newest bulletin, or from the first; None if nobody ever claimed.

    `successor` reads the claim after a generation. Raises ChainBroken, and what `successor` does.
    """
    best = newest(written)
    holder = None if best is None else best.holder
    for _ in range(CHAIN_MAX):
        generation = 0 if holder is None else holder.generation
        claim = successor(generation)
        if claim is None:
            break
        if claim.holder.generation <= generation:
            raise ChainBroken(f"generation {claim.holder.generation} claims to follow {generation}")
        holder = claim.holder
    else:
        raise ChainBroken(f"more than {CHAIN_MAX} claims follow each other")
    if holder is None:
        return None
    own = newest(each for each in written if each is not None and each.holder == holder)
    return Lease(
        holder=holder,
        state=LeaseState.HELD if own is None else own.state,
        next=None if own is None else own.next,
        data_gen=max((each.data_gen for each in written if each is not None), default=0),
        current=own is not None and _last_is(own, written),
    )


def may_claim(permit: Permit, lease: Lease | None) -> Claimable | Mine | Refusal:
    """Whether the holder of `permit` may take the disk (L3, L4)."""
    if lease is None:
        created = permit.disk is Disk.CREATE
        return Claimable(0, freed=True) if created else Refusal(Reason.ABSENT, None)
    holder = lease.holder
    if lease.state is LeaseState.DELETED:
        return Refusal(Reason.DELETED, holder)
    if holder == permit.holder:
        return Mine(lease)
    if holder.generation >= permit.holder.generation:
        later = holder.generation > permit.holder.generation
        return Refusal(Reason.NEWER if later else Reason.OTHER, holder)
    freed = lease.state is LeaseState.FREE
    if not freed and holder not in permit.over:
        return Refusal(Reason.NOT_NAMED, holder)
    if permit.disk is Disk.KEEP and lease.data_gen < permit.data_gen:
        return Refusal(Reason.OLDER_DATA, holder)
    return Claimable(holder.generation, freed)


def makes_disk(permit: Permit, data_gen: int) -> bool:
    """Whether the disk is to be made, by the last generation that ran on this lease's copy of it.

    A permit that creates the server may be the next one after a start of which the database never
    heard; what that one's guest wrote is not made anew.
    """
    return permit.disk is Disk.CREATE and data_gen <= permit.data_gen


def watch(mine: Holder, lease: Lease | None) -> Watch:
    """What becomes of the guest of holder `mine`.

    A lease that went back, with a restored snapshot, kills nobody (RACES 55): it is older, and says
    nothing of what came since.
    """
    if lease is None or lease.holder.generation < mine.generation:
        incoming = lease is not None and _moves_to(lease, mine)
        return Watch.KEEP if incoming else Watch.ALARM
    if lease.holder != mine or lease.state in (LeaseState.FREE, LeaseState.DELETED):
        return Watch.KILL
    # Its guest ran, so its generation is that of the data. A bulletin that tells of an older one
    # would have the next host refuse the disk.
    told = lease.current and lease.data_gen >= mine.generation
    return Watch.KEEP if told else Watch.REPAIR


def arrival(mine: Holder, lease: Lease | None) -> Arrival:
    """What becomes of a guest that is sent to holder `mine`."""
    if lease is None:
        return Arrival.NOT_SENT
    if lease.holder == mine:
        given_up = lease.state in (LeaseState.FREE, LeaseState.DELETED)
        return Arrival.LOST if given_up else Arrival.HANDED_OVER
    if lease.holder.generation >= mine.generation:
        return Arrival.LOST
    return Arrival.AWAITED if _moves_to(lease, mine) else Arrival.NOT_SENT


def _moves_to(lease: Lease, mine: Holder) -> bool:
    return lease.state is LeaseState.MOVING and lease.next == mine


def _last_is(own: Bulletin, written: Sequence[Bulletin | None]) -> bool:
    others = (each for each in written if each is not None and each is not own)
    return all(each.counter < own.counter for each in others)
