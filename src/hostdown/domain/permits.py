"""What the next permit of an instance says, by all that it ever had (NEVER-TWICE P2, P3)."""

from collections.abc import Iterable

from hostdown.domain.assignment import Disk, Holder
from hostdown.domain.assignment_forms import OVER_MAX
from hostdown.domain.instance import INCOMING, RUN, Permit

SURRENDER = "surrender"
"""The kind of end of a permit that its host has given back (NEVER-TWICE W3)."""

HANDOVER = "handover"
"""That of one whose disk is told to be claimed by the host that was awaited (NEVER-TWICE M1)."""

PROOF = "proof"
"""The kind of end of a permit whose host and boot are proven to run nothing (NEVER-TWICE P2)."""

VOID = "void"
"""That of one whose proof is void: its host was heard since, and may run it (NEVER-TWICE F5)."""


def since_confirmed(permits: Iterable[Permit]) -> list[Permit]:
    """The last permit whose claim was confirmed and all after it; all of them if none was."""
    found: list[Permit] = []
    for permit in reversed(list(permits)):
        found.insert(0, permit)
        if permit.confirmed:
            break
    return found


def held(permits: Iterable[Permit]) -> Permit | None:
    """The one by which somebody may run it, of which there is at most one (NEVER-TWICE P1)."""
    return next((each for each in permits if each.ended is None and each.kind == RUN), None)


def doubtful(permits: Iterable[Permit]) -> Permit | None:
    """The newest that did not end, for all that is known: its proof is void.

    Once a later claim was told, the lease decides who has the disk (NEVER-TWICE L2, W1).
    """
    doubts = [
        each
        for each in since_confirmed(permits)
        if each.ended is not None and each.ended.kind == VOID
    ]
    return doubts[-1] if doubts else None


def awaited(permits: Iterable[Permit]) -> Permit | None:
    """The one by which a host waits for it to be sent there (NEVER-TWICE M1)."""
    return next((each for each in permits if each.ended is None and each.kind == INCOMING), None)


def holders(permits: Iterable[Permit]) -> tuple[Holder, ...]:
    """Whom the next permit is over: every holder since the last confirmed claim (NEVER-TWICE P3).

    `permits` are all that the instance ever had, by generation. A stopped server's permits are not
    claimed, and each boot of its host adds one. Of more than OVER_MAX the last confirmed one and
    the newest are named: should another one have claimed the disk without a word, the next claim
    is refused (L3).
    """
    found = [each.holder for each in since_confirmed(permits)]
    if len(found) <= OVER_MAX:
        return tuple(found)
    return (found[0], *found[1 - OVER_MAX :])


def data_generation(permits: Iterable[Permit]) -> int:
    """The last generation that is known to have run; 0 if none is (NEVER-TWICE P3)."""
    return max((each.generation for each in permits if each.confirmed), default=0)


def disk_of(permit: Permit) -> tuple[Disk, int]:
    """What to do where the disk is not there, and which generation last wrote to it.

    A permit whose claim was told has run: from then on nothing makes the disk anew, not even if
    the lease beside it is gone (NEVER-TWICE L4, RACES 55).
    """
    if permit.confirmed:
        return Disk.KEEP, permit.generation
    return Disk(permit.disk), permit.data_gen


def next_generation(permits: Iterable[Permit], seen: int = 0) -> int:
    """Never used before (NEVER-TWICE P2). `seen`: the one that a host saw on the disk."""
    return 1 + max([seen, *(each.generation for each in permits)])
