"""Asking for evacuations (contract 4.2): accepted here, durably; `services.moves` does the rest."""

from datetime import datetime
from typing import NamedTuple

from hostdown.domain import evacuation
from hostdown.domain.action_errors import ServerChanging
from hostdown.domain.errors import HostdownError
from hostdown.domain.evacuation_errors import DestinationIsSource, DestinationUnknown, SourceInUse
from hostdown.domain.instance import Instance
from hostdown.domain.liveness import State, Window, state_in
from hostdown.domain.migration import Migration, MigrationType, Status, Wish
from hostdown.domain.model import COMPUTE, Caller
from hostdown.domain.server_errors import ServerNotFound
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.instance_changes import begin_action, put
from hostdown.services.migrations import begun

EVENT = "rebuild_server"
"""Nova's name for the step in which a host is found."""


class Asked(NamedTuple):
    """What is asked: a host or None for any, `forced` past placement's filters, `stopped` there."""

    host: str | None = None
    forced: bool = False
    stopped: bool = False
    priority: int = 0


class Asker(NamedTuple):
    """Who asks, and at which moment; whether as an administrator matters to nobody here."""

    caller: Caller
    life: Window
    now: datetime


def evacuate(cell: Cell, directory: Directory, uuid: str, asked: Asked, asker: Asker) -> Migration:
    """Accept the evacuation of one server; it is durable and goes on by itself.

    Raises ServerNotFound, DestinationUnknown, DestinationIsSource, ServerInWrongState,
    ServerNeverRan, SourceInUse, in this order.
    """
    known = asked.host is None or is_known(directory, asked.host)

    def work(rows: CellRows) -> Migration:
        seen = rows.instances.get(uuid)
        if seen is None:
            raise ServerNotFound(server_id=uuid)
        if asked.host is not None:
            check_destination(rows, seen.host, asked.host, known)
        return accept(rows, seen, asked, asker)

    return cell.write(work)


def is_known(directory: Directory, host: str) -> bool:
    """Whether a host of this name is enrolled."""
    return directory.read(lambda rows: rows.hosts.named(host)) is not None


def check_destination(rows: CellRows, source: str | None, host: str, known: bool) -> None:
    """Raises DestinationUnknown, DestinationIsSource; `known`: whether the host is enrolled."""
    if not known or not rows.services.find(host, COMPUTE):
        raise DestinationUnknown(host=host)
    if host == source:
        raise DestinationIsSource


def accept(rows: CellRows, seen: Instance, asked: Asked, asker: Asker) -> Migration:
    """Write the migration, the task and the action; raises as `evacuate`.

    A database has one open migration of a server: of two requests at once one is refused.
    """
    evacuation.check(seen)
    if seen.host is None or is_up(rows, seen.host, asker.life):
        raise SourceInUse(host=seen.host)
    return accept_on_dead_host(rows, seen, asked, asker)


def accept_on_dead_host(rows: CellRows, seen: Instance, asked: Asked, asker: Asker) -> Migration:
    """As `accept`, of a server whose host was looked at."""
    evacuation.check(seen)
    made = rows.migrations.add(wanted(seen, asked, asker))
    if made is None:
        raise moving_already(rows, seen)
    caller, now = asker.caller, asker.now
    after = put(rows, seen, evacuation.accepted(seen), caller, now)
    if after is None:
        raise ServerChanging(uuid=seen.uuid)
    begin_action(rows, after, evacuation.ACTION, EVENT, caller, now)
    return made


def moving_already(rows: CellRows, seen: Instance) -> HostdownError:
    """Why it is refused, by what is so now: `seen` may be of before the other move was asked for.

    ServerChanging if that has ended meanwhile.
    """
    other = rows.migrations.open(seen.uuid)
    if other is None:
        return ServerChanging(uuid=seen.uuid)
    return evacuation.moving_already(rows.instances.get(seen.uuid) or seen, other.type)


def is_up(rows: CellRows, host: str, life: Window) -> bool:
    """A host without a service is none."""
    return any(state_in(each, life) is State.UP for each in rows.services.find(host, COMPUTE))


def wanted(seen: Instance, asked: Asked, asker: Asker) -> Migration:
    """The migration that is asked for."""
    caller = asker.caller
    there = evacuation.wanted_there(seen, asked.stopped).value
    wish = Wish(asked.host, asked.forced, caller.user_name, there)
    made = begun(seen, MigrationType.EVACUATION, Status.ACCEPTED, wish, caller, asker.now)
    return made._replace(priority=asked.priority)
