"""Making servers (contract 3.7).

Placement, the instance, its permit and its first action are one transaction on the cell: either a
host has been chosen that will find them when it asks, or the server is in error and says why. Which
cell an instance is in is told to the directory first, so that no server is there that nobody finds.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from hostdown.domain.aggregate_specs import asked_for
from hostdown.domain.assignment import Disk
from hostdown.domain.create_errors import GroupUnknown, RequestedHostNotFound, ZoneUnavailable
from hostdown.domain.destinations import Candidate, Group, Need
from hostdown.domain.instance import (
    RUN,
    Instance,
    Permit,
    PermitState,
    TaskState,
    VmState,
    no_valid_host,
)
from hostdown.domain.mac import mac_address
from hostdown.domain.model import COMPUTE, Caller
from hostdown.domain.quota_errors import ServersOverQuota
from hostdown.domain.quotas import Quotas, exceeds, servers_allowed, total
from hostdown.domain.server_errors import MetadataTooMany, ServerGroupNotFound
from hostdown.domain.zones import Zones
from hostdown.services import instance_journal, server_groups, server_lookup
from hostdown.services.availability import availability
from hostdown.services.cell_ports import Cell, CellRows
from hostdown.services.directory_ports import Directory, DirectoryRows
from hostdown.services.instance_changes import ERROR, begin_action
from hostdown.services.instance_mapping_ports import Asked, InstanceMapping
from hostdown.services.placement import Hosts, choose
from hostdown.services.ports import Cells
from hostdown.services.project_use import allowance, use_in, use_of
from hostdown.services.server_wish import Wish, wanted_instances
from hostdown.services.surveys import Surveyor

CREATE_EVENT = "compute__do_build_and_run_instance"
"""Nova's name for the step in which a host makes the guest."""


class Making(NamedTuple):
    """What servers are made with."""

    cells: Cells
    directory: Directory
    surveyor: Surveyor
    quotas: Quotas

    @property
    def cell(self) -> Cell:
        """The one that new servers are put into."""
        return self.cells.all()[0]


class Count(NamedTuple):
    """How many servers to make: as many as the quota allows, and all of those or none."""

    least: int
    most: int


def create(
    making: Making, caller: Caller, wish: Wish, count: Count, now: datetime
) -> list[Instance]:
    """Make servers, or as many in error; they are durable, and their hosts know.

    Raises RequestedHostNotFound, ZoneUnavailable, MetadataTooMany, ServersOverQuota, GroupUnknown,
    TooManyServersInGroup.
    """
    hosts = making.surveyor.hosts(now)
    if not wish.forced:
        _check_named(making.cells, hosts, wish)
    if wish.forced and wish.hosts:
        wish = wish._replace(zone=_zone_there_is(making.directory, wish.zone))
    else:
        _check_zone(making.cell, hosts.zones, wish.zone)
    if exceeds(len(wish.metadata), making.quotas.metadata_items):
        raise MetadataTooMany(limit=making.quotas.metadata_items)
    allowed = _allowed(making, caller, wish, count)
    wanted = wanted_instances(wish, caller, allowed, now)
    register = partial(_register, making=making, caller=caller, wish=wish, wanted=wanted, now=now)
    group = making.directory.write(register)
    try:
        made = place(making, hosts, Placing(wish, group, wanted, count.least), caller, now)
    except ServersOverQuota:
        _forget(making.directory, wanted)
        raise
    _forget(making.directory, wanted[len(made) :])
    return made


def _forget(directory: Directory, wanted: Sequence[Instance]) -> None:
    """Servers that the quota had room for until somebody else used it up."""
    for each in wanted:
        server_lookup.forget(directory, each.uuid)


def _allowed(making: Making, caller: Caller, wish: Wish, count: Count) -> int:
    """How many the project's quota has room for; raises ServersOverQuota."""
    if not making.quotas.limits_servers:
        return count.most
    used = use_of(making.cells.all(), caller.project_id)
    return servers_allowed(making.quotas, used, wish.flavor, *count)


def _register(
    rows: DirectoryRows,
    making: Making,
    caller: Caller,
    wish: Wish,
    wanted: Sequence[Instance],
    now: datetime,
) -> Group | None:
    """Say in which cell they are, and put them into their group, which is told as it is.

    May be repeated: the answer to its COMMIT may be lost. Raises GroupUnknown,
    TooManyServersInGroup.
    """
    group = None
    for each in wanted:
        if rows.instance_mappings.get(each.uuid) is None:
            asked = Asked(each.user_id, each.zone, _image_id(each), each.flavor, each.group)
            rows.instance_mappings.add(
                InstanceMapping(each.uuid, making.cell.name, each.project_id, now, asked=asked)
            )
        if each.group is not None:
            group = _joined(rows, caller, each.group, each.uuid, making, now)
    return group


