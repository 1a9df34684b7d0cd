"""All servers of a dead host: accepted in one transaction, most important first (DESIGN §9).

Rehearsed by the same rules: `plan` says where each server would go, and changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from hostdown.domain import evacuation
from hostdown.domain.action_errors import ServerInWrongState, ServerNeverRan
from hostdown.domain.cautions import priority_unread
from hostdown.domain.evacuation_errors import SourceInUse
from hostdown.domain.ha import is_brought_back, stays
from hostdown.domain.instance import Instance, Permit
from hostdown.domain.migration import Migration
from hostdown.domain.permits import PROOF, held
from hostdown.domain.reserves import TAKEN
from hostdown.services import hearings
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory
from hostdown.services.evacuations import (
    Asked,
    Asker,
    accept_on_dead_host,
    check_destination,
    is_known,
    is_up,
    moving_already,
    wanted,
)
from hostdown.services.instance_ports import InstanceQuery, Sort
from hostdown.services.move_disks import WORD, as_if_said
from hostdown.services.mover import MovePolicy
from hostdown.services.releases import Releases, Rules, Silent, Word
from hostdown.services.rooms import UNLIMITED, Rooms
from hostdown.services.surveys import Surveyor

PRIORITY = "HA_Priority"
"""The metadata that says how urgent a server is: an integer, higher first (DESIGN §9)."""

PRIORITY_MAX = 1_000_000
"""What more says no more than; below zero as well."""

_REFUSED = (ServerInWrongState, ServerNeverRan)
"""Why one server stays while the others go; found before anything of it is written."""
_BY_AGE = (Sort("id", False),)


class Result(NamedTuple):
    """What becomes of one server: its migration, or in a plan its destination; or why it stays."""

    instance: Instance
    priority: int
    migration: Migration | None = None
    destination: str | None = None
    warning: str | None = None
    """A priority that is none; in a plan also what it would wait for, what would be lost, and what
    only the word of who asks would protect (`domain.cautions`)."""
    error: str | None = None


def evacuate_host(
    cell: Cell, directory: Directory, host: str, to: str | None, asker: Asker
) -> list[Result]:
    """Accept the evacuation of every server of a host; those that cannot be say why.

    Raises DestinationUnknown, DestinationIsSource, SourceInUse.
    """
    known = to is None or is_known(directory, to)

    def work(rows: CellRows) -> list[Result]:
        _check(rows, host, to, known, asker)
        return [_accepted(rows, each, to, asker) for each in _on(rows, host)]

    return cell.write(work)


def to_bring_back(rows: CellRows, host: str, default: bool) -> list[Instance]:
    """Those of its servers that are to run again elsewhere if it fails, most important first."""
    return [each for each in _on(rows, host) if is_brought_back(each.metadata, default)]


def bring_back(rows: CellRows, servers: Iterable[Instance], asker: Asker) -> list[Result]:
    """Accept the evacuation of each of these, in this order."""
    return [_accepted(rows, each, None, asker) for each in servers]


def _check(rows: CellRows, host: str, to: str | None, known: bool, asker: Asker) -> None:
    if to is not None:
        check_destination(rows, host, to, known)
    if is_up(rows, host, asker.life):
        raise SourceInUse(host=host)


def _accepted(rows: CellRows, seen: Instance, to: str | None, asker: Asker) -> Result:
    urgent = priority(seen.metadata)
    try:
        made = accept_on_dead_host(rows, seen, Asked(to, priority=urgent), asker)
    except _REFUSED as error:
        return Result(seen, urgent, error=str(error))
    return Result(seen, urgent, migration=made, warning=_unread(seen))


def plan(
    cell: Cell, surveyor: Surveyor, host: str, to: str | None, asker: Asker, policy: MovePolicy
) -> list[Result]:
    """Where each server would go, as the hosts are now, and what that would wait for.

    Raises as `evacuate_host`.
    """
    hosts = surveyor.hosts(asker.now)
    rules = Rules(policy.heard, asker.life, asker.now, policy.covers)
    groups = surveyor.groups([each.uuid for each in cell.read(lambda rows: _on(rows, host))])

    def work(rows: CellRows) -> list[Result]:
        _check(rows, host, to, to is None or to in hosts.records, asker)
        rooms = Rooms(rows, hosts, groups, UNLIMITED)
        releases, hearing = Releases(rows, rules), hearings.waits_for(rows)
        rehearsal = Rehearsal(rows, rooms, releases, policy.silent, hearing)
        return [_planned(rehearsal, each, to, asker) for each in _on(rows, host)]

    return cell.read(work)


class Rehearsal(NamedTuple):
    """What a plan looks at, in one transaction."""

    rows: CellRows
    rooms: Rooms
    releases: Releases
    silent: Silent
    hearing: str | None
    proven: bool = False
    """The host would be proven off first: nothing is waited for, and nobody's word is needed."""

    def ended(self, known: Sequence[Permit], asker: Asker) -> list[Permit]:
        """The server's permits once its host has lost it."""
        word = Word(asker.caller.user_name, asker.caller.request_id)
        kind = PROOF if self.proven else WORD
        return as_if_said(known, self.rows.proofs, str(word), asker.now, kind)

    def waits_for(self, permits: Sequence[Permit]) -> str | None:
        """What has to come before the server could be given to another host."""
        if self.proven:
            return None
        found = held(permits)
        if found is None:
            return self.hearing
        return self.releases.waits_for(found, self.silent) or self.hearing


