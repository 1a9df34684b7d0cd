"""What is asked of servers that exist: power, locks, an operator's word about their state, an end.

What a host has to do is written as the instance's next order; the host is told in the same
transaction. A server whose host is down is refused what only its host could do (contract 10.5, edge
60); only deleting it is possible: it is gone for those who ask at once, and for its host as soon as
that one is back (contract 3.9).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from hostdown.domain import server_actions
from hostdown.domain.action_errors import HostUnavailable
from hostdown.domain.assignment import Wanted
from hostdown.domain.instance import Instance, TaskState, VmState
from hostdown.domain.liveness import State, Window, state_in
from hostdown.domain.model import COMPUTE, Caller
from hostdown.domain.server_actions import ADMIN, OWNER, ServerAction
from hostdown.domain.server_errors import ServerNotFound
from hostdown.domain.settlement import deleted
from hostdown.services import leftovers
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.instance_changes import SUCCESS, begin_action, change, tell_host


class Asker(NamedTuple):
    """Who asks, and at which moment."""

    caller: Caller
    by_admin: bool
    life: Window
    now: datetime


def act(cell: Cell, uuid: str, action: ServerAction, asker: Asker) -> Instance:
    """Ask a server's host for something.

    Raises what `server_actions.check` raises, HostUnavailable, ServerNotFound.
    """

    def decide(rows: CellRows, seen: Instance) -> Instance:
        _check_there(seen)
        server_actions.check(action, seen, asker.by_admin)
        if _unheard(rows, seen, _holders(rows, uuid), asker.life):
            raise HostUnavailable
        return server_actions.begun(action, seen)

    return _order(cell, uuid, decide, action.name, action.event, asker)


DELETE_EVENT = "compute_terminate_instance"


def delete(cell: Cell, uuid: str, asker: Asker) -> Instance:
    """Delete a server; of one that is deleted already it waits for nobody.

    Raises ServerLocked, ServerNotFound.
    """

    def decide(rows: CellRows, seen: Instance) -> Instance:
        _check_there(seen)
        server_actions.check_lock(seen, asker.by_admin)
        holders = _holders(rows, uuid)
        if not holders:
            leftovers.remember(rows, uuid, asker.caller, asker.now)
        if _unheard(rows, seen, holders, asker.life):
            return deleted(_going(seen), asker.now)
        return seen if seen.task_state == TaskState.DELETING else _going(seen)

    return _order(cell, uuid, decide, "delete", DELETE_EVENT, asker)


def _going(seen: Instance) -> Instance:
    return seen._replace(
        task_state=TaskState.DELETING.value,
        wanted=Wanted.GONE.value,
        order=seen.order + 1,
        reboot=None,
    )


def _order(
    cell: Cell,
    uuid: str,
    decide: Callable[[CellRows, Instance], Instance],
    action: str,
    event: str,
    asker: Asker,
) -> Instance:
    """Write the next order, its action and the word to the host, all or nothing."""

    def work(rows: CellRows) -> Instance:
        known = rows.instances.get(uuid)
        if known is None:
            raise ServerNotFound(server_id=uuid)
        tell_host(rows, known)
        seen, after = change(rows, uuid, lambda each: decide(rows, each), asker.caller, asker.now)
        if after != seen:
            begin_action(rows, after, action, event, asker.caller, asker.now)
        if after.deleted:
            rows.actions.finish(uuid, after.order, SUCCESS, None, asker.now)
        return after

    return cell.write(work)


def lock(cell: Cell, uuid: str, reason: str | None, asker: Asker) -> Instance:
    """Nobody but administrators changes it from now on; an owner's second lock changes nothing.

    Raises ServerNotFound.
    """

    def decide(seen: Instance) -> Instance:
        _check_there(seen)
        is_owner = seen.project_id == asker.caller.project_id
        if seen.locked_by is not None and is_owner:
            return seen  # else whom an administrator locked out could take the lock over
        locker = OWNER if is_owner else ADMIN
        return seen._replace(locked_by=locker, locked_reason=reason)

    return _note(cell, uuid, decide, "lock", asker)


def unlock(cell: Cell, uuid: str, asker: Asker) -> Instance:
    """Raises ServerNotFound."""

    def decide(seen: Instance) -> Instance:
        _check_there(seen)
        return seen._replace(locked_by=None, locked_reason=None)

    return _note(cell, uuid, decide, "unlock", asker)


def reset_state(cell: Cell, uuid: str, vm_state: VmState, asker: Asker) -> Instance:
    """An administrator says what a server is; its host is not asked (contract 4.3)."""

    def decide(seen: Instance) -> Instance:
        _check_there(seen)
        return seen._replace(vm_state=vm_state.value, task_state=None)

    return _note(cell, uuid, decide, "resetState", asker)


def _note(
    cell: Cell, uuid: str, decide: Callable[[Instance], Instance], action: str, asker: Asker
) -> Instance:
    """A change of the row alone, with its action, which has no steps."""

    def work(rows: CellRows) -> Instance:
        _, after = change(rows, uuid, decide, asker.caller, asker.now)
        begin_action(rows, after, action, None, asker.caller, asker.now)
        return after

    return cell.write(work)


def _check_there(seen: Instance) -> None:
    if seen.deleted:
        raise ServerNotFound(server_id=seen.uuid)


def _holders(rows: CellRows, uuid: str) -> list[str]:
    """The hosts that hear of what is asked; amid a move they are others than the server's own."""
    return [each.host for each in rows.permits.of_instance(uuid) if not each.ended]


def _unheard(rows: CellRows, seen: Instance, holders: Sequence[str], life: Window) -> bool:
    """The host that it is shown on is down, or all are that may have it."""

    def is_down(host: str) -> bool:
        services = rows.services.find(host, COMPUTE)
        return not services or state_in(services[0], life) is State.DOWN

    return (seen.host is not None and is_down(seen.host)) or all(map(is_down, holders))
