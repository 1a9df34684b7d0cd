"""What a host should have: its unended permits with their instances (DESIGN §6).

A boot that is over has no rights. When the agent of a newer boot asks, that is proof that the older
one runs nothing (NEVER-TWICE F4, `reboot`): its permits end by it, and the host gets new ones for
the boot that it is on. Its guests are stopped then, as Nova has it, unless the deployment wants
them started again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hostdown.domain.assignment import (
    Assignment,
    Incoming,
    PowerState,
    Reboot,
    Target,
    Wanted,
)
from hostdown.domain.errors import HostForked, SessionEnded
from hostdown.domain.ha import Resume
from hostdown.domain.instance import (
    INCOMING,
    RUN,
    Ended,
    Instance,
    Permit,
    PermitState,
    VmState,
    instance_name,
)
from hostdown.domain.migration import MigrationType, Step
from hostdown.domain.model import COMPUTE, HostRecord
from hostdown.domain.permits import PROOF, disk_of, holders, next_generation
from hostdown.services import doubts, hearings, returns, watchdogs
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.doubts import HOST, REBOOT
from hostdown.services.hearing_ports import Standing
from hostdown.services.hearings import Heard, Question
from hostdown.services.instance_changes import change
from hostdown.services.permit_ports import Proof
from hostdown.services.targets import targets
from hostdown.services.watchdog_ports import SlotOrder

QUIET_MS_MAX = 3_600_000
"""More than anybody waits for."""


class Served(NamedTuple):
    """What a host is told. `version` is for its next question; `instances` None if unchanged.

    `held`: it is forced down, so it starts nothing (NEVER-TWICE W4). `moved`: instances that were
    evacuated from it, as far as it may have copies of them. `ended`: permits that it says it has,
    and that were ended; `is_asked`: it is to say which it has.
    """

    database_id: str
    commit: int
    version: int
    held: bool
    instances: tuple[Assignment, ...] | None
    moved: tuple[str, ...] = ()
    ended: Sequence[tuple[str, int]] = ()
    is_asked: bool = False
    slot_orders: Sequence[SlotOrder] = ()


def fetch(
    cell: Cell,
    record: HostRecord,
    said: Question,
    resume: Resume,
    now: datetime,
) -> Served:
    """What the host `record` should have, if it is another thing than at the version it knows.

    Raises SessionEnded where a newer boot of the host has been here; HostForked where that is known
    to be another machine.
    """

    # Who says what it has may know a version of commits that are lost, and its list with it: the
    # numbers have passed that one since (P5).
    has = said.known if said.have is None else 0

    def look(rows: CellRows) -> tuple[Served | None, Heard, int | None]:
        # First: what is told then may be newer than these numbers say, and never older.
        known = rows.hearing.standing(record.id)
        heard = hearings.look(rows, record, said, known)
        settled = returns.news(rows, record, known, said.settled)
        return _look(rows, record, has, known, now), heard, settled

    served, heard, settled = cell.read(look)
    if heard.is_news:
        cell.write(lambda rows: hearings.take(rows, record, said, now))
        served, heard, settled = cell.read(look)
    if served is None or not served.database_id:

        def work(rows: CellRows) -> Served | None:
            # It raises the number in any case: a database has a name before a host hears of it.
            _reboot(rows, record, resume, now)
            return _look(rows, record, has, rows.hearing.standing(record.id), now)

        served = cell.write(work)
        if served is None:
            raise RuntimeError("a host holds permits of a boot that were just replaced")
    elif settled is not None:
        cell.write(lambda rows: returns.settle(rows, record, settled, now))
    return served._replace(ended=heard.ended, is_asked=heard.is_asked)


def _look(
    rows: CellRows, record: HostRecord, has: int, known: Standing, now: datetime
) -> Served | None:
    """None if there are permits of an older boot, which nobody may be told.

    While hosts are still heard they are left out: what follows them waits. `has` is the version
    that the host has.
    """
    version = max(known.version, known.hearing.asked)  # a question to all hosts reaches this one
    unchanged = known.version <= has <= version and has > 0
    assigned = [] if unchanged else rows.permits.assigned(record.id)
    held = rows.permits.held(record.id) if unchanged else [permit for permit, _ in assigned]
    if any(permit.boot > record.boot for permit in held):
        newest = record.session + 1
        raise SessionEnded(session=record.session, name=record.name, newest=newest)
    if any(permit.boot < record.boot for permit in held) and not known.hearing.goes_on:
        return None
    told, moved = None, tuple[str, ...]()
    if not unchanged:
        to = targets(rows, record.name)
        told = tuple(
            _assignment(instance, permit, _quiet_ms(rows, permit, now), to)
            for permit, instance in assigned
            if permit.boot == record.boot
        )
        moved = returns.copies(rows, record.name, now)
    is_held = forced_down(rows, record.name)
    orders = watchdogs.orders(rows, record, now)
    facts = known.database_id, known.number, version, is_held, told, moved
    return Served(*facts, slot_orders=orders)


def forced_down(rows: CellRows, host: str) -> bool:
    """A host without a service is one that an administrator has done away with."""
    services = rows.services.find(host, COMPUTE)
    return not services or services[0].forced_down


def _wanted(instance: Instance, permit: Permit) -> Wanted:
    """A server that is deleted is so by whoever has it, also if it was asked to give it up."""
    wanted = Wanted(instance.wanted)
    return Wanted.ELSEWHERE if permit.asked_back and wanted is not Wanted.GONE else wanted


def _quiet_ms(rows: CellRows, permit: Permit, now: datetime) -> int:
    """How long ago the last of those whom it is over lost it; 0 where that does not matter."""
    if permit.state != PermitState.GRANTED or not permit.over:
        return 0
    known = rows.permits.of_instance(permit.instance)
    newest = max((each.ended.at for each in known if each.ended), default=now)
    return max(0, min(QUIET_MS_MAX, int((now - newest) / timedelta(milliseconds=1))))


def _assignment(
    instance: Instance, permit: Permit, quiet_ms: int, sent_to: Mapping[str, Target]
) -> Assignment:
    flavor = instance.flavor
    disk, data_gen = disk_of(permit)
    incoming = None
    if permit.kind == INCOMING:
        incoming = Incoming(Wanted(instance.wanted), permit.asked_back)
    return Assignment(
        uuid=instance.uuid,
        name=instance_name(instance),
        generation=permit.generation,
        boot=permit.boot,
        over=permit.over if incoming is None else (),
        disk=disk,
        data_gen=data_gen,
        wanted=_wanted(instance, permit) if incoming is None else Wanted.ELSEWHERE,
        order=instance.order,
        reboot=None if instance.reboot is None else Reboot(instance.reboot),
        vcpus=flavor.vcpus,
        memory_mb=flavor.memory_mb,
        root_gb=flavor.root_gb,
        image=instance.image,
        network=instance.network,
        mac=instance.mac,
        quiet_ms=quiet_ms,
        to=sent_to.get(instance.uuid) if permit.kind == RUN else None,
        incoming=incoming,
    )


# ------------------------------------------------------------------------------- a newer boot


def _reboot(rows: CellRows, record: HostRecord, resume: Resume, now: datetime) -> None:
    number = rows.ledger.next()
    if rows.proofs.voided(record.id) is not None:
        raise HostForked(name=record.name)  # none of its boots proves anything (NEVER-TWICE D4)
    stale = [each for each in rows.permits.held(record.id) if each.boot < record.boot]
    if not stale or not hearings.may_grant(rows):
        return
    evidence = {"boot_id": record.boot_id, "session": record.session, "boot": record.boot}
    proof = Proof(record.id, record.boot - 1, HOST, REBOOT, now, record.name, evidence)
    proven = rows.proofs.add(proof)
    for permit in stale:
        doubtful = doubts.end(rows, permit, Ended(PROOF, str(proven), now))
        moving = rows.migrations.open(permit.instance)
        if moving is not None and moving.type is MigrationType.LIVE:
            boots = f"Host {record.name} was started anew with the server on its way."
            back = moving._replace(step=Step.BACK, due_at=now, reason=boots)
            rows.migrations.replace(moving, back)
        elif moving is not None and moving.step is not Step.NONE:
            # It is on its way from here, or to here: who moves it finds the next host.
            mine = permit.generation == moving.generation
            lost = moving if mine else moving._replace(source_number=number)
            rows.migrations.replace(moving, lost._replace(step=Step.PLACE, due_at=now))
        elif permit.kind == RUN and doubtful is None:
            rows.permits.add(at_home(rows, permit, record, now))
            change(rows, permit.instance, lambda seen: after_boot(seen, resume), None, now)
    rows.ledger.changed([record.id], number)


def at_home(
    rows: CellRows, permit: Permit, record: HostRecord, now: datetime, seen: int = 0
) -> Permit:
    """The next permit, on the same host: over whoever may have the disk since the last claim.

    `seen`: the generation that the host saw on the disk (NEVER-TWICE P2).
    """
    known = rows.permits.of_instance(permit.instance)
    disk, data_gen = disk_of(permit)
    return Permit(
        id=0,
        instance=permit.instance,
        generation=next_generation(known, seen),
        host_id=record.id,
        host=record.name,
        boot=record.boot,
        kind=RUN,
        over=holders(known),
        disk=disk.value,
        data_gen=data_gen,
        state=PermitState.GRANTED.value,
        ended=None,
        created_at=now,
    )


def after_boot(seen: Instance, resume: Resume) -> Instance:
    """The server whose host is on a newer boot than its guest was.

    What was asked for and not heard of is asked for again; what just ran has stopped.

    Again, by a new order: the older one may have been carried out by the boot that is over, which
    the host remembers and would not do twice.
    """
    again = seen._replace(order=seen.order + 1, reboot=None)
    if _is_asked_for(seen):
        return again
    ran = seen.vm_state in _RAN
    if not ran and seen.wanted not in _RUNS:
        return seen
    if seen.vm_state == VmState.ACTIVE and resume.starts(seen.metadata):
        return again._replace(wanted=Wanted.RUNNING.value)
    return again._replace(
        vm_state=VmState.STOPPED.value if ran else seen.vm_state,
        power_state=int(PowerState.SHUTDOWN),
        wanted=Wanted.STOPPED.value,
    )


def _is_asked_for(seen: Instance) -> bool:
    """Something goes on with it: a task, its end, or its host's word that is waited for."""
    going = seen.deleted or seen.wanted == Wanted.GONE
    return going or seen.task_state is not None or seen.before is not None


_RUNS = (Wanted.RUNNING, Wanted.PAUSED)
_RAN = (VmState.ACTIVE, VmState.PAUSED)
"""What a boot ends; a suspended guest lies in a file."""
