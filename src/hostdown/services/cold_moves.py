"""Steps of cold migrations and resizes; each in one transaction, as those of `services.moves`.

The host that has the server stops it as its owner would, and gives it up; then the next host gets
the permit. It is the same on the way back. Nothing is done on a word that a host is dead: both are
alive, and one that dies meanwhile has to be proven dead, or forced down.
"""

from datetime import datetime

from hostdown.domain import cold_moves
from hostdown.domain.assignment import Wanted
from hostdown.domain.destinations import Candidate
from hostdown.domain.instance import Instance, Permit
from hostdown.domain.migration import Migration, Status, Step, moved
from hostdown.domain.model import Flavor
from hostdown.services.assignments import at_home
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_changes import ERROR, SUCCESS, begin_action, change, change_of
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
from hostdown.services.releases import Silent, Word

FINISH = "compute_finish_resize"
FINISH_REVERT = "compute_finish_revert_resize"
"""Nova's names for the steps in which a host starts the server again."""


def flavor_there(seen: Migration, instance: Instance) -> Flavor:
    """What the server is on its new host."""
    return seen.new_flavor or instance.flavor


def flavor_here(seen: Migration, instance: Instance) -> Flavor:
    """What it was before."""
    return seen.old_flavor or instance.flavor


def advance(turn: Turn, seen: Migration, of: Moving | None) -> None:
    """Take the step that is due of one cold move."""
    if of is None:
        write(turn.rows, seen, over(moved(seen, Status.ERROR))._replace(reason=DELETED), turn.now)
    elif seen.status is Status.PRE_MIGRATING and of.held is not None:
        _begin(turn, of, of.held)
    elif of.held is not None:
        _watch(turn, of, of.held)
    elif seen.status is Status.REVERTING:
        _take_back(turn, of)
    else:
        _place(turn, of)


def _begin(turn: Turn, of: Moving, held: Permit) -> None:
    """Nobody stops anything before there is somewhere to go."""
    bigger = of.instance._replace(flavor=flavor_there(of.seen, of.instance))
    shrinks = bigger.flavor.root_gb < of.instance.flavor.root_gb
    if shrinks or not turn.rooms.has_any(bigger, of.seen, of.permits):
        reason = turn.rooms.choose(bigger, of.seen, of.permits).reason
        reason = "A disk cannot shrink." if shrinks else reason
        give_up(turn.rows, of.seen, of.instance, reason, turn.now, touched=False)
        return
    stop(turn.rows, of.instance, held, turn.number, turn.now)
    begun = moved(of.seen, Status.MIGRATING)._replace(due_at=turn.now + LOOK_AGAIN)
    write(turn.rows, of.seen, begun, turn.now)


def stop(rows: CellRows, instance: Instance, held: Permit, number: int, now: datetime) -> None:
    """Have the host that has it stop it; one that is stopped is given up at once."""
    if cold_moves.runs(instance) is Wanted.STOPPED:
        ask_back(rows, held, number)
        return
    change(rows, instance.uuid, cold_moves.stopping, None, now)
    rows.ledger.changed([held.host_id], number)


def _watch(turn: Turn, of: Moving, held: Permit) -> None:
    """Somebody has it, and says what comes of it, unless that host is dead."""
    seen = of.seen
    due_at, step = turn.now + LOOK_AGAIN, seen.step
    if turn.releases.is_dead(held, Silent.PROOF):
        word = Word(seen.wish.by, seen.request_id)
        released = turn.releases.release(held, word, turn.number, Silent.PROOF)
        if released.ended:
            due_at, step = turn.now, Step.PLACE
    elif not _is_asked(seen, of.instance, held):
        _ask_to_stop(turn, of, held)
        return
    write(turn.rows, seen, seen._replace(step=step, due_at=due_at), turn.now)


def _is_asked(seen: Migration, instance: Instance, held: Permit) -> bool:
    """Whether the host that has it was asked to do something about this move."""
    if seen.status is Status.PRE_MIGRATING:
        return False
    if seen.status is not Status.REVERTING or seen.step is not Step.RELEASE:
        return True
    runs = seen.wish.wanted == Wanted.RUNNING
    return held.asked_back or (runs and instance.wanted == Wanted.STOPPED)


def _ask_to_stop(turn: Turn, of: Moving, held: Permit) -> None:
    """It runs on where it is until there is somewhere to go back to."""
    if _home(turn, of.seen) is None:
        explain(turn.rows, of, _waits_for_home(turn, of.seen), turn.now)
        return
    stop(turn.rows, of.instance, held, turn.number, turn.now)
    after = of.seen._replace(reason=None, due_at=turn.now + LOOK_AGAIN)
    write(turn.rows, of.seen, after, turn.now)


def _home(turn: Turn, seen: Migration) -> Candidate | None:
    """Its first host, if that is up."""
    home = turn.rooms.candidate(seen.source_host)
    return home if home is not None and home.is_up else None


def _waits_for_home(turn: Turn, seen: Migration) -> Migration:
    reason = f"Host {seen.source_host} is not up to take it back."
    return seen._replace(due_at=turn.now + LOOK_AGAIN, reason=reason)


def _place(turn: Turn, of: Moving) -> None:
    bigger = of.instance._replace(flavor=flavor_there(of.seen, of.instance))
    choice = turn.rooms.choose(bigger, of.seen, of.permits)
    if choice.later:
        write(turn.rows, of.seen, of.seen._replace(due_at=turn.now + FULL_AGAIN), turn.now)
    elif choice.chosen is None:
        _fail(turn, of, choice.reason)
    else:
        _send(turn, of, choice.chosen)


