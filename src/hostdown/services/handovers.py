"""A permit to take a guest in becomes the one to run it (NEVER-TWICE M1).

Either host's word will do: the one that had the disk names its successor when it gives its permit
up; the other one has the disk by a claim that nobody else can have made. What each of them says
later finds it done.
"""

from datetime import datetime

from hostdown.domain.assignment import Outcome
from hostdown.domain.instance import INCOMING, Ended, Permit
from hostdown.domain.permits import HANDOVER, awaited, held
from hostdown.services.cell_ports import CellRows


def heard(rows: CellRows, permit: Permit, outcome: Outcome, number: int, now: datetime) -> Permit:
    """What a host's word means for whom it was sent to; that host's permit as it is now."""
    if outcome.gone:
        _named(rows, outcome, number)
    elif outcome.claimed and permit.kind == INCOMING:
        return _told(rows, permit, number, now)
    return permit


def _named(rows: CellRows, outcome: Outcome, number: int) -> None:
    """A host has given its permit up, and says to whom; nothing if that is nobody who waits."""
    if outcome.holder is None:
        return
    permit = awaited(rows.permits.of_instance(outcome.uuid))
    if permit is not None and outcome.holder == permit.holder:
        _promote(rows, permit, number)


def _told(rows: CellRows, permit: Permit, number: int, now: datetime) -> Permit:
    """The host that waited has the disk; its permit as it is now."""
    before = held(rows.permits.of_instance(permit.instance))
    if before is not None:
        rows.permits.end(before, Ended(HANDOVER, permit.host, now))
        rows.ledger.changed([before.host_id], number)
    return _promote(rows, permit, number)


def _promote(rows: CellRows, permit: Permit, number: int) -> Permit:
    rows.ledger.changed([permit.host_id], number)
    promoted = rows.permits.promote(permit)
    if promoted is None:
        raise RuntimeError("a permit that is not ended could not be made one to run")
    return promoted
