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
from hostdown.domain.migration import Migration, Status, moved
from hostdown.domain.model import Caller
from hostdown.domain.permits import data_generation, holders, next_generation
from hostdown.services import returns
from hostdown.services.assignments import at_home
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_changes import ERROR, SUCCESS, begin_action, change
from hostdown.services.releases import Releases, Silent, Word
from hostdown.services.rooms import Rooms

LOOK_AGAIN = timedelta(seconds=2)
"""Until a destination that has not answered is looked at again: it may have died."""

ANSWER_MAX = timedelta(minutes=10)
"""How long a destination may take before it is asked to give the server up again.

A copy of a large image on slow storage takes minutes; what hangs is not noticed sooner."""

FULL_AGAIN = timedelta(milliseconds=250)
"""Until a move that waits for others to end is looked at again."""

EVENT = "compute_rebuild_instance"
"""Nova's name for the step in which the destination makes the guest."""

DELETED = "The server was deleted."


class Step(NamedTuple):
    """What a step works with; `number` is its transaction's (`Ledger.next`)."""

    rows: CellRows
    rooms: Rooms
    releases: Releases
    silent: Silent
    number: int
    now: datetime


def advance(step: Step, seen: Migration) -> None:
    """Do what is due of one evacuation."""
    instance = step.rows.instances.get(seen.instance, deleted=True)
    if instance is None or instance.deleted or instance.wanted == Wanted.GONE:
        _write(step, seen, _ended(seen, DELETED))
        return
    permits = step.rows.permits.of_instance(seen.instance)
    held = next((each for each in permits if each.ended is None and each.kind == RUN), None)
    if held is not None and held.generation == seen.generation:
        _look_at_destination(step, seen, held)
        return
    choice = step.rooms.choose(instance, seen)
    if choice.chosen is None and not choice.later:
        _fail(step, seen, instance, permits, choice.reason)
    elif choice.chosen is None or not step.rooms.has_turn():
        _write(step, seen, seen._replace(due_at=step.now + FULL_AGAIN))
    elif held is None:
        _place(step, seen, instance, permits, choice.chosen)
    else:
        _release_source(step, seen, instance, held, choice.chosen)


def _release_source(
    step: Step, seen: Migration, instance: Instance, held: Permit, to: Candidate
) -> None:
    """Nobody is asked, and no word is used, before there is somewhere to go."""
    word = Word(seen.wish.by, seen.request_id)
    released = step.releases.release(step.rows, held, word, step.number, step.silent)
    if released.ended:
        permits = step.rows.permits.of_instance(seen.instance)
        _place(step, seen._replace(source_number=step.number), instance, permits, to)
    else:
        _write(step, seen, seen._replace(due_at=released.due_at, reason=released.reason))


# ---------------------------------------------------------------------------------- destination


def _place(
    step: Step, seen: Migration, instance: Instance, permits: Sequence[Permit], to: Candidate
) -> None:
    """Grant the next permit: the host is told in the same transaction."""
    rows, now = step.rows, step.now
    permit = _grant(step, instance.uuid, to, permits)
    wanted = Wanted(seen.wish.wanted)
    rows.actions.finish(instance.uuid, instance.order, SUCCESS, None, now)
    _, after = change(rows, instance.uuid, lambda it: evacuation.placed(it, wanted), None, now)
    there = after._replace(host=to.host)
    begin_action(rows, there, evacuation.ACTION, EVENT, _caller(seen), now)
    if seen.status is Status.ACCEPTED:
        seen = moved(seen, Status.PRE_MIGRATING)
    placed = seen._replace(
        dest_host=to.host,
        dest_node=to.node,
        dest_ip=to.resources.host_ip,
        generation=permit.generation,
        reason=None,
        due_at=now + LOOK_AGAIN,
    )
    step.rooms.taken(instance, to)
    _write(step, seen, placed)


def _grant(step: Step, uuid: str, to: Candidate, permits: Sequence[Permit]) -> Permit:
    record = step.rooms.record(to.host)
    disk, data_gen = step.rooms.disk(to, permits, data_generation(permits))
    made = step.rows.permits.add(
        Permit(
            id=0,
            instance=uuid,
            generation=next_generation(permits),
            host_id=record.id,
            host=to.host,
            boot=to.boot,
            kind=RUN,
            over=holders(permits),
            disk=disk.value,
            data_gen=data_gen,
            state=PermitState.GRANTED.value,
            ended=None,
            created_at=step.now,
        )
    )
    step.rows.ledger.changed([record.id], step.number)
    return made