def rehearsed(by: Rehearsal, host: str, asker: Asker, default: bool) -> list[Result]:
    """What becomes of each server of a host that is recovered; those that stay say why."""
    found = []
    for seen in _on(by.rows, host):
        why = stays(seen.metadata, default)
        if why is None:
            found.append(_planned(by, seen, None, asker))
        else:
            found.append(Result(seen, priority(seen.metadata), error=why))
    return found


def on(rows: CellRows, host: str) -> list[str]:
    """The servers of a host, by uuid."""
    return [each.uuid for each in _on(rows, host)]


def _planned(by: Rehearsal, seen: Instance, to: str | None, asker: Asker) -> Result:
    urgent = priority(seen.metadata)
    try:
        evacuation.check(seen)
        if by.rows.migrations.open(seen.uuid) is not None:
            raise moving_already(by.rows, seen)
    except _REFUSED as error:
        return Result(seen, urgent, error=str(error))
    known = by.rows.permits.of_instance(seen.uuid)
    permits = by.ended(known, asker)
    choice = by.rooms.choose(seen, wanted(seen, Asked(to, priority=urgent), asker), permits)
    if choice.chosen is None:
        return Result(seen, urgent, error=choice.reason)
    by.rooms.taken(seen, choice.chosen)
    to_use = TAKEN.format(host=choice.chosen.host) if choice.chosen.reserved else None
    notes = by.rooms.notes(choice.chosen, permits)
    said = _unread(seen), by.waits_for(known), to_use, notes
    warning = " ".join(each for each in said if each) or None
    return Result(seen, urgent, destination=choice.chosen.host, warning=warning)


def _on(rows: CellRows, host: str) -> Sequence[Instance]:
    found = rows.instances.find(InstanceQuery(equal=[("host", [host])], order=_BY_AGE))
    return sorted(found, key=lambda each: (-priority(each.metadata), each.id))


def priority(metadata: Mapping[str, str]) -> int:
    """How urgent its owner says that a server is; what is no integer counts as none said."""
    return max(-PRIORITY_MAX, min(PRIORITY_MAX, _integer(metadata) or 0))


def _unread(seen: Instance) -> str | None:
    """What is to be said where its owner meant a priority and none was understood."""
    return priority_unread(PRIORITY) if _integer(seen.metadata) is None else None


def _integer(metadata: Mapping[str, str]) -> int | None:
    try:
        return int(metadata.get(PRIORITY, "0"))
    except ValueError:
        return None
