"""Taking in what hosts say of their instances: durable before it is answered, and repeatable.

A word counts if it is about a permit that its host has had: what a host says of others' instances
is dropped. Each outcome is a transaction of its own, so that one of thousands costs no more than
itself if it has to be decided anew.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from hostdown.domain.assignment import Had, Outcome, PowerState, Wanted
from hostdown.domain.instance import INCOMING, Ended, Instance, Permit, PermitState
from hostdown.domain.live_moves import NOT_SENT, again
from hostdown.domain.migration import MigrationType, Step
from hostdown.domain.model import HostRecord
from hostdown.domain.permit_errors import GrantsWait
from hostdown.domain.permits import SURRENDER, held
from hostdown.domain.settlement import settle
from hostdown.services import (
    adoption,
    cold_moves,
    doubts,
    handovers,
    hearings,
    leftovers,
    live_moves,
    moves,
)
from hostdown.services.assignments import at_home, forced_down
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.hearing_ports import Stranger
from hostdown.services.instance_changes import ERROR, SUCCESS, change
from hostdown.services.instance_journal import HOSTS_WORD
from hostdown.services.move_steps import Said

LOG = logging.getLogger(__name__)


Known = Callable[[str], HostRecord | None]
"""The host of an id, if it is one."""


class Word(NamedTuple):
    """What a host says, and the host that it saw in the lease, if that is another one."""

    record: HostRecord
    outcome: Outcome
    other: HostRecord | None
    now: datetime


def take(
    cell: Cell, record: HostRecord, outcomes: Sequence[Outcome], now: datetime, known: Known
) -> list[Instance]:
    """Settle what the host says; the instances that are deleted now, for their mappings' sake.

    Raises GrantsWait if one of them has to wait until all hosts were heard; the others are settled.
    """
    gone: list[Instance] = []
    waits: GrantsWait | None = None
    for outcome in outcomes:
        other = None if outcome.holder is None else known(outcome.holder.host)
        word = Word(record, outcome, other, now)
        try:
            work = _settle if outcome.waits is None else _explain
            after = cell.write(partial(work, word=word))
        except GrantsWait as error:
            waits = error
            continue
        if after is not None and after.deleted:
            gone.append(after)
    if waits is not None:
        raise waits
    return gone


def _explain(rows: CellRows, word: Word) -> None:
    """In its history: why what was asked for last is not done yet."""
    outcome, seen = word.outcome, rows.instances.get(word.outcome.uuid)
    permit = _permit(rows.permits.of_instance(outcome.uuid), word.record, outcome)
    if seen is not None and permit is not None and permit.ended is None:
        rows.actions.explain(outcome.uuid, seen.order, outcome.waits or "")


def _settle(rows: CellRows, word: Word) -> Instance | None:
    record, outcome, _, now = word
    # First of all: whoever grants, ends or orders meanwhile waits, so nobody decides by old rows.
    is_moving = rows.migrations.open(outcome.uuid) is not None
    numbered = outcome.gone or is_moving or outcome.holder is not None
    number = rows.ledger.next() if numbered else 0
    permits = rows.permits.of_instance(outcome.uuid)
    permit = _permit(permits, record, outcome)
    if permit is None:
        return None
    if permit.ended is not None:
        # Late or again: somebody else's word about this instance counts now.
        return rows.instances.get(outcome.uuid, deleted=True) if outcome.gone else None
    if outcome.claimed and permit.state == PermitState.GRANTED:
        rows.permits.claimed(permit)
        permit = permit._replace(state=PermitState.CLAIMED.value)
    if outcome.gone:
        # The host has given the permit back (NEVER-TWICE W3, P2a).
        doubts.end(rows, permit, Ended(SURRENDER, record.name, now))
        rows.ledger.changed([record.id], number)
    permit = handovers.heard(rows, permit, outcome, number, now)
    found = _foreign(rows, word, permit, permits, number) or _overtaken(
        rows, word, permit, permits, number
    )
    if found is not None:
        return found
    moving = rows.migrations.open(outcome.uuid) if is_moving else None
    instance = None if moving is None else _here(rows, outcome.uuid)
    if moving is not None and moving.step is not Step.NONE and instance is not None:
        _HEARD[moving.type](rows, Said(moving, instance, permit, outcome), number, now)
        return None
    if permit.kind == INCOMING:
        return None  # a guest that was sent to a host and is its no more, or not yet
    return _at_rest(rows, record, permit, outcome, now)


def _at_rest(
    rows: CellRows, record: HostRecord, permit: Permit, outcome: Outcome, now: datetime
) -> Instance:
    """What it means for a server that stays where it is."""
    if outcome.failure is not None and outcome.failure.code == NOT_SENT:
        outcome = outcome._replace(failure=None)  # nobody knows any more that it was to leave

    def decide(seen: Instance) -> Instance:
        if seen.before is not None and not outcome.gone and forced_down(rows, record.name):
            return seen  # it was reported down; its host is believed once that is taken back
        return settle(seen, outcome, now)

    _, after = change(rows, outcome.uuid, decide, None, now)
    is_nobodys = outcome.gone and held(rows.permits.of_instance(outcome.uuid)) is None
    if is_nobodys and after.deleted and outcome.order < after.order:
        # It was given up before its host knew of the deletion: what there is of it is there still.
        leftovers.remember(rows, outcome.uuid, HOSTS_WORD, now)
    elif is_nobodys and not after.deleted:
        # Nobody asked for it: the disk was another's (W1). A stopped server has a permit too (P1);
        # its next start claims the disk, or says who has it.
        if not hearings.may_grant(rows):
            raise GrantsWait(instance=outcome.uuid)
        seen = 0 if outcome.holder is None else outcome.holder.generation
        rows.permits.add(at_home(rows, permit, record, now, seen))
    _end_events(rows, after, outcome, now)
    return after


def _foreign(
    rows: CellRows, word: Word, permit: Permit, permits: Sequence[Permit], number: int
) -> Instance | None:
    """The server, if somebody has its disk of whom nothing is known here (NEVER-TWICE L3).

    That one gets the permit as soon as this host has none; so it is asked for its own. A deletion
    that was refused it does not try again by itself: then its permit is over.
    """
    record, outcome, other, now = word
    uuid, holder = outcome.uuid, outcome.holder
    known = {(each.generation, each.host_id) for each in permits}
    if holder is not None and other is not None and holder[:2] not in known:
        # What it does there, its host will say; until then nothing is asked of it.
        had = Had(uuid, holder.generation, holder.boot, 0, PowerState.RUNNING, True)
        rows.strangers.put(Stranger(other.id, other.name, had, now))
        if not outcome.gone and _here(rows, uuid) is not None:
            rows.permits.ask_back(permit)
            rows.ledger.changed([record.id], number)
            return None
    elif not outcome.gone or _here(rows, uuid) is None:
        return None
    stranger = adoption.waiting(rows, uuid)
    if stranger is None or rows.instances.get(uuid) is None:
        return None
    return adoption.adopt(rows, stranger, number, now)


def _overtaken(
    rows: CellRows, word: Word, permit: Permit, permits: Sequence[Permit], number: int
) -> Instance | None:
    """The server, if a later permit, which is over by now, has left its claim on the disk.

    This one is open again, for its host's proof is void; under it nobody can start the server any
    more (NEVER-TWICE L3). It is asked back: the next one, of the same host, is over both, and what
    is wanted is asked for anew.
    """
    holder = word.outcome.holder
    if holder is None or word.outcome.gone or permit.asked_back or permit.kind == INCOMING:
        return None
    later = [each for each in permits if each.ended and each.generation > permit.generation]
    if holder not in [each.holder for each in later] or _here(rows, permit.instance) is None:
        return None
    rows.permits.ask_back(permit)
    rows.ledger.changed([permit.host_id], number)
    return change(rows, permit.instance, again, None, word.now)[1]


_HEARD = {
    MigrationType.EVACUATION: moves.heard,
    MigrationType.MIGRATION: cold_moves.heard,
    MigrationType.RESIZE: cold_moves.heard,
    MigrationType.LIVE: live_moves.heard,
}


def _here(rows: CellRows, uuid: str) -> Instance | None:
    """The server, if it is to stay: one that is deleted on its way goes no further."""
    seen = rows.instances.get(uuid)
    return None if seen is None or seen.wanted == Wanted.GONE else seen


def _permit(permits: Sequence[Permit], record: HostRecord, outcome: Outcome) -> Permit | None:
    for permit in permits:
        if permit.generation == outcome.generation and permit.host_id == record.id:
            return permit
    LOG.warning(
        "Host '%s' speaks of instance %s under permit %d, which it never had; ignored",
        record.name,
        outcome.uuid,
        outcome.generation,
    )
    return None


def _end_events(rows: CellRows, after: Instance, outcome: Outcome, now: datetime) -> None:
    """The order is carried out, or given up: the steps that wait for it are over.

    Also where an administrator has reset the server's state meanwhile.
    """
    if outcome.order != after.order or after.task_state is not None:
        return
    failure = outcome.failure
    if failure is not None:
        rows.actions.finish(outcome.uuid, outcome.order, ERROR, failure.message, now)
    elif after.deleted or not (outcome.gone or after.wanted == Wanted.GONE):
        rows.actions.finish(outcome.uuid, outcome.order, SUCCESS, None, now)
