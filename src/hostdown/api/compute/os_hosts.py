"""os-hosts, until 2.42: which hosts there are and what they have (contract 6.1)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, views
from hostdown.api.compute.microversion import MAXIMUM, Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_TEXT
from hostdown.domain.hypervisor_errors import NotSupported
from hostdown.domain.model import Flavor, ManagedNode, Service
from hostdown.domain.zones import Zones, zone
from hostdown.services import compute_services, hosting, hypervisors

UNTIL = Version(2, 42)


class Shown(NamedTuple):
    """What a record needs to know beside the service."""

    zones: Zones


FIELDS: tuple[Field[Service, Shown], ...] = (
    Field("host_name", "host", schema=types.STRING),
    Field("service", "topic", schema=types.STRING),
    Field("zone", zone, given="zones", schema=types.STRING),
)
_VIEWS = views(FIELDS)

LIST_QUERY = Query((Param("zone", QUERY_TEXT),), closed_since=MAXIMUM)


def index(call: Call) -> object:
    """GET /os-hosts: the services that are enabled."""
    call.authorize()
    wanted = call.last("zone")
    found = compute_services.list_services(call.parts.cells, call.parts.directory).services
    enabled = [service for service in found if not service.disabled]
    records = _VIEWS[call.version](enabled, Shown(call.parts.zones.current()))
    return {"hosts": [each for each in records if wanted in (None, each["zone"])]}


class Share(NamedTuple):
    """Some of what a host has; `project` says whose, or in brackets what."""

    host: str
    project: str
    cpu: int
    memory_mb: int
    disk_gb: int


_SHARE_SCHEMA = {
    "type": "object",
    "properties": {
        "host": types.STRING,
        "project": types.STRING,
        "cpu": types.INTEGER,
        "memory_mb": types.INTEGER,
        "disk_gb": types.INTEGER,
    },
    "required": list(Share._fields),
    "additionalProperties": False,
}
RESOURCES: tuple[Field[Share, None], ...] = (
    Field("resource", Share._asdict, schema=_SHARE_SCHEMA),
)
_RESOURCES = views(RESOURCES)


def show(call: Call) -> object:
    """GET /os-hosts/{host}."""
    call.authorize()
    parts = call.parts
    found = hypervisors.node_on_host(parts.cells, parts.directory, call.names["id"])
    shares = _shares(found) + _used(hosting.flavors_on(parts.cells, found.node.host), found)
    return {"host": _RESOURCES[call.version](shares, None)}


def _used(by_project: Mapping[str, Iterable[Flavor]], found: ManagedNode) -> list[Share]:
    """What the flavors of its servers add up to: all of them, then a row for each project."""
    host = found.node.host
    shares = [
        Share(
            host,
            project,
            sum(each.vcpus for each in flavors),
            sum(each.memory_mb for each in flavors),
            sum(each.root_gb + each.ephemeral_gb for each in flavors),
        )
        for project, flavors in sorted(by_project.items())
    ]
    most = Share(
        host,
        "(used_max)",
        sum(each.cpu for each in shares),
        sum(each.memory_mb for each in shares),
        sum(each.disk_gb for each in shares),
    )
    return [most, *shares]


def _shares(found: ManagedNode) -> list[Share]:
    has = found.node.resources
    host = found.node.host
    return [
        Share(host, "(total)", has.vcpus, has.memory_mb, has.local_gb),
        Share(host, "(used_now)", has.vcpus_used, has.memory_mb_used, has.local_gb_used),
    ]


def power(call: Call) -> None:
    """GET /os-hosts/{host}/startup, /shutdown, /reboot: no hypervisor of ours can."""
    call.authorize()
    hypervisors.check_mapped(call.parts.directory, call.names["id"])
    raise NotSupported


_RULES = "os_compute_api:os-hosts"
_ONE = "/os-hosts/{id}"
_POWER = {"startup": "start", "shutdown": "shutdown", "reboot": "reboot"}
"""What the path says, and what the policy calls it."""

ROUTES = (
    Route(
        "GET",
        "/os-hosts",
        index,
        f"{_RULES}:list",
        until=UNTIL,
        query=LIST_QUERY,
        answer=Answer("hosts", FIELDS, many=True),
        note="Services that are disabled are left out.",
    ),
    Route(
        "GET",
        _ONE,
        show,
        f"{_RULES}:show",
        until=UNTIL,
        answer=Answer("host", RESOURCES, many=True),
        faults=(404,),
    ),
    *(
        Route(
            "GET",
            f"{_ONE}/{action}",
            power,
            f"{_RULES}:{rule}",
            until=UNTIL,
            faults=(404, 501),
            note="No host can do this: 501.",
        )
        for action, rule in _POWER.items()
    ),
)
