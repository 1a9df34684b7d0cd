"""Whether a server that moves finds its disk where it goes (NEVER-TWICE D1, L4)."""

from collections.abc import Sequence
from enum import StrEnum

from hostdown.domain.assignment import Disk
from hostdown.domain.instance import Permit
from hostdown.domain.permits import data_generation


class LocalDisks(StrEnum):
    """What is done with a server whose disk its next host does not reach."""

    RECREATE = "recreate"
    """It is made anew, and what was on it is lost: what Nova does."""
    REFUSE = "refuse"
    """It waits for a host that reaches it."""


def last_user(permits: Sequence[Permit]) -> Permit | None:
    """Under which its disk was written last; None if it has none yet.

    A host that never told of a claim has written nothing that anybody knows of.
    """
    confirmed = [each for each in permits if each.confirmed]
    if not confirmed and (not permits or permits[-1].disk == Disk.CREATE):
        return None
    return (confirmed or permits)[-1]


def disk_at(permits: Sequence[Permit], was: str, there: str) -> tuple[Disk, int]:
    """What a host of pool `there` is to do, and the generation whose data it is about.

    `was` is the pool of the last user. It is made anew only where both pools are known and two
    (then a copy that is there is replaced if it is no newer than that generation); where one is
    not known, the host refuses what it does not find, and nothing is lost unseen.
    """
    if last_user(permits) is None:
        return Disk.CREATE, permits[-1].data_gen
    elsewhere = bool(was and there) and was != there
    return Disk.CREATE if elsewhere else Disk.KEEP, data_generation(permits)
