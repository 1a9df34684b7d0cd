"""What an evacuation does next, a step at a time, each in one transaction (contract 5.2, 5.4).

Where it stands is told by the permits: one that is not ended has to be, then a destination is
chosen and granted the next one, and that host's word ends it. Whoever dies between two steps leaves
a row that is due.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hostdown.domain import evacuation
from hostdown.domain.action_errors import ServerChanging
from hostdown.domain.assignment import Outcome, Wanted
from hostdown.domain.destinations import Candidate
from hostdown.domain.instance import RUN, Instance, Permit, PermitState
from hostdown.domain.migration import Migration, Status, Step, moved
from hostdown.domain.model import Caller
from hostdown.domain.permits import held, holders, next_generation
from hostdown.services import returns
from hostdown.services.assignments import at_home
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_changes import ERROR, SUCCESS, begin_action, change
from hostdown.services.migrations import DELETED
from hostdown.services.releases import Release, Releases, Silent, Word
from hostdown.services.rooms import Rooms

LOOK_AGAIN = timedelta(seconds=2)
"""Until a destination that has not answered is looked at again: it may have died."""

ANSWER_MAX = timedelta(minutes=10)
"""How long a destination may take before it is asked to give the server up again.

A copy of a large image on slow storage takes minutes; what hangs is not noticed sooner."""

FULL_AGAIN = timedelta(milliseconds=100)
"""Until a server for which only busy hosts have room is looked at again."""

FORKED = "Two machines have the identity of host {host}; evacuate the server again once one is off."
"""Why a move ends that rests on a word or a proof of before that was known (NEVER-TWICE F5)."""

EVENT = "compute_rebuild_instance"
"""Nova's name for the step in which the destination makes the guest."""


class Turn(NamedTuple):
    """What steps work with in one transaction; `number` is the transaction's (`Ledger.next`)."""

    rows: CellRows
    rooms: Rooms
    releases: Releases
    silent: Silent
    number: int
    now: datetime


class Moving(NamedTuple):
    """A server on its way, as it was read; `held` is its permit that is not ended."""

    seen: Migration
    instance: Instance
    permits: Sequence[Permit]
    held: Permit | None


def advance(turn: Turn, seen: Migration) -> None:
    """Take the step that is due of one evacuation."""
    of = look_up(turn, seen)
    if of is None:
        _write(turn, seen, _ended(seen, DELETED))
    elif of.held is not None and of.held.generation == seen.generation:
        _watch(turn, seen, of.held)
    elif seen.step is Step.RELEASE:
        _release(turn, of)
    else:
        _place(turn, of)


def look_up(turn: Turn, seen: Migration) -> Moving | None:
    """The server as it is now; None if it is no more, or is being deleted."""
    instance = turn.rows.instances.get(seen.instance, deleted=True)
    if instance is None or instance.deleted or instance.wanted == Wanted.GONE:
        return None
    permits = turn.rows.permits.of_instance(seen.instance)
    return Moving(seen, instance, permits, held(permits))


# --------------------------------------------------------------------------------------- source


def _release(turn: Turn, of: Moving) -> None:
    """Nobody is asked, and no word is used, before there is somewhere to go."""
    if turn.rooms.has_any(of.instance, of.seen, of.permits):
        _released(turn, of)
        return
    choice = turn.rooms.choose(of.instance, of.seen, of.permits)
    if choice.later:
        _write(turn, of.seen, of.seen._replace(due_at=turn.now + LOOK_AGAIN, reason=choice.reason))
    else:
        _fail(turn, of, choice.reason)


def _released(turn: Turn, of: Moving) -> Migration | None:
    """The migration once the source has lost it; if not, when that is tried again is written."""
    seen = of.seen
    released = Release(True)
    if of.held is not None:
        voided = turn.rows.proofs.voided(of.held.host_id)
        if voided is not None and voided > seen.created_at:
            _fail(turn, of, FORKED.format(host=of.held.host))
            return None
        word = Word(seen.wish.by, seen.request_id)
        released = turn.releases.release(turn.rows, of.held, word, turn.number, turn.silent)
    if released.ended:
        number = seen.source_number or turn.number
        after = seen._replace(source_number=number, step=Step.PLACE, due_at=turn.now, reason=None)
    else:
        after = seen._replace(due_at=released.due_at, reason=released.reason)
    written = _write(turn, seen, after)
    return written if released.ended else None


# ---------------------------------------------------------------------------------- destination


def _place(turn: Turn, of: Moving) -> None:
    """Once the source has lost it: grant the next permit, or give up."""
    if of.held is not None:
        seen = _released(turn, of)
        if seen is None:
            return
        permits = turn.rows.permits.of_instance(of.instance.uuid)
        of = of._replace(seen=seen, permits=permits, held=None)
    choice = turn.rooms.choose(of.instance, of.seen, of.permits)
    if choice.chosen is not None:
        _send(turn, of, choice.chosen)
    elif choice.later:
        after = of.seen._replace(due_at=turn.now + FULL_AGAIN, reason=choice.reason or None)
        _write(turn, of.seen, after)
    else:
        _fail(turn, of, choice.reason)


def _send(turn: Turn, of: Moving, to: Candidate) -> None:
    """The host is told in the same transaction."""
    rows, now, seen, uuid = turn.rows, turn.now, of.seen, of.instance.uuid
    permit = grant(turn, of, to)
    wanted = Wanted(seen.wish.wanted)
    rows.actions.finish(uuid, of.instance.order, SUCCESS, None, now)
    _, after = change(rows, uuid, lambda it: evacuation.placed(it, wanted), None, now)
    there = after._replace(host=to.host)
    begin_action(rows, there, evacuation.ACTION, EVENT, caller_of(seen), now)
    if seen.status is Status.ACCEPTED:
        seen = moved(seen, Status.PRE_MIGRATING)
    placed = seen._replace(
        dest_host=to.host,
        dest_node=to.node,
        dest_ip=to.resources.host_ip,
        generation=permit.generation,
        reason=turn.rooms.notes(to, of.permits),
        step=Step.WATCH,
        due_at=now + LOOK_AGAIN,
    )
    turn.rooms.taken(of.instance, to)
    _write(turn, of.seen, placed)


