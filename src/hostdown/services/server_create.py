"""Making servers (contract 3.7).

Placement, the instance, its permit and its first action are one transaction on the cell: either a
host has been chosen that will find them when it asks, or the server is in error and says why. Which
cell an instance is in is told to the directory first, so that no server is there that nobody finds.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from hostdown.domain.assignment import Disk, ImageSource, PowerState, Wanted
from hostdown.domain.create_errors import RequestedHostNotFound, ZoneUnavailable
from hostdown.domain.destinations import Candidate, Group, Need, Ratios
from hostdown.domain.instance import (
    RUN,
    Extras,
    Fault,
    Instance,
    Permit,
    PermitState,
    TaskState,
    VmState,
)
from hostdown.domain.liveness import LivenessPolicy, window
from hostdown.domain.model import COMPUTE, Caller, Flavor
from hostdown.domain.zones import Zones
from hostdown.services import instance_journal
from hostdown.services.availability import availability
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.instance_changes import ERROR, begin_action
from hostdown.services.instance_mapping_ports import Asked, InstanceMapping
from hostdown.services.placement import Hosts, choose
from hostdown.services.zone_map import ZoneMap

CREATE_EVENT = "compute__do_build_and_run_instance"
"""Nova's name for the step in which a host makes the guest."""

NO_VALID_HOST = "No valid host was found. {reason}"

HOSTNAME_LENGTH_MAX = 63
"""Characters of the name that a guest is given."""
MAC_PREFIX = "52:54:00"
"""What QEMU's network cards have."""


class Wish(NamedTuple):
    """What somebody wants to have made; the same for each of several servers."""

    name: str
    flavor: Flavor
    image: ImageSource | None
    image_properties: Mapping[str, str] = {}
    root_gb: int = 0
    description: str | None = None
    hostname: str | None = None
    metadata: Mapping[str, str] = {}
    hints: Mapping[str, object] = {}
    network: str = "auto"
    zone: str | None = None
    hosts: Sequence[str] | None = None
    """The only hosts that will do."""
    node: str | None = None
    forced: bool = False
    group_uuid: str | None = None
    group: Group | None = None
    extras: Extras = Extras()


class Making(NamedTuple):
    """What servers are made with."""

    cell: Cell
    directory: Directory
    zones: ZoneMap
    liveness: LivenessPolicy
    ratios: Ratios


def create(making: Making, caller: Caller, wish: Wish, count: int, now: datetime) -> list[Instance]:
    """Make `count` servers, or that many in error; they are durable, and their hosts know.

    Raises RequestedHostNotFound, ZoneUnavailable.
    """
    hosts = _hosts(making, now)
    for host in wish.hosts or ():
        if host not in hosts.records:
            raise RequestedHostNotFound(host=host)
    _check_zone(making.cell, hosts.zones, wish.zone)
    wanted = wanted_instances(wish, caller, count, now)

    def map_them(rows: DirectoryRows) -> None:
        for each in wanted:
            if rows.instance_mappings.get(each.uuid) is not None:
                return  # the same transaction again: the answer to its COMMIT was lost
            asked = Asked(each.user_id, each.zone, _image_id(each), each.flavor, each.group)
            mapping = InstanceMapping(
                each.uuid, making.cell.name, each.project_id, now, asked=asked
            )
            rows.instance_mappings.add(mapping)

    making.directory.write(map_them)
    return place(making.cell, hosts, wish, wanted, caller, now)


def _image_id(wanted: Instance) -> str:
    return "" if wanted.image is None else wanted.image.id


def _hosts(making: Making, now: datetime) -> Hosts:
    records = making.directory.read(lambda rows: rows.hosts.all())
    return Hosts(
        {record.name: record for record in records},
        making.zones.current(),
        window(now, making.liveness),
        making.ratios,
    )


def _check_zone(cell: Cell, zones: Zones, wanted: str | None) -> None:
    """Raises ZoneUnavailable: there is no enabled host in it, up or down."""
    if wanted is None:
        return
    services = cell.read(lambda rows: rows.services.find(None, COMPUTE))
    if wanted not in availability(services, zones).available:
        raise ZoneUnavailable


def wanted_instances(wish: Wish, caller: Caller, count: int, now: datetime) -> list[Instance]:
    """The servers as they are before a host was found; their uuids are theirs for good."""
    reservation = f"r-{secrets.token_hex(4)}"
    made = []
    for number in range(1, count + 1):
        name = wish.name if count == 1 else f"{wish.name}-{number}"
        made.append(_wanted(wish, caller, name, reservation, number - 1, now))
    return made