def _joined(
    rows: DirectoryRows, caller: Caller, group: str, uuid: str, making: Making, now: datetime
) -> Group:
    members_max = making.quotas.server_group_members
    try:
        joined = server_groups.join(rows, caller, group, uuid, members_max, now)
    except ServerGroupNotFound as error:
        raise GroupUnknown(group_id=group) from error
    return Group(joined.policy.value, {}, joined.max_server_per_host or 1)


def _image_id(wanted: Instance) -> str:
    return "" if wanted.image is None else wanted.image.id


def _check_named(cells: Cells, hosts: Hosts, wish: Wish) -> None:
    """Raises RequestedHostNotFound; a host and a node that are not each other's are none, too.

    Whoever forces one (`zone:host:node`) is told by the server's fault instead, as with Nova.
    """
    for host in wish.hosts or ():
        if host not in hosts.records:
            raise RequestedHostNotFound(host=host)
    node = wish.node
    if node is None:
        return
    for cell in cells.all():
        for each in cell.read(lambda rows: rows.nodes.matching(node)):
            named = wish.hosts is None or each.node.host in wish.hosts
            if named and each.node.resources.hypervisor_hostname == node:
                return
    raise RequestedHostNotFound(host=node if wish.hosts is None else wish.hosts[0])


def _check_zone(cell: Cell, zones: Zones, wanted: str | None) -> None:
    """Raises ZoneUnavailable: there is no enabled host in it, up or down."""
    if wanted is None:
        return
    services = cell.read(lambda rows: rows.services.find(None, COMPUTE))
    if wanted not in availability(services, zones).available:
        raise ZoneUnavailable


def _zone_there_is(directory: Directory, wanted: str | None) -> str | None:
    """Beside a forced host, a zone counts only where an aggregate makes it, as with Nova.

    `nova:host` is how many have always written it, whatever zone the host is in.
    """
    if wanted is None:
        return None
    made = directory.read(lambda rows: {each.zone for each in rows.aggregates.all()})
    return wanted if wanted in made else None


class Placing(NamedTuple):
    """Servers that want hosts; at least `least` of them, if the quota has no room for all."""

    wish: Wish
    group: Group | None
    wanted: Sequence[Instance]
    least: int


def place(
    making: Making, hosts: Hosts, placing: Placing, caller: Caller, now: datetime
) -> list[Instance]:
    """Find hosts for all of them, or for none; a server without one is in error and says why.

    Raises ServersOverQuota.
    """
    wish, quotas = placing.wish, making.quotas
    flavor = wish.flavor
    sizes = (flavor.vcpus, flavor.memory_mb, flavor.root_gb)
    need = Need(
        *sizes,
        wish.zone,
        wish.hosts,
        wish.node,
        placing.group,
        wish.forced,
        specs=asked_for(flavor.extra_specs),
    )
    elsewhere = allowance(quotas, making.cells.all(), making.cell, caller.project_id).elsewhere

    def work(rows: CellRows) -> list[Instance]:
        number = rows.ledger.next()  # whoever places meanwhile waits, and sees what we promised
        made = [rows.instances.get(each.uuid, deleted=True) for each in placing.wanted]
        if there := [each for each in made if each is not None]:
            return there  # the same transaction again: the answer to its COMMIT was lost (P4)
        wanted = placing.wanted
        if quotas.limits_servers:
            used = total([elsewhere, use_in(rows, caller.project_id)])
            wanted = wanted[: servers_allowed(quotas, used, flavor, placing.least, len(wanted))]
        database_id, _ = rows.ledger.now()
        wanted = [
            each._replace(mac=mac_address(database_id, number, index))
            for index, each in enumerate(wanted)
        ]
        chosen, reason = choose(rows, hosts, need, wish.group_uuid, len(wanted))
        if chosen is None:
            return [_unplaced(rows, each, reason, caller, now) for each in wanted]
        rows.ledger.changed([hosts.records[host.host].id for host in chosen], number)
        return [
            _placed(rows, hosts, each, host, caller, now)
            for each, host in zip(wanted, chosen, strict=True)
        ]

    return making.cell.write(work)


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
    fault = no_valid_host(reason, now)
    made = rows.instances.add(
        wanted._replace(
            vm_state=VmState.ERROR.value,
            task_state=None,
            fault=fault,
        )
    )
    begin_action(rows, made, "create", "conductor_schedule_and_build_instances", caller, now)
    rows.actions.finish(made.uuid, made.order, ERROR, fault.message, now)
    instance_journal.created(rows, wanted, made, caller, now)
    return made
