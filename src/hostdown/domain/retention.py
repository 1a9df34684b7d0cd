"""When nobody can have anything of a deleted server any more (NEVER-TWICE P2, D3, W3).

As long as a permit of it is known, a host that comes back with the server is told to give it up.
Once the permit is forgotten, such a host is a stranger to whom nobody may say so. So a permit may
go only when its holder gave it up, or was started anew long enough ago to have been told, or is
proven dead and was done away with: then it is never told anything again.

An operator's word is no such end. It stands in for a proof, and may be wrong.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hostdown.domain.boots import Boot
from hostdown.domain.instance import Permit
from hostdown.domain.permits import HANDOVER, PROOF, SURRENDER, VOID


class Past(NamedTuple):
    """What is known of a permit's host: the boots that it had, and whether it was deleted."""

    boots: Sequence[Boot]
    is_deleted: bool


GIVEN_UP = frozenset({SURRENDER, HANDOVER})
"""Ends that only the host that had the disk can have brought about."""


def is_over(permit: Permit, past: Past | None, before: datetime) -> bool:
    """Whether nobody can have anything of its instance by this permit, nor has to be told of it.

    `past`: None where nothing is known of its host, or where one of its proofs turned out to be
    void: then two machines may have its identity, and no boot says anything (NEVER-TWICE D4).
    """
    ended = permit.ended
    if ended is None:
        return False
    if ended.kind in GIVEN_UP:
        return True
    if ended.kind == VOID or past is None:
        return False
    if any(each.number > permit.boot and each.began_at < before for each in past.boots):
        return True
    return ended.kind == PROOF and past.is_deleted
