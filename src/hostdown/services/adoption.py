"""Takes in what hosts say they have and no permit here knows (NEVER-TWICE L3, P5).

What was granted by commits that the database lost becomes the open permit again. What cannot be,
because the server is not known here or another host runs it, is kept as a stranger for an operator
to see: its guest runs on, whatever the database says.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from hostdown.domain import adoption
from hostdown.domain.adoption import Verdict, verdict
from hostdown.domain.assignment import Had
from hostdown.domain.instance import RUN, Ended, Instance
from hostdown.domain.model import HostRecord
from hostdown.domain.permits import awaited, held
from hostdown.services import arrivals
from hostdown.services.cell_ports import CellRows
from hostdown.services.hearing_ports import Stranger
from hostdown.services.instance_changes import ERROR, change

LOG = logging.getLogger(__name__)

_TAKEN_IN = frozenset({Verdict.ADOPT, Verdict.AWAIT, Verdict.ASK_BACK})
"""What changes rows."""

FOUND = "found"
"""The kind of end of a permit after which another one was granted by a commit that is lost."""


def look(
    rows: CellRows, record: HostRecord, have: Sequence[Had]
) -> tuple[bool, tuple[tuple[str, int], ...]]:
    """Whether there is something to take in of what the host has, and what it is to give up.

    That is, permits that it still has and that were ended.
    """
    known = {each.had for each in rows.strangers.of_host(record.id)}
    seen = {each: _verdict(rows, record, each) for each in _unknown(rows, record, have)}
    strange = {_shown(each) for each, what in seen.items() if what is Verdict.STRANGE}
    todo = bool(_TAKEN_IN & set(seen.values()))
    is_news = todo or strange != known or bool(_further(rows, record, have))
    ended = [each for each, what in seen.items() if what is Verdict.ENDED]
    return is_news, tuple((each.uuid, each.generation) for each in ended)


def take(
    rows: CellRows, record: HostRecord, have: Sequence[Had], number: int, now: datetime
) -> None:
    """All that the host has, and nothing else; `number` is this transaction's (`Ledger.next`)."""
    left = {each.had.uuid: each for each in rows.strangers.of_host(record.id)}
    for each in _unknown(rows, record, have):
        stranger = Stranger(record.id, record.name, _shown(each), now)
        what = _verdict(rows, record, each)
        if what is Verdict.ADOPT:
            adopt(rows, stranger, number, now)
        elif what is Verdict.AWAIT:
            arrivals.expect(rows, stranger, number, now)
        elif what is not Verdict.ENDED:
            _strange(rows, stranger, left.pop(each.uuid, None))
            if what is Verdict.ASK_BACK:
                _ask_back(rows, each.uuid, number)
    for uuid in left:
        rows.strangers.remove(record.id, uuid)
    for each in _further(rows, record, have):
        _catch_up(rows, record, each, number, now)


def _catch_up(rows: CellRows, record: HostRecord, had: Had, number: int, now: datetime) -> None:
    """The host carried out orders that are lost: it would take later ones for those."""
    LOG.warning(
        "Instance %s: host '%s' has carried out order %d, which is not known here",
        had.uuid,
        record.name,
        had.order,
    )
    moves = rows.migrations.open(had.uuid) is not None

    def decide(seen: Instance) -> Instance:
        if moves:
            return seen._replace(order=had.order + 1)  # the move goes on by what is known
        return adoption.found(seen, had, record.name, seen.node, now)

    change(rows, had.uuid, decide, None, now)
    rows.ledger.changed([record.id], number)


def waiting(rows: CellRows, uuid: str) -> Stranger | None:
    """Who has the disk, and gets the permit as soon as nobody else has it."""
    claimed = [each for each in rows.strangers.of_instance(uuid) if each.had.claimed]
    return claimed[-1] if claimed else None


def adopt(rows: CellRows, seen: Stranger, number: int, now: datetime) -> Instance:
    """It has the open permit from now on, and the server is shown there."""
    uuid, permits = seen.had.uuid, rows.permits.of_instance(seen.had.uuid)
    LOG.warning(
        "Instance %s: host '%s' has it under generation %d, which is not known here: adopted",
        uuid,
        seen.host,
        seen.had.generation,
    )
    waits = awaited(permits)
    is_next = waits is not None and waits.generation > seen.had.generation
    by = f"generation {seen.had.generation} on {seen.host}"
    for each in (held(permits), None if is_next else waits):
        if each is not None:
            rows.permits.end(each, Ended(FOUND, by, now))
            rows.ledger.changed([each.host_id], number)
    rows.permits.add(arrivals.permit(seen, permits, RUN, now))
    rows.ledger.changed([seen.host_id], number)
    rows.strangers.remove(seen.host_id, uuid)
    reason = f"The server was found on host {seen.host}, of which the database did not know."
    if not is_next:
        arrivals.end_move(rows, uuid, reason, now)
    node = rows.nodes.on_host(seen.host)
    name = None if node is None else node.node.resources.hypervisor_hostname
    before, after = change(
        rows, uuid, lambda it: adoption.found(it, seen.had, seen.host, name, now), None, now
    )
    rows.actions.finish(uuid, before.order, ERROR, reason, now)
    return after


def _ask_back(rows: CellRows, uuid: str, number: int) -> None:
    holder = held(rows.permits.of_instance(uuid))
    if holder is not None and not holder.asked_back:
        rows.permits.ask_back(holder)
        rows.ledger.changed([holder.host_id], number)


def _strange(rows: CellRows, seen: Stranger, known: Stranger | None) -> None:
    if known is not None and known.had == seen.had:
        return
    LOG.error(
        "Instance %s: host '%s' has it under generation %d, and no permit says so: left alone",
        seen.had.uuid,
        seen.host,
        seen.had.generation,
    )
    rows.strangers.put(seen)


def _further(rows: CellRows, record: HostRecord, have: Sequence[Had]) -> list[Had]:
    """Those of the host's open permits under which it has carried out more than it was asked."""
    if not have:
        return []
    asked = {
        (permit.instance, permit.generation): instance.order
        for permit, instance in rows.permits.assigned(record.id)
    }
    return [
        each for each in have if each.order > asked.get((each.uuid, each.generation), each.order)
    ]


def _unknown(rows: CellRows, record: HostRecord, have: Sequence[Had]) -> list[Had]:
    """Those that are none of the host's open permits."""
    if not have:
        return []
    known = {(each.instance, each.generation) for each in rows.permits.held(record.id)}
    return [each for each in have if (each.uuid, each.generation) not in known]


def _verdict(rows: CellRows, record: HostRecord, had: Had) -> Verdict:
    """A server that nobody knows, or that was deleted, is an operator's to decide about."""
    permits = rows.permits.of_instance(had.uuid)
    what = verdict(had, record.id, permits)
    is_gone = what in _TAKEN_IN and rows.instances.get(had.uuid) is None
    return Verdict.STRANGE if is_gone else what


def _shown(had: Had) -> Had:
    """As strangers are kept."""
    return had._replace(incoming=False)
