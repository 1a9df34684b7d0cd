"""What a host should have: its unended permits with their instances (DESIGN §6).

A boot that is over has no rights. When the agent of a newer boot asks, that is proof that the older
one runs nothing (NEVER-TWICE F4, `reboot`): its permits end by it, and the host gets new ones for
the boot that it is on. Its guests are stopped then, as Nova has it, unless the deployment wants
them started again.
"""

from datetime import datetime
from typing import NamedTuple

from hostdown.domain.assignment import Assignment, Disk, Holder, PowerState, Reboot, Wanted
from hostdown.domain.instance import (
    RUN,
    Ended,
    Instance,
    Permit,
    PermitState,
    VmState,
    instance_name,
)
from hostdown.domain.model import HostRecord
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.instance_changes import change
from hostdown.services.permit_ports import Proof

REBOOT = "reboot"
"""The kind of the proof that a newer boot is (NEVER-TWICE F4)."""
HOST = "host"
"""The scope of a proof that covers whatever ran on the host."""


class Served(NamedTuple):
    """What a host is told. `version` is for its next question; `instances` None if unchanged."""

    database_id: str
    commit: int
    version: int
    instances: tuple[Assignment, ...] | None


def fetch(cell: Cell, record: HostRecord, known: int, resume_guests: bool, now: datetime) -> Served:
    """What the host `record` should have, if it is another thing than at version `known`."""

    def look(rows: CellRows) -> Served:
        database_id, commit = rows.ledger.now()
        version = rows.ledger.version(record.id)
        if version == known and known:
            return Served(database_id, commit, version, None)
        return Served(database_id, commit, version, _assigned(rows, record))

    served = cell.read(look)
    if served.instances is None or all(each.boot == record.boot for each in served.instances):
        return served
    cell.write(lambda rows: _reboot(rows, record, resume_guests, now))
    return cell.read(look)


def _assigned(rows: CellRows, record: HostRecord) -> tuple[Assignment, ...]:
    assigned = []
    for permit in rows.permits.held(record.id):
        instance = rows.instances.get(permit.instance, deleted=True)
        if instance is not None:
            assigned.append(_assignment(instance, permit))
    return tuple(assigned)


def _assignment(instance: Instance, permit: Permit) -> Assignment:
    flavor = instance.flavor
    return Assignment(
        uuid=instance.uuid,
        name=instance_name(instance),
        generation=permit.generation,
        boot=permit.boot,
        over=permit.over,
        disk=Disk(permit.disk),
        data_gen=permit.data_gen,
        wanted=Wanted(instance.wanted),
        order=instance.order,
        reboot=None if instance.reboot is None else Reboot(instance.reboot),
        vcpus=flavor.vcpus,
        memory_mb=flavor.memory_mb,
        root_gb=flavor.root_gb,
        image=instance.image,
        network=instance.network,
        mac=instance.mac,
    )


# ------------------------------------------------------------------------------- a newer boot


def _reboot(rows: CellRows, record: HostRecord, resume_guests: bool, now: datetime) -> None:
    number = rows.ledger.next()
    stale = [each for each in rows.permits.held(record.id) if each.boot < record.boot]
    if not stale:
        return
    evidence = {"boot_id": record.boot_id, "session": record.session, "boot": record.boot}
    proof = Proof(record.id, record.boot - 1, HOST, REBOOT, now, record.name, evidence)
    proven = rows.proofs.add(proof)
    for permit in stale:
        if rows.permits.end(permit, Ended("proof", str(proven), now)):
            rows.permits.add(_at_home(permit, record, now))
            change(rows, permit.instance, lambda seen: _after_boot(seen, resume_guests), now)
    rows.ledger.changed([record.id], number)


def _at_home(permit: Permit, record: HostRecord, now: datetime) -> Permit:
    """The next permit, on the same host: over whoever may have the disk since the last claim."""
    return Permit(
        id=0,
        instance=permit.instance,
        generation=permit.generation + 1,
        host_id=record.id,
        host=record.name,
        boot=record.boot,
        kind=RUN,
        over=over(permit),
        disk=permit.disk if permit.state == PermitState.GRANTED else Disk.KEEP.value,
        data_gen=permit.generation if permit.state == PermitState.CLAIMED else permit.data_gen,
        state=PermitState.GRANTED.value,
        ended=None,
        created_at=now,
    )


def over(permit: Permit) -> tuple[Holder, ...]:
    """Every holder since the last confirmed claim (NEVER-TWICE P3)."""
    if permit.state == PermitState.CLAIMED:
        return (permit.holder,)
    return (*permit.over, permit.holder)


def _after_boot(seen: Instance, resume_guests: bool) -> Instance:
    """What was asked for and not yet done is still to be done; what just ran has stopped."""
    if seen.task_state is not None or seen.deleted or seen.vm_state not in _RAN:
        return seen
    if resume_guests and seen.vm_state == VmState.ACTIVE:
        return seen._replace(order=seen.order + 1, wanted=Wanted.RUNNING.value, reboot=None)
    return seen._replace(
        vm_state=VmState.STOPPED.value,
        power_state=int(PowerState.SHUTDOWN),
        order=seen.order + 1,
        wanted=Wanted.STOPPED.value,
        reboot=None,
    )


_RAN = (VmState.ACTIVE, VmState.PAUSED)
"""What a boot ends; a suspended guest lies in a file."""
