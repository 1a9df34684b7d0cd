"""What all moves of servers have in common, whichever their steps are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hostdown.domain.action_errors import ServerChanging
from hostdown.domain.assignment import Outcome, Wanted
from hostdown.domain.destinations import Candidate
from hostdown.domain.ha import Resume
from hostdown.domain.instance import RUN, Instance, Permit, PermitState
from hostdown.domain.migration import Migration, Step
from hostdown.domain.permits import held, holders, next_generation
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_ports import InstanceQuery
from hostdown.services.move_journal import stepped
from hostdown.services.releases import Releases, Silent
from hostdown.services.rooms import Rooms

LOOK_AGAIN = timedelta(seconds=2)
"""Until a destination that has not answered is looked at again: it may have died."""

FULL_AGAIN = timedelta(milliseconds=100)
"""Until a server for which only busy hosts have room is looked at again."""


class Turn(NamedTuple):
    """What steps work with in one transaction; `number` is the transaction's (`Ledger.next`).

    `resume`: which are started again when their host has booted.
    """

    rows: CellRows
    rooms: Rooms
    releases: Releases
    silent: Silent
    number: int
    now: datetime
    resume: Resume


class Said(NamedTuple):
    """What the host of a permit says of a server that is on its way, all as it was read."""

    seen: Migration
    instance: Instance
    permit: Permit
    outcome: Outcome


class Moving(NamedTuple):
    """A server on its way, as it was read; `held` is its permit that is not ended."""

    seen: Migration
    instance: Instance
    permits: Sequence[Permit]
    held: Permit | None


def look_up(rows: CellRows, due: Sequence[Migration]) -> dict[str, Moving]:
    """The servers of these migrations as they are now, by the migrations' uuids.

    Without those that are no more, or are being deleted.
    """
    uuids = [each.instance for each in due]
    found = rows.instances.find(InstanceQuery(equal=[("uuid", uuids)]))
    here = {each.uuid: each for each in found if each.wanted != Wanted.GONE}
    permits = rows.permits.of_instances(here)
    return {
        each.uuid: Moving(
            each, here[each.instance], permits[each.instance], held(permits[each.instance])
        )
        for each in due
        if each.instance in here
    }


def grant(turn: Turn, of: Moving, to: Candidate, kind: str = RUN) -> int:
    """The next permit, to this host, which is told of it; its generation."""
    record = turn.rooms.record(to.host)
    disk, data_gen = turn.rooms.disk(to.host, of.permits)
    generation = next_generation(of.permits)
    turn.rows.permits.add(
        Permit(
            id=0,
            instance=of.instance.uuid,
            generation=generation,
            host_id=record.id,
            host=to.host,
            boot=to.boot,
            kind=kind,
            over=holders(of.permits),
            disk=disk.value,
            data_gen=data_gen,
            state=PermitState.GRANTED.value,
            ended=None,
            created_at=turn.now,
        )
    )
    turn.rows.ledger.changed([record.id], turn.number)
    return generation


def ask_back(rows: CellRows, held: Permit, number: int) -> None:
    """Its host is to surrender it; until then nobody else gets the server."""
    rows.permits.ask_back(held)
    rows.ledger.changed([held.host_id], number)


def tried(seen: Migration, host: str, reason: str) -> Migration:
    """One host less that may take it."""
    return seen if host in seen.tried else seen._replace(tried={**seen.tried, host: reason})


def over(seen: Migration) -> Migration:
    """Nothing more is due."""
    return seen._replace(step=Step.NONE, due_at=None)


def write(rows: CellRows, seen: Migration, after: Migration, now: datetime) -> Migration:
    """And tell of it. Raises ServerChanging if somebody else changed it: then nothing of the step
    is done."""
    written = rows.migrations.replace(seen, after._replace(updated_at=now))
    if written is None:
        raise ServerChanging(uuid=seen.instance)
    stepped(rows, seen, written, now)
    return written


def explain(rows: CellRows, of: Moving, after: Migration, now: datetime) -> Migration:
    """As `write`, of one that may wait: why it does is told in the server's history as well."""
    if after.reason != of.seen.reason:
        rows.actions.explain(of.instance.uuid, of.instance.order, after.reason)
    return write(rows, of.seen, after, now)
