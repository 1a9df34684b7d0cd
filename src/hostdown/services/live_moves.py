"""Steps of live migrations; each in one transaction, as those of `services.moves` (decision 0010).

Forward: a host gets a permit to take the guest in, says that it is ready, and the host that has it
sends it there. Hosts do the rest: whoever of them speaks first of the handover is believed, because
it stands on the disk. Backward: nothing ends before the host that sends it has said that it keeps
it, nor before the other one's permit has ended.
"""

from datetime import datetime, timedelta

from hostdown.domain import live_moves
from hostdown.domain.assignment import Outcome, PowerState
from hostdown.domain.instance import INCOMING, RUN, Instance, Permit
from hostdown.domain.migration import Migration, Status, Step, moved
from hostdown.domain.permits import awaited
from hostdown.domain.settlement import settle
from hostdown.services.assignments import after_boot, at_home
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_changes import ERROR, SUCCESS, change, change_of
from hostdown.services.migrations import DELETED
from hostdown.services.move_steps import (
    FULL_AGAIN,
    LOOK_AGAIN,
    Moving,
    Said,
    Turn,
    ask_back,
    grant,
    over,
    tried,
    write,
)
from hostdown.services.releases import Silent, Word

READY_MAX = timedelta(seconds=60)
"""How long a host may take to say that it is ready for the guest before another one is asked."""

ALIVE = (PowerState.RUNNING, PowerState.PAUSED)


def advance(turn: Turn, seen: Migration, of: Moving | None) -> None:
    """Take the step that is due of one live migration."""
    if of is None:
        ended = over(moved(seen, live_moves.end_of(seen)))._replace(reason=DELETED)
        write(turn.rows, seen, ended, turn.now)
    elif seen.step is Step.BACK:
        _back(turn, of, awaited(of.permits))
    elif seen.step is Step.WATCH:
        _watch(turn, of, awaited(of.permits))
    else:
        _place(turn, of)


# ----------------------------------------------------------------------------------- forward


def _place(turn: Turn, of: Moving) -> None:
    """Choose a host and let it get ready; the server runs on where it is."""
    seen, held = of.seen, of.held
    if held is None or turn.releases.is_dead(held, Silent.WORD):
        _end(turn, of, f"Compute service of {seen.source_host} is unavailable at this time.")
        return
    choice = turn.rooms.choose(of.instance, seen, of.permits)
    waits_its_turn = choice.chosen is not None and not turn.rooms.may_send(seen.source_host)
    if waits_its_turn or (choice.chosen is None and choice.later):
        waits = seen if seen.status is not Status.ACCEPTED else moved(seen, Status.QUEUED)
        write(turn.rows, seen, waits._replace(due_at=turn.now + FULL_AGAIN), turn.now)
        return
    if choice.chosen is None:
        _end(turn, of, choice.reason)
        return
    to = choice.chosen
    generation = grant(turn, of, to, INCOMING)
    after = seen if seen.status is Status.PREPARING else moved(seen, Status.PREPARING)
    turn.rooms.taken(of.instance, to)
    turn.rooms.sends(seen.source_host)
    sent = after._replace(
        dest_host=to.host,
        dest_node=to.node,
        dest_ip=to.resources.host_ip,
        generation=generation,
        step=Step.WATCH,
        due_at=turn.now + LOOK_AGAIN,
    )
    write(turn.rows, seen, sent, turn.now)


def _watch(turn: Turn, of: Moving, to: Permit | None) -> None:
    """Both hosts have their parts, and say what comes of them, unless one of them is dead."""
    seen, held = of.seen, of.held
    dead = [
        each.host
        for each in (held, to)
        if each is not None and turn.releases.is_dead(each, Silent.PROOF)
    ]
    if dead:
        reason = f"Host {dead[0]} died with the server on its way."
        write(turn.rows, seen, _turned(seen, reason, turn.now), turn.now)
        return
    prepares = to if seen.status is Status.PREPARING else None
    if prepares and not prepares.asked_back and turn.now - prepares.created_at > READY_MAX:
        ask_back(turn.rows, prepares, turn.number)
        seen = tried(seen, prepares.host, "it did not answer in time")
    _tell_silence(turn, of, to)
    write(turn.rows, of.seen, seen._replace(due_at=turn.now + LOOK_AGAIN), turn.now)