def caller_of(seen: Migration) -> Caller:
    """Who asked for the move."""
    return Caller(seen.user_id, seen.wish.by, seen.project_id, (), seen.request_id)


def grant(turn: Turn, of: Moving, to: Candidate, kind: str = RUN) -> Permit:
    """The next permit, to this host; it is told in the same transaction."""
    record = turn.rooms.record(to.host)
    disk, data_gen = turn.rooms.disk(to.host, of.permits)
    made = turn.rows.permits.add(
        Permit(
            id=0,
            instance=of.instance.uuid,
            generation=next_generation(of.permits),
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
    return made


def _watch(turn: Turn, seen: Migration, held: Permit) -> None:
    """The destination has it. What came of it, it says itself, unless it is dead or late."""
    if turn.releases.is_dead(turn.rows, held, Silent.PROOF) or held.asked_back:
        word = Word(seen.wish.by, seen.request_id)
        released = turn.releases.release(turn.rows, held, word, turn.number, Silent.PROOF)
        after = tried(seen, held.host, "it died with the server on its way")
        if not (released.ended or held.asked_back):
            ask_back(turn.rows, held, turn.number)  # a success that is told now comes too late
        step = Step.PLACE if released.ended else Step.WATCH
        due_at = turn.now if released.ended else released.due_at
        _write(turn, seen, after._replace(step=step, due_at=due_at, reason=released.reason))
    elif turn.now - held.created_at > ANSWER_MAX:
        ask_back(turn.rows, held, turn.number)
        after = tried(seen, held.host, "it did not answer in time")
        _write(turn, seen, after._replace(due_at=turn.now + LOOK_AGAIN))
    else:
        _write(turn, seen, seen._replace(due_at=turn.now + LOOK_AGAIN))


def ask_back(rows: CellRows, held: Permit, number: int) -> None:
    """Its host is to surrender it; until then nobody else gets the server."""
    rows.permits.ask_back(held)
    rows.ledger.changed([held.host_id], number)


def tried(seen: Migration, host: str, reason: str) -> Migration:
    """One host less that may take it."""
    return seen if host in seen.tried else seen._replace(tried={**seen.tried, host: reason})


# ------------------------------------------------------------------------------------------ ends


def _fail(turn: Turn, of: Moving, reason: str) -> None:
    """No host is left: the server is what it was, and where it was, once that host is back."""
    rows, now, uuid = turn.rows, turn.now, of.instance.uuid
    home = turn.rooms.known(of.seen.source_host)
    if of.held is None and home is not None:
        disk, data_gen = turn.rooms.disk(home.name, of.permits)
        permit = at_home(rows, of.permits[-1], home, now)
        rows.permits.add(permit._replace(disk=disk.value, data_gen=data_gen))
        rows.ledger.changed([home.id], turn.number)
    elif of.held is not None:
        rows.ledger.changed([of.held.host_id], turn.number)

    def decide(it: Instance) -> Instance:
        after = evacuation.failed(it, reason, now)
        return evacuation.back_home(after) if of.held is None else evacuation.kept(after)

    rows.actions.finish(uuid, of.instance.order, ERROR, reason, now)
    change(rows, uuid, decide, None, now)
    _write(turn, of.seen, _ended(of.seen, reason))


def _ended(seen: Migration, reason: str) -> Migration:
    """Before a host had it, it is an error of ours; afterwards a failure (contract 5.3)."""
    status = Status.ERROR if seen.status is Status.ACCEPTED else Status.FAILED
    return over(moved(seen, status))._replace(reason=reason)


def over(seen: Migration) -> Migration:
    """Nothing more is due."""
    return seen._replace(step=Step.NONE, due_at=None)


def _write(turn: Turn, seen: Migration, after: Migration) -> Migration:
    return write(turn.rows, seen, after, turn.now)


def write(rows: CellRows, seen: Migration, after: Migration, now: datetime) -> Migration:
    """Raises ServerChanging if somebody else changed it: then nothing of the step is done."""
    written = rows.migrations.replace(seen, after._replace(updated_at=now))
    if written is None:
        raise ServerChanging(uuid=seen.instance)
    return written


# -------------------------------------------------------------------------------- hosts' words


def heard(
    rows: CellRows, seen: Migration, permit: Permit, outcome: Outcome, number: int, now: datetime
) -> None:
    """What a host says of a server that is on its way; a surrender has ended its permit already."""
    mine = permit.generation == seen.generation
    if outcome.gone:
        lost = seen if mine else seen._replace(source_number=number)
        write(rows, seen, lost._replace(step=Step.PLACE, due_at=now), now)
        return
    instance = rows.instances.get(seen.instance)
    if not mine or instance is None or outcome.order != instance.order or permit.asked_back:
        return
    if outcome.failure is not None:
        ask_back(rows, permit, number)
        less = tried(seen, permit.host, outcome.failure.message)
        write(rows, seen, less._replace(due_at=now + LOOK_AGAIN), now)
        return
    change(
        rows, seen.instance, lambda it: evacuation.arrived(it, seen, outcome.state, now), None, now
    )
    rows.actions.finish(seen.instance, outcome.order, SUCCESS, seen.reason, now)
    returns.done(rows, write(rows, seen, over(moved(seen, Status.DONE)), now), now)
