"""The one way in which an instance's row changes, is told of, and its host hears of it."""

from collections.abc import Callable
from datetime import datetime

from hostdown.domain.action_errors import ServerChanging
from hostdown.domain.instance import Instance
from hostdown.domain.model import Caller
from hostdown.domain.server_errors import ServerNotFound
from hostdown.services import instance_journal, migrations
from hostdown.services.cell_ports import CellRows
from hostdown.services.instance_ports import Action, Event

TRIES_MAX = 20
"""Times a change is decided anew because somebody else changed the instance first."""

SUCCESS, ERROR = "Success", "Error"
"""How an event of an action ends (contract 4.6)."""


def change(
    rows: CellRows,
    uuid: str,
    decide: Callable[[Instance], Instance],
    caller: Caller | None,
    now: datetime,
) -> tuple[Instance, Instance]:
    """Read, decide, write over what was read, again until nobody came in between.

    The instance before and after; equal if there was nothing to do, and then nothing was written
    or told. `caller` is None where it is a host's word that changes it. With a server that is
    deleted go its migrations.
    Raises ServerNotFound, ServerChanging, and what `decide` raises.
    """
    return change_of(rows, _get(rows, uuid), decide, caller, now)


def change_of(
    rows: CellRows,
    seen: Instance,
    decide: Callable[[Instance], Instance],
    caller: Caller | None,
    now: datetime,
) -> tuple[Instance, Instance]:
    """`change`, for who has read it in this transaction."""
    for _ in range(TRIES_MAX):
        after = decide(seen)
        if after == seen:
            return seen, seen
        written = put(rows, seen, after, caller, now)
        if written is not None:
            return seen, written
        seen = _get(rows, seen.uuid)
    raise ServerChanging(uuid=seen.uuid)


def _get(rows: CellRows, uuid: str) -> Instance:
    seen = rows.instances.get(uuid, deleted=True)
    if seen is None:
        raise ServerNotFound(server_id=uuid)
    return seen


def put(
    rows: CellRows, seen: Instance, after: Instance, caller: Caller | None, now: datetime
) -> Instance | None:
    """Write over what was just read, and tell of it; None if it is not as it was read."""
    written = rows.instances.replace(seen, after._replace(updated_at=now))
    if written is not None:
        if written.deleted and not seen.deleted:
            migrations.end_with_server(rows, seen.uuid, now)
        instance_journal.changed(rows, seen, written, caller, now)
    return written


def tell_host(rows: CellRows, instance: Instance) -> None:
    """Whoever holds a permit for it has something new to do.

    To be called before the transaction reads what it decides by: it makes others that grant, end
    or order wait.
    """
    number = rows.ledger.next()
    permits = rows.permits.of_instance(instance.uuid)
    rows.ledger.changed([each.host_id for each in permits if each.ended is None], number)


def begin_action(
    rows: CellRows, instance: Instance, name: str, event: str | None, caller: Caller, now: datetime
) -> None:
    """Put an action into the instance's history; its event waits for the newest order's outcome."""
    made = Action(
        0,
        instance.uuid,
        name,
        caller.request_id,
        caller.user_id,
        caller.project_id,
        None,
        now,
        now,
    )
    step = None
    if event is not None:
        step = Event(instance.order, event, instance.host, now, None, None, None)
    rows.actions.add(made, step)