def _tell_silence(turn: Turn, of: Moving, to: Permit | None) -> None:
    """Silence ends nothing; the server's history says for which host it is waited."""
    for each in (of.held, to):
        host = turn.rooms.candidate(each.host) if each is not None else None
        if host is not None and not host.is_up:
            reason = f"Host {host.host} is silent: it is waited for, or for its force-down."
            turn.rows.actions.explain(of.instance.uuid, of.instance.order, reason)
            return


def turned(rows: CellRows, seen: Migration, reason: str, number: int, now: datetime) -> Migration:
    """The migration that goes back from now on; not yet written. The host that sends it hears."""
    rows.ledger.changed([each.host_id for each in _open(rows, seen)], number)
    return _turned(seen, reason, now)


def _turned(seen: Migration, reason: str, now: datetime) -> Migration:
    return seen._replace(step=Step.BACK, due_at=now, reason=seen.reason or reason)


# ---------------------------------------------------------------------------------- backward


def _back(turn: Turn, of: Moving, to: Permit | None) -> None:
    """One thing after the other: who sends it keeps it, who waits gives up, the migration ends."""
    seen, held = of.seen, of.held
    if held is not None and held.generation == seen.generation:
        if turn.releases.is_dead(held, Silent.PROOF):
            _end(turn, of, seen.reason or "")  # it is there, and that host is dead
        else:
            forward = seen._replace(step=Step.WATCH, due_at=turn.now + LOOK_AGAIN, reason=None)
            write(turn.rows, seen, forward, turn.now)
    elif to is None:
        _end(turn, of, seen.reason or "")
    else:
        _withdraw(turn, of, to)


def _withdraw(turn: Turn, of: Moving, to: Permit) -> None:
    seen, held = of.seen, of.held
    sender = held if seen.status is Status.RUNNING and not to.asked_back else None
    if sender and not turn.releases.is_dead(sender, Silent.PROOF):
        turn.rows.ledger.changed([sender.host_id], turn.number)
        _tell_silence(turn, of, to)
        write(turn.rows, seen, seen._replace(due_at=turn.now + LOOK_AGAIN), turn.now)
        return
    due_at = turn.now + LOOK_AGAIN
    if not to.asked_back:
        ask_back(turn.rows, to, turn.number)
    if turn.releases.is_dead(to, Silent.PROOF):
        word = Word(seen.wish.by, seen.request_id)
        asked = to._replace(asked_back=True)
        released = turn.releases.release(asked, word, turn.number, Silent.PROOF)
        due_at = turn.now if released.ended else due_at
    else:
        _tell_silence(turn, of, to)
    write(turn.rows, seen, seen._replace(due_at=due_at), turn.now)


def _end(turn: Turn, of: Moving, reason: str) -> None:
    """The server is where it is. If nobody has it, the host that it is shown on has it again.

    That host starts it, unless it has booted meanwhile: then it does what it does with its others.
    """
    rows, now, seen = turn.rows, turn.now, of.seen
    status = live_moves.end_of(seen)
    home = turn.rooms.known(of.instance.host or "")
    is_lost = of.held is None and home is not None
    has_booted = False
    if of.held is None and home is not None:
        there = [each for each in of.permits if each.host_id == home.id and each.kind == RUN]
        has_booted = bool(there) and there[-1].boot < home.boot
        rows.permits.add(at_home(rows, of.permits[-1], home, now))
        rows.ledger.changed([home.id], turn.number)
    told = seen._replace(reason=seen.reason or reason or None)
    is_there = of.held is not None and of.held.generation == seen.generation

    def decide(it: Instance) -> Instance:
        after = live_moves.ended(it, told, now)
        if is_there:
            return live_moves.handed_over(after, seen)
        if not is_lost:
            return after
        return after_boot(after, turn.resume) if has_booted else live_moves.again(after)

    change(rows, seen.instance, decide, None, now)
    rows.actions.finish(seen.instance, of.instance.order, ERROR, told.reason, now)
    write(rows, seen, over(moved(told, status)), now)


# -------------------------------------------------------------------------------- hosts' words


def heard(rows: CellRows, said: Said, number: int, now: datetime) -> None:
    """What a host says of a server that is on its way; a surrender has ended its permit already."""
    if said.permit.generation == said.seen.generation:
        _heard_there(rows, said, number, now)
    else:
        _heard_here(rows, said, number, now)


