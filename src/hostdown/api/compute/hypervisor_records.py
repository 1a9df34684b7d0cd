"""Compute nodes as os-hypervisors shows them, by version (contract 6.2)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

import orjson

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Record, View, views
from hostdown.api.compute.microversion import Version
from hostdown.domain.hypervisor_errors import ComputeUnavailable, NotSupported
from hostdown.domain.liveness import Window, state_in, window
from hostdown.domain.model import ManagedNode
from hostdown.services import hosting
from hostdown.services.hypervisors import Totals, uptime_of
from hostdown.services.instance_ports import Used

BY_NUMBER_UNTIL = Version(2, 52)
BY_UUID_SINCE = Version(2, 53)
SERVERS_ALWAYS_SINCE = Version(2, 75)
"""Before, a hypervisor without servers has no such key."""
USAGE_UNTIL = Version(2, 87)
UPTIME_SINCE = Version(2, 88)


class Now(NamedTuple):
    """This moment, and which last reports count as life at it."""

    moment: datetime
    life: Window


class Shown(NamedTuple):
    """What a record needs to know beside the node."""

    life: Window
    now: Now
    used: Mapping[str, Used] = {}
    """By host, where a record tells what its servers add up to."""


def shown(call: Call) -> Shown:
    """What records need to know now."""
    now = call.parts.clock.now()
    life = window(now, call.parts.liveness)
    return Shown(life, Now(now, life))


def _status(found: ManagedNode) -> str:
    return "disabled" if found.service.disabled else "enabled"


def _state(found: ManagedNode, life: Window) -> str:
    return state_in(found.service, life)


def _service_by_number(found: ManagedNode) -> Record:
    service = found.service
    return {"id": service.id, "host": service.host, "disabled_reason": service.disabled_reason}


def _service_by_uuid(found: ManagedNode) -> Record:
    service = found.service
    return {"id": service.uuid, "host": service.host, "disabled_reason": service.disabled_reason}


def _free_memory_mb(found: ManagedNode) -> int:
    return found.node.resources.memory_mb - found.node.resources.memory_mb_used


def _free_disk_gb(found: ManagedNode) -> int:
    return found.node.resources.local_gb - found.node.resources.local_gb_used


def _servers_there(found: ManagedNode, used: Mapping[str, Used]) -> int:
    """As Nova: servers that are there for the API, whether they run or not."""
    there = used.get(found.node.host)
    return 0 if there is None else there.instances


def _workload(found: ManagedNode, used: Mapping[str, Used]) -> int:
    """How many of its servers are being changed."""
    there = used.get(found.node.host)
    return 0 if there is None else there.busy


def _uptime(found: ManagedNode, now: Now) -> str | None:
    try:
        return uptime_of(found, now.life, now.moment)
    except (ComputeUnavailable, NotSupported):
        return None


def _cpu_info(found: ManagedNode) -> orjson.Fragment:
    # Valid JSON since it was taken in: repeated as it is, a thousand times an answer.
    return orjson.Fragment(found.node.resources.cpu_info)


def _servers(found: ManagedNode) -> list[Record]:
    return [instance._asdict() for instance in found.instances]


def _service_schema(of_id: types.Schema) -> types.Schema:
    inside = {"id": of_id, "host": types.STRING, "disabled_reason": types.STRING_OR_NULL}
    return {
        "type": "object",
        "properties": inside,
        "required": list(inside),
        "additionalProperties": False,
    }


_SERVERS_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"name": types.STRING, "uuid": types.UUID},
        "required": ["name", "uuid"],
        "additionalProperties": False,
    },
}

_Row = Field[ManagedNode, Shown]

BRIEF: tuple[_Row, ...] = (
    Field("id", "node.id", until=BY_NUMBER_UNTIL, schema=types.INTEGER),
    Field("id", "node.uuid", since=BY_UUID_SINCE, schema=types.UUID),
    Field("hypervisor_hostname", "node.resources.hypervisor_hostname", schema=types.STRING),
    Field("state", _state, given="life", schema={"enum": ["up", "down"]}),
    Field("status", _status, schema={"enum": ["enabled", "disabled"]}),
)


def _used(name: str, value: str | Callable[[ManagedNode], object]) -> _Row:
    return Field(name, value, until=USAGE_UNTIL, schema=types.INTEGER)


USAGE: tuple[_Row, ...] = (
    _used("vcpus", "node.resources.vcpus"),
    _used("memory_mb", "node.resources.memory_mb"),
    _used("local_gb", "node.resources.local_gb"),
    _used("vcpus_used", "node.resources.vcpus_used"),
    _used("memory_mb_used", "node.resources.memory_mb_used"),
    _used("local_gb_used", "node.resources.local_gb_used"),
    _used("free_ram_mb", _free_memory_mb),
    _used("free_disk_gb", _free_disk_gb),
    Field("current_workload", _workload, "used", until=USAGE_UNTIL, schema=types.INTEGER),
    Field("running_vms", _servers_there, "used", until=USAGE_UNTIL, schema=types.INTEGER),
    # Less than what is free only where disks may outgrow the storage; nobody reports any.
    _used("disk_available_least", _free_disk_gb),
)

DETAIL: tuple[_Row, ...] = (
    *BRIEF,
    Field("hypervisor_type", "node.resources.hypervisor_type", schema=types.STRING),
    Field("hypervisor_version", "node.resources.hypervisor_version", schema=types.INTEGER),
    Field("host_ip", "node.resources.host_ip", schema=types.STRING),
    Field(
        "service",
        _service_by_number,
        until=BY_NUMBER_UNTIL,
        schema=_service_schema(types.INTEGER),
    ),
    Field("service", _service_by_uuid, since=BY_UUID_SINCE, schema=_service_schema(types.UUID)),
    *USAGE,
    Field("cpu_info", "node.resources.cpu_info", until=Version(2, 27), schema=types.STRING),
    Field(
        "cpu_info", _cpu_info, since=Version(2, 28), until=USAGE_UNTIL, schema={"type": "object"}
    ),
    Field("uptime", _uptime, given="now", since=UPTIME_SINCE, schema=types.STRING_OR_NULL),
)

UPTIME: tuple[_Row, ...] = (Field("uptime", _uptime, given="now", schema=types.STRING),)
"""Of a host that can say it."""

SERVERS: tuple[_Row, ...] = (Field("servers", _servers, schema=_SERVERS_SCHEMA),)

BRIEF_VIEWS = views(BRIEF)
DETAIL_VIEWS = views(DETAIL)

Views = Mapping[Version, View[ManagedNode, Shown]]


def records_of(
    call: Call, seen: Views, found: list[ManagedNode], with_servers: bool
) -> list[Record]:
    """What `seen` shows of nodes, with their servers if asked for."""
    if with_servers:
        found = hosting.with_servers(call.parts.cells, found)
    now = shown(call)
    if seen is DETAIL_VIEWS and call.version <= USAGE_UNTIL:
        now = now._replace(used=hosting.used_on(call.parts.cells))
    records = seen[call.version](found, now)
    if with_servers:
        for record, each in zip(records, found, strict=True):
            if each.instances or call.version >= SERVERS_ALWAYS_SINCE:
                record["servers"] = _servers(each)
    return records


# --------------------------------------------------------------------------------------- totals


def _total(name: str, value: str | Callable[[Totals], object]) -> Field[Totals, None]:
    return Field(name, value, schema=types.INTEGER)


def _total_free_disk_gb(sums: Totals) -> int:
    return sums.local_gb - sums.local_gb_used


TOTALS: tuple[Field[Totals, None], ...] = (
    _total("count", "nodes"),
    _total("current_workload", "current_workload"),
    _total("disk_available_least", _total_free_disk_gb),
    _total("free_disk_gb", _total_free_disk_gb),
    _total("free_ram_mb", lambda sums: sums.memory_mb - sums.memory_mb_used),
    _total("local_gb", "local_gb"),
    _total("local_gb_used", "local_gb_used"),
    _total("memory_mb", "memory_mb"),
    _total("memory_mb_used", "memory_mb_used"),
    _total("running_vms", "running_vms"),
    _total("vcpus", "vcpus"),
    _total("vcpus_used", "vcpus_used"),
)
TOTALS_VIEWS = views(TOTALS)
