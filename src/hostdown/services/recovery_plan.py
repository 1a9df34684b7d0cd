"""What would happen were a host to die now, by the rules of who would recover it.

Nothing is changed, and no device is asked: what the last check saw of each level is shown.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hostdown.domain.errors import HostdownError, HostNotMapped
from hostdown.domain.failure_domains import failure_domain
from hostdown.domain.fence_checks import FenceCheck
from hostdown.domain.host_fault import left_alone
from hostdown.domain.liveness import is_heard, window
from hostdown.domain.model import COMPUTE, HostRecord, Service
from hostdown.domain.recovery import Ears, gate
from hostdown.domain.rehearsal import Facts, warnings
from hostdown.services import disarming
from hostdown.services.cell_ports import CellRows
from hostdown.services.evacuations import Asker
from hostdown.services.fence_ports import FenceLevel, FencePaths
from hostdown.services.host_evacuation import Rehearsal, Result, on, rehearsed
from hostdown.services.mover import MovePolicy
from hostdown.services.ports import Cells
from hostdown.services.recovery_desk import RecoveryPolicy
from hostdown.services.recovery_ports import Recovery
from hostdown.services.recovery_steps import begun, caller
from hostdown.services.releases import Releases, Rules, Silent
from hostdown.services.rooms import UNLIMITED, Rooms
from hostdown.services.storm import View, seen_by_gate
from hostdown.services.surveys import Surveyor


class Planning(NamedTuple):
    """The rules of those who would act."""

    surveyor: Surveyor
    moves: MovePolicy
    recovery: RecoveryPolicy


class PlannedLevel(NamedTuple):
    """A fence level in its place. `checked_at`: when its device was asked last, None for never."""

    level: int
    driver: str
    checked_at: datetime | None
    power: str | None
    problem: str | None


class Plan(NamedTuple):
    """What would be done. `nothing`: why nothing would, None if something would.

    `held`: why the storm gate, as it is now, would hold it; `no_levels`: why its levels are not
    known.
    """

    host: str
    domain: str
    nothing: str | None
    hold_off: timedelta
    held: str | None
    levels: list[PlannedLevel]
    no_levels: str | None
    servers: list[Result]
    warnings: list[str]


def plan(cells: Cells, planning: Planning, fences: FencePaths, host: str, now: datetime) -> Plan:
    """Raises HostNotMapped, CellUnavailable, DirectoryUnavailable."""
    surveyor = planning.surveyor
    record = surveyor.directory.read(lambda rows: rows.hosts.named(host))
    if record is None:
        raise HostNotMapped(host=host)
    levels, no_levels = _levels(fences, host)
    outdated = fences.outdated()
    cell = cells.named(record.cell)
    hosts = surveyor.hosts(now)._replace(lost=frozenset((host,)))
    groups = surveyor.groups(cell.read(lambda rows: on(rows, host)))
    life = window(now, surveyor.liveness)
    view = View(hosts.zones, Ears(life, planning.recovery.missed_after), now)

    def work(rows: CellRows) -> Plan:
        found = rows.services.find(host, COMPUTE)
        if not found:
            raise HostNotMapped(host=host)
        rooms = Rooms(rows, hosts, groups, UNLIMITED)
        rules = Rules(planning.moves.heard, life, now, planning.moves.covers)
        by = Rehearsal(rows, rooms, Releases(rows, rules), Silent.PROOF, None, proven=True)
        of = begun(record, failure_domain(host, view.zones), now, now)
        asker, default = Asker(caller(of), life, now), planning.recovery.ha_default
        place = rooms.candidate(host)
        drivers = [each.driver for each in levels]
        pool_class = "" if place is None else place.resources.pool_class
        facts = Facts(drivers, pool_class, _is_armed(rows, record), record.sleeps is True)
        return Plan(
            host=host,
            domain=of.domain,
            nothing=_nothing(rows, of, found[0], planning.recovery, now),
            hold_off=planning.recovery.hold_off,
            held=_held(rows, of, found[0], view),
            levels=_checked(levels, rows.fence_checks.get(host)),
            no_levels=no_levels,
            servers=rehearsed(by, host, asker, default),
            warnings=[*filter(None, (outdated,)), *warnings(facts)],
        )

    return cell.read(work)


def _is_armed(rows: CellRows, record: HostRecord) -> bool:
    told = rows.watchdogs.get(record.id, record.boot)
    return told is not None and told.armed_at is not None


def _levels(fences: FencePaths, host: str) -> tuple[Sequence[FenceLevel], str | None]:
    try:
        return fences.of(host), None
    except HostdownError as error:
        return (), str(error)


def _checked(levels: Sequence[FenceLevel], check: FenceCheck | None) -> list[PlannedLevel]:
    seen = {each.level: each for each in check.levels} if check is not None else {}
    found = []
    for each in levels:
        last = seen.get(each.number)
        if last is None or check is None or last.driver != each.driver:
            found.append(PlannedLevel(each.number, each.driver, None, None, None))
        else:
            facts = (check.checked_at, last.power, last.problem)
            found.append(PlannedLevel(each.number, each.driver, *facts))
    return found


def _nothing(
    rows: CellRows, seen: Recovery, service: Service, policy: RecoveryPolicy, now: datetime
) -> str | None:
    open_ones = (each for each in rows.recoveries.open() if each.host_id == seen.host_id)
    recovery = next(open_ones, None)
    if not policy.enabled:
        return "Nobody recovers hosts: [recovery] enabled = false."
    if recovery is not None:
        return f"Recovery {recovery.id} has begun already."
    return left_alone(service) or disarming.why_not(rows, seen, now)


def _held(rows: CellRows, seen: Recovery, service: Service, view: View) -> str | None:
    """What the gate would say once it is silent, too."""
    fleet, attempts = seen_by_gate(rows, seen, view)
    lost = is_heard(service, view.ears.life)
    return gate(fleet._replace(heard=fleet.heard - lost), attempts)
