"""What a step of a move tells, in the transaction that takes it (contract 7.3)."""

from datetime import datetime

from hostdown.domain.instance import Instance
from hostdown.domain.migration import Migration
from hostdown.domain.model import Caller, Change
from hostdown.domain.move_events import Notice, steps
from hostdown.services import instance_journal
from hostdown.services.cell_ports import CellRows


def caller_of(seen: Migration) -> Caller:
    """Who asked for the move."""
    return Caller(seen.user_id, seen.wish.by, seen.project_id, (), seen.request_id)


def stepped(rows: CellRows, seen: Migration, after: Migration, now: datetime) -> None:
    """Of a server that is there still; what was changed of its row with the step, it shows."""
    if (seen.status, seen.generation, seen.wish) == (after.status, after.generation, after.wish):
        return
    server = rows.instances.get(seen.instance)
    if server is None:
        return
    for told in steps(seen, after, server.host):
        _tell(rows, told, server, after, now)


def _tell(rows: CellRows, told: Notice, server: Instance, move: Migration, now: datetime) -> None:
    shown = server
    if told.at_source:
        shown = server._replace(host=move.source_host, node=move.source_node)
    change = Change(now, caller_of(move), told.kind, {}, {})
    facts = instance_journal.facts(shown, change.caller, now)
    beside = {
        "told_by": move.source_host if told.by_source else move.dest_host,
        "new_flavor": instance_journal.flavor_facts(move.new_flavor or server.flavor),
    }
    rows.journal.tell_instance(change, shown, {**facts, **beside})