def _heard_here(rows: CellRows, said: Said, number: int, now: datetime) -> None:
    """From the host that sends it."""
    seen, outcome = said.seen, said.outcome
    if outcome.gone:
        handed = any(
            each.generation == seen.generation and each.kind != INCOMING and not each.ended
            for each in rows.permits.of_instance(seen.instance)
        )
        if not handed:
            reason = f"Host {seen.source_host} gave the server up on its way."
            write(rows, seen, _turned(seen, reason, now), now)
            return
        write(rows, seen, moved(seen, Status.POST_MIGRATING)._replace(step=Step.WATCH), now)
    elif outcome.progress is not None:
        write(rows, seen, seen._replace(progress=outcome.progress), now)
    elif seen.generation and outcome.kept == seen.generation:  # else nobody waits for it yet
        _kept(rows, said, number, now)


def _kept(rows: CellRows, said: Said, number: int, now: datetime) -> None:
    """It is not sent and never will be, so who waits for it may be told to stop.

    It is said with every word of that host from then on.
    """
    seen, instance, _, outcome = said
    why = outcome.failure
    to = awaited(rows.permits.of_instance(seen.instance))
    if to is not None and to.generation == seen.generation and not to.asked_back:
        ask_back(rows, to, number)
        reason = "" if why is None else why.message
        write(rows, seen, turned(rows, seen, reason, number, now), now)
    if outcome.order != instance.order:
        return
    if why is None or why.code != live_moves.NOT_SENT:
        change_of(rows, instance, lambda it: settle(it, outcome, now), None, now)
    elif outcome.state not in ALIVE:  # its memory is lost: it starts from its disk
        rows.ledger.changed([each.host_id for each in _open(rows, seen)], number)
        change_of(rows, instance, live_moves.again, None, now)


def _open(rows: CellRows, seen: Migration) -> list[Permit]:
    return [each for each in rows.permits.of_instance(seen.instance) if each.ended is None]


def _heard_there(rows: CellRows, said: Said, number: int, now: datetime) -> None:
    """From the host that it is sent to."""
    seen, instance, permit, outcome = said
    is_waiting = permit.kind == INCOMING
    if outcome.gone and seen.status is Status.PREPARING and seen.step is Step.WATCH:
        after = tried(seen, permit.host, "it gave the server up")
        write(rows, seen, after._replace(step=Step.PLACE, due_at=now), now)
    elif outcome.gone:
        reason = f"Host {permit.host} gave the server up on its way."
        write(rows, seen, turned(rows, seen, reason, number, now), now)
    elif outcome.failure is not None and is_waiting:
        ask_back(rows, permit, number)
        write(rows, seen, tried(seen, permit.host, outcome.failure.message), now)
    elif outcome.failure is not None:
        _over(rows, seen, outcome, Status.FAILED, now)
    elif is_waiting:
        if outcome.ticket is not None and seen.status is Status.PREPARING and not permit.asked_back:
            _ready(rows, seen, outcome.ticket, number, now)
    elif outcome.order == instance.order:
        _over(rows, seen, outcome, Status.COMPLETED, now)


def _ready(rows: CellRows, seen: Migration, ticket: str, number: int, now: datetime) -> None:
    """The host that has it hears where to send it."""
    rows.ledger.changed([each.host_id for each in _open(rows, seen)], number)
    running = moved(seen, Status.RUNNING)
    wish = seen.wish._replace(ticket=ticket)
    write(rows, seen, running._replace(wish=wish, due_at=now + LOOK_AGAIN), now)


def _over(rows: CellRows, seen: Migration, outcome: Outcome, status: Status, now: datetime) -> None:
    """It was handed over, and its new host has done what is asked of it, or cannot."""

    def decide(it: Instance) -> Instance:
        return settle(live_moves.handed_over(it, seen), outcome, now)

    change(rows, seen.instance, decide, None, now)
    reason = None if outcome.failure is None else outcome.failure.message
    result = SUCCESS if outcome.failure is None else ERROR
    rows.actions.finish(seen.instance, outcome.order, result, reason, now)
    write(rows, seen, over(moved(seen, status))._replace(reason=reason), now)
