"""Clearing up after servers that were deleted while no host had a permit for them (D3).

A move has such a moment: one host has given the server up, and the next one does not have it yet.
Then nobody hears that the server is to go, and its disk would stay for ever. So it is remembered
where the disk may be, and a host that reaches the place gets a permit whose order is that nothing
of the server be left: it claims the lease over whoever held it, writes the tombstone, removes the
disk and gives the permit back, as any host does that has a server which is deleted. Until there
is such a host, it stays remembered.
"""

from datetime import timedelta

from hostdown.domain.assignment import Disk
from hostdown.domain.instance import Permit
from hostdown.domain.permits import SURRENDER, held
from hostdown.services.assignments import at_home
from hostdown.services.clearing_ports import Clearing
from hostdown.services.move_steps import LOOK_AGAIN, Turn
from hostdown.services.releases import Silent, Word

NOBODY_AGAIN = timedelta(seconds=10)
"""Until a place that no host reaches is looked at again; hosts come back seldom."""


def advance(turn: Turn, seen: Clearing) -> None:
    """Take one of them a step further."""
    rows = turn.rows
    permits = rows.permits.of_instance(seen.instance)
    mine = next((each for each in permits if each.generation == seen.generation), None)
    holder = held(permits)
    if mine is not None and mine.ended is not None and mine.ended.kind == SURRENDER:
        rows.clearings.remove(seen)
    elif holder is not None:
        _watch(turn, seen, holder)
    else:
        _grant(turn, seen, permits[-1])


def _watch(turn: Turn, seen: Clearing, holder: Permit) -> None:
    """Some host is at it, here or at another place; if it is dead, another one goes on."""
    due_at = turn.now + LOOK_AGAIN
    if turn.releases.is_dead(holder, Silent.PROOF):
        word = Word(seen.user, seen.request_id)
        release = turn.releases.release(holder, word, turn.number, Silent.PROOF)
        due_at = turn.now if release.ended else due_at
    turn.rows.clearings.put(seen, seen.generation, due_at)


def _grant(turn: Turn, seen: Clearing, last: Permit) -> None:
    """There may be a disk or none, of any generation: nothing is made, and all of it goes."""
    rows = turn.rows
    record = turn.rooms.reaching(seen.pool_id, seen.host)
    if record is None:
        rows.clearings.put(seen, 0, turn.now + NOBODY_AGAIN)
        return
    permit = at_home(rows, last, record, turn.now)
    rows.permits.add(permit._replace(disk=Disk.KEEP.value, data_gen=0))
    rows.ledger.changed([record.id], turn.number)
    rows.clearings.put(seen, permit.generation, turn.now + LOOK_AGAIN)