def _wanted(
    wish: Wish, caller: Caller, name: str, reservation: str, index: int, now: datetime
) -> Instance:
    uuid = str(uuid4())
    return Instance(
        id=0,
        uuid=uuid,
        project_id=caller.project_id or "",
        user_id=caller.user_id,
        name=name,
        hostname=wish.hostname or _hostname(name, uuid),
        description=wish.description,
        host=None,
        node=None,
        zone=wish.zone,
        pinned_zone=wish.zone,
        vm_state=VmState.BUILDING.value,
        task_state=TaskState.SCHEDULING.value,
        power_state=int(PowerState.NOSTATE),
        wanted=Wanted.RUNNING.value,
        order=1,
        reboot=None,
        flavor=wish.flavor,
        image=wish.image,
        image_properties=wish.image_properties,
        network=wish.network,
        mac=":".join((MAC_PREFIX, *(f"{byte:02x}" for byte in secrets.token_bytes(3)))),
        metadata=wish.metadata,
        hints=wish.hints,
        group=wish.group_uuid,
        locked_by=None,
        locked_reason=None,
        fault=None,
        before=None,
        extras=wish.extras._replace(reservation_id=reservation, launch_index=index),
        created_at=now,
        updated_at=now,
        launched_at=None,
        terminated_at=None,
        deleted_at=None,
        deleted=False,
        revision=1,
    )


def _hostname(name: str, uuid: str) -> str:
    """The name as a host can have it, as Nova makes it; a name without any such letter is none."""
    plain = re.sub("[^a-z0-9-]", "", re.sub("[ _.]", "-", name.lower()))
    return plain.strip("-")[:HOSTNAME_LENGTH_MAX].strip("-") or f"Server-{uuid}"


def place(
    cell: Cell, hosts: Hosts, wish: Wish, wanted: Sequence[Instance], caller: Caller, now: datetime
) -> list[Instance]:
    """Find hosts for all of them, or for none; a server without one is in error and says why."""

    flavor = wish.flavor
    sizes = (flavor.vcpus, flavor.memory_mb, flavor.root_gb)
    need = Need(*sizes, wish.zone, wish.hosts, wish.node, wish.group, wish.forced)

    def work(rows: CellRows) -> list[Instance]:
        number = rows.ledger.next()  # whoever places meanwhile waits, and sees what we promised
        made = [rows.instances.get(each.uuid, deleted=True) for each in wanted]
        if there := [each for each in made if each is not None]:
            return there  # the same transaction again: the answer to its COMMIT was lost (P4)
        chosen, reason = choose(rows, hosts, need, wish.group_uuid, len(wanted))
        if chosen is None:
            return [_unplaced(rows, each, reason, caller, now) for each in wanted]
        rows.ledger.changed([hosts.records[host.host].id for host in chosen], number)
        return [
            _placed(rows, hosts, each, host, caller, now)
            for each, host in zip(wanted, chosen, strict=True)
        ]

    return cell.write(work)


def _placed(
    rows: CellRows,
    hosts: Hosts,
    wanted: Instance,
    host: Candidate,
    caller: Caller,
    now: datetime,
) -> Instance:
    spawning = TaskState.SPAWNING.value
    made = rows.instances.add(wanted._replace(host=host.host, node=host.node, task_state=spawning))
    record = hosts.records[host.host]
    rows.permits.add(
        Permit(
            id=0,
            instance=made.uuid,
            generation=1,
            host_id=record.id,
            host=host.host,
            boot=host.boot,
            kind=RUN,
            over=(),
            disk=Disk.CREATE.value,
            data_gen=0,
            state=PermitState.GRANTED.value,
            ended=None,
            created_at=now,
        )
    )
    begin_action(rows, made, "create", CREATE_EVENT, caller, now)
    instance_journal.created(rows, wanted, made, caller, now)
    return made


def _unplaced(
    rows: CellRows, wanted: Instance, reason: str, caller: Caller, now: datetime
) -> Instance:
    message = NO_VALID_HOST.format(reason=reason)
    made = rows.instances.add(
        wanted._replace(
            vm_state=VmState.ERROR.value,
            task_state=None,
            fault=Fault(500, message, reason, now),
        )
    )
    begin_action(rows, made, "create", "conductor_schedule_and_build_instances", caller, now)
    rows.actions.finish(made.uuid, made.order, ERROR, message, now)
    instance_journal.created(rows, wanted, made, caller, now)
    return made