def _send(turn: Turn, of: Moving, to: Candidate) -> None:
    rows, now, seen, uuid = turn.rows, turn.now, of.seen, of.instance.uuid
    flavor, wanted = flavor_there(seen, of.instance), Wanted(seen.wish.wanted)
    generation = grant(turn, of, to)
    rows.actions.finish(uuid, of.instance.order, SUCCESS, None, now)
    _, after = change_of(
        rows, of.instance, lambda it: cold_moves.sent(it, flavor, wanted), None, now
    )
    action = "migrate" if seen.new_flavor is None else "resize"
    begin_action(rows, after._replace(host=to.host), action, FINISH, caller_of(seen), now)
    if seen.status is Status.PRE_MIGRATING:  # its host lost it before it was asked to stop it
        seen = moved(seen, Status.MIGRATING)
    if seen.status is Status.MIGRATING:
        seen = moved(seen, Status.POST_MIGRATING)
    sent = seen._replace(
        dest_host=to.host,
        dest_node=to.node,
        dest_ip=to.resources.host_ip,
        generation=generation,
        step=Step.WATCH,
        due_at=now + LOOK_AGAIN,
    )
    turn.rooms.taken(of.instance._replace(flavor=flavor), to)
    write(rows, of.seen, sent, now)


def _take_back(turn: Turn, of: Moving) -> None:
    """Its first host gets it again, once that is up: it keeps the room meanwhile."""
    rows, now, seen, uuid = turn.rows, turn.now, of.seen, of.instance.uuid
    home = _home(turn, seen)
    if home is None:
        explain(rows, of, _waits_for_home(turn, seen), now)
        return
    flavor, wanted = flavor_here(seen, of.instance), Wanted(seen.wish.wanted)
    generation = grant(turn, of, home)
    rows.actions.finish(uuid, of.instance.order, SUCCESS, None, now)
    _, after = change_of(
        rows, of.instance, lambda it: cold_moves.taken_back(it, flavor, wanted), None, now
    )
    there = after._replace(host=home.host)
    begin_action(rows, there, "revertResize", FINISH_REVERT, caller_of(seen), now)
    sent = seen._replace(generation=generation, step=Step.WATCH, due_at=now + LOOK_AGAIN)
    write(rows, seen, sent._replace(reason=None), now)


def _fail(turn: Turn, of: Moving, reason: str) -> None:
    """No host takes it: its first host starts it again, under a permit of its own."""
    home = turn.rooms.known(of.seen.source_host)
    if home is not None:
        turn.rows.permits.add(at_home(turn.rows, of.permits[-1], home, turn.now))
        turn.rows.ledger.changed([home.id], turn.number)
    give_up(turn.rows, of.seen, of.instance, reason, turn.now, touched=True)


def give_up(
    rows: CellRows,
    seen: Migration,
    instance: Instance,
    reason: str,
    now: datetime,
    *,
    touched: bool,
) -> None:
    """The server is what it was; if it was `touched`, its host is asked for that."""
    flavor, wanted = flavor_here(seen, instance), Wanted(seen.wish.wanted)
    rows.actions.finish(seen.instance, instance.order, ERROR, reason, now)

    def decide(it: Instance) -> Instance:
        after = cold_moves.failed(it, reason, now)
        return cold_moves.taken_back(after, flavor, wanted) if touched else after

    change(rows, seen.instance, decide, None, now)
    write(rows, seen, over(moved(seen, Status.ERROR))._replace(reason=reason), now)


def heard(rows: CellRows, said: Said, number: int, now: datetime) -> None:
    """What a host says of it; a surrender has ended its permit already."""
    seen, instance, permit, outcome = said
    if outcome.gone:
        lost = seen if seen.source_number else seen._replace(source_number=number)
        write(rows, seen, lost._replace(step=Step.PLACE, due_at=now), now)
        return
    if outcome.order != instance.order or permit.asked_back:
        return
    if not _is_asked(seen, instance, permit):
        return  # it is the word on what was asked before
    if seen.step is Step.RELEASE:
        _stopped(rows, said, number, now)
    elif permit.generation == seen.generation:
        _started(rows, said, number, now)


def _stopped(rows: CellRows, said: Said, number: int, now: datetime) -> None:
    """The host that has it has stopped it, so that it can give it up; or cannot."""
    seen, instance, permit, outcome = said
    if outcome.failure is None:
        ask_back(rows, permit, number)
    elif seen.status is Status.MIGRATING:
        reason = f"{permit.host}: {outcome.failure.message}"
        give_up(rows, seen, instance, reason, now, touched=True)
        rows.ledger.changed([permit.host_id], number)
    else:
        ask_back(rows, permit, number)


def _started(rows: CellRows, said: Said, number: int, now: datetime) -> None:
    """The host that was given it runs it, or cannot."""
    seen, instance, permit, outcome = said
    if outcome.failure is not None:
        ask_back(rows, permit, number)
        write(rows, seen, tried(seen, permit.host, outcome.failure.message), now)
        return
    back = seen.status is Status.REVERTING
    arrive = cold_moves.reverted if back else cold_moves.arrived
    change_of(rows, instance, lambda it: arrive(it, seen, outcome.state, now), None, now)
    rows.actions.finish(seen.instance, outcome.order, SUCCESS, None, now)
    write(rows, seen, over(moved(seen, Status.REVERTED if back else Status.FINISHED)), now)
