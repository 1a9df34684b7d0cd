"""What an evacuation does next, a step at a time, each in one transaction (contract 5.2, 5.4).

Where it stands is told by the permits: one that is not ended has to be, then a destination is
chosen and granted the next one, and that host's word ends it. Whoever dies between two steps leaves
a row that is due.
"""

from datetime import datetime, timedelta

from hostdown.domain import evacuation
from hostdown.domain.assignment import Wanted
from hostdown.domain.destinations import Candidate
from hostdown.domain.instance import Instance, Permit
from hostdown.domain.migration import Migration, Status, Step, moved
from hostdown.services import reserves, returns
from hostdown.services.assignments import at_home
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_changes import ERROR, SUCCESS, begin_action, change_of
from hostdown.services.migrations import DELETED
from hostdown.services.move_journal import caller_of
from hostdown.services.move_steps import (
    FULL_AGAIN,
    LOOK_AGAIN,
    Moving,
    Said,
    Turn,
    ask_back,
    explain,
    grant,
    over,
    tried,
    write,
)
from hostdown.services.releases import Release, Silent, Word

ANSWER_MAX = timedelta(minutes=10)
"""How long a destination may take before it is asked to give the server up again.

A copy of a large image on slow storage takes minutes; what hangs is not noticed sooner."""

FORKED = "Two machines have the identity of host {host}; evacuate the server again once one is off."
"""Why a move ends that rests on a word or a proof of before that was known (NEVER-TWICE F5)."""

EVENT = "compute_rebuild_instance"
"""Nova's name for the step in which the destination makes the guest."""


def advance(turn: Turn, seen: Migration, of: Moving | None) -> None:
    """Take the step that is due of one evacuation."""
    if of is None:
        _write(turn, seen, _ended(seen, DELETED))
    elif of.held is not None and of.held.generation == seen.generation:
        _watch(turn, of, of.held)
    elif seen.step is Step.RELEASE:
        _release(turn, of)
    else:
        _place(turn, of)


# --------------------------------------------------------------------------------------- source


def _release(turn: Turn, of: Moving) -> None:
    """Nobody is asked, and no word is used, before there is somewhere to go."""
    if turn.rooms.has_any(of.instance, of.seen, of.permits):
        _released(turn, of)
        return
    choice = turn.rooms.choose(of.instance, of.seen, of.permits)
    if choice.later:
        _wait(turn, of, of.seen._replace(due_at=turn.now + LOOK_AGAIN, reason=choice.reason))
    else:
        _fail(turn, of, choice.reason)


def _released(turn: Turn, of: Moving) -> Migration | None:
    """The migration once the source has lost it; if not, when that is tried again is written."""
    seen = of.seen
    released = Release(True)
    if of.held is not None:
        voided = turn.releases.voided(of.held.host_id)
        if voided is not None and voided > seen.created_at:
            _fail(turn, of, FORKED.format(host=of.held.host))
            return None
        word = Word(seen.wish.by, seen.request_id)
        released = turn.releases.release(of.held, word, turn.number, turn.silent)
    if released.ended:
        number = seen.source_number or turn.number
        after = seen._replace(source_number=number, step=Step.PLACE, due_at=turn.now, reason=None)
    else:
        after = seen._replace(due_at=released.due_at, reason=released.reason)
    written = _wait(turn, of, after)
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
        _wait(turn, of, after)
    else:
        _fail(turn, of, choice.reason)


def _send(turn: Turn, of: Moving, to: Candidate) -> None:
    """The host is told in the same transaction."""
    rows, now, seen, uuid = turn.rows, turn.now, of.seen, of.instance.uuid
    generation = grant(turn, of, to)
    wanted = Wanted(seen.wish.wanted)
    rows.actions.finish(uuid, of.instance.order, SUCCESS, None, now)
    _, after = change_of(rows, of.instance, lambda it: evacuation.placed(it, wanted), None, now)
    there = after._replace(host=to.host)
    begin_action(rows, there, evacuation.ACTION, EVENT, caller_of(seen), now)
    if seen.status is Status.ACCEPTED:
        seen = moved(seen, Status.PRE_MIGRATING)
    placed = seen._replace(
        dest_host=to.host,
        dest_node=to.node,
        dest_ip=to.resources.host_ip,
        generation=generation,
        reason=turn.rooms.notes(to, of.permits),
        step=Step.WATCH,
        due_at=now + LOOK_AGAIN,
    )
    if to.reserved:
        reserves.take(rows, to.host, seen, caller_of(seen), now)
    turn.rooms.taken(of.instance, to)
    _write(turn, of.seen, placed)


def _watch(turn: Turn, of: Moving, held: Permit) -> None:
    """The destination has it. What came of it, it says itself, unless it is dead or late."""
    seen = of.seen
    if turn.releases.is_dead(held, Silent.PROOF) or held.asked_back:
        word = Word(seen.wish.by, seen.request_id)
        released = turn.releases.release(held, word, turn.number, Silent.PROOF)
        after = tried(seen, held.host, "it died with the server on its way")
        if not (released.ended or held.asked_back):
            ask_back(turn.rows, held, turn.number)  # a success that is told now comes too late
        step = Step.PLACE if released.ended else Step.WATCH
        due_at = turn.now if released.ended else released.due_at
        _wait(turn, of, after._replace(step=step, due_at=due_at, reason=released.reason))
    elif turn.now - held.created_at > ANSWER_MAX:
        ask_back(turn.rows, held, turn.number)
        after = tried(seen, held.host, "it did not answer in time")
        _write(turn, seen, after._replace(due_at=turn.now + LOOK_AGAIN))
    else:
        _write(turn, seen, seen._replace(due_at=turn.now + LOOK_AGAIN))


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
    change_of(rows, of.instance, decide, None, now)
    _write(turn, of.seen, _ended(of.seen, reason))


def _ended(seen: Migration, reason: str) -> Migration:
    """Before a host had it, it is an error of ours; afterwards a failure (contract 5.3)."""
    status = Status.ERROR if seen.status is Status.ACCEPTED else Status.FAILED
    return over(moved(seen, status))._replace(reason=reason)


def _write(turn: Turn, seen: Migration, after: Migration) -> Migration:
    return write(turn.rows, seen, after, turn.now)


def _wait(turn: Turn, of: Moving, after: Migration) -> Migration:
    return explain(turn.rows, of, after, turn.now)


# -------------------------------------------------------------------------------- hosts' words


def heard(rows: CellRows, said: Said, number: int, now: datetime) -> None:
    """What a host says of a server that is on its way; a surrender has ended its permit already."""
    seen, instance, permit, outcome = said
    mine = permit.generation == seen.generation
    if outcome.gone:
        lost = seen if mine else seen._replace(source_number=number)
        write(rows, seen, lost._replace(step=Step.PLACE, due_at=now), now)
        return
    if not mine or outcome.order != instance.order or permit.asked_back:
        return
    if outcome.failure is not None:
        ask_back(rows, permit, number)
        less = tried(seen, permit.host, outcome.failure.message)
        write(rows, seen, less._replace(due_at=now + LOOK_AGAIN), now)
        return
    change_of(
        rows, instance, lambda it: evacuation.arrived(it, seen, outcome.state, now), None, now
    )
    rows.actions.finish(seen.instance, outcome.order, SUCCESS, seen.reason, now)
    returns.done(rows, write(rows, seen, over(moved(seen, Status.DONE)), now), now)