def _look_at_destination(step: Step, seen: Migration, held: Permit) -> None:
    """It has the permit. What came of it, it says itself (`heard`), unless it is dead or late."""
    dead = step.releases.is_dead(step.rows, held, Silent.PROOF)
    if dead or held.asked_back:
        word = Word(seen.wish.by, seen.request_id)
        released = step.releases.release(step.rows, held, word, step.number, Silent.PROOF)
        seen = _tried(seen, held.host, "it died with the server on its way")
        due_at = step.now if released.ended else released.due_at
        _write(step, seen, seen._replace(due_at=due_at, reason=released.reason))
    elif step.now - held.created_at > ANSWER_MAX:
        ask_back(step.rows, held, step.number)
        seen = _tried(seen, held.host, "it did not answer in time")
        _write(step, seen, seen._replace(due_at=step.now + LOOK_AGAIN))
    else:
        _write(step, seen, seen._replace(due_at=step.now + LOOK_AGAIN))


def ask_back(rows: CellRows, held: Permit, number: int) -> None:
    """Its host is to surrender it; until then nobody else gets the server."""
    rows.permits.ask_back(held)
    rows.ledger.changed([held.host_id], number)


def _tried(seen: Migration, host: str, reason: str) -> Migration:
    return seen if host in seen.tried else seen._replace(tried={**seen.tried, host: reason})


# ------------------------------------------------------------------------------------------ ends


def _fail(
    step: Step, seen: Migration, instance: Instance, permits: Sequence[Permit], reason: str
) -> None:
    """No host is left: the server is what it was, and where it was, once that host is back."""
    rows, now = step.rows, step.now
    home = step.rooms.known(seen.source_host)
    lost = all(each.ended for each in permits)
    if lost and home is not None:
        rows.permits.add(at_home(rows, permits[-1], home, now))
        rows.ledger.changed([home.id], step.number)

    def decide(it: Instance) -> Instance:
        after = evacuation.failed(it, reason, now)
        return evacuation.back_home(after) if lost else after

    rows.actions.finish(instance.uuid, instance.order, ERROR, reason, now)
    change(rows, instance.uuid, decide, None, now)
    _write(step, seen, _ended(seen, reason))


def _ended(seen: Migration, reason: str) -> Migration:
    """Before a host had it, it is an error of ours; afterwards a failure (contract 5.3)."""
    status = Status.ERROR if seen.status is Status.ACCEPTED else Status.FAILED
    return moved(seen, status)._replace(due_at=None, reason=reason)


def _caller(seen: Migration) -> Caller:
    return Caller(seen.user_id, seen.wish.by, seen.project_id, (), seen.request_id)


def _write(step: Step, seen: Migration, after: Migration) -> None:
    write(step.rows, seen, after, step.now)


def write(rows: CellRows, seen: Migration, after: Migration, now: datetime) -> None:
    """Raises ServerChanging if somebody else changed it: then nothing of the step is done."""
    if rows.migrations.replace(seen, after._replace(updated_at=now)) is None:
        raise ServerChanging(uuid=seen.instance)


# -------------------------------------------------------------------------------- hosts' words


def heard(
    rows: CellRows, seen: Migration, permit: Permit, outcome: Outcome, number: int, now: datetime
) -> None:
    """What a host says of a server that is on its way; a surrender has ended its permit already."""
    mine = permit.generation == seen.generation
    if outcome.gone:
        lost = seen if mine else seen._replace(source_number=number)
        write(rows, seen, lost._replace(due_at=now), now)
        return
    instance = rows.instances.get(seen.instance)
    if not mine or instance is None or outcome.order != instance.order or permit.asked_back:
        return
    if outcome.failure is not None:
        ask_back(rows, permit, number)
        tried = _tried(seen, permit.host, outcome.failure.message)
        write(rows, seen, tried._replace(due_at=now + LOOK_AGAIN), now)
        return
    change(
        rows, seen.instance, lambda it: evacuation.arrived(it, seen, outcome.state, now), None, now
    )
    rows.actions.finish(seen.instance, outcome.order, SUCCESS, None, now)
    done = moved(seen, Status.DONE)._replace(due_at=None, reason=None)
    write(rows, seen, done, now)
    returns.done(rows, done, now)
