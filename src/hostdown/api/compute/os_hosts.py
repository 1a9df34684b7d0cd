"""os-hosts, until 2.42: which hosts there are, what they have, and what is said of them (6.1).

A change is what the blueprint "Report host fault to update server state immediately" asks for.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, views
from hostdown.api.compute.microversion import MAXIMUM, Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import BOOLEAN, QUERY_TEXT, Schema, truth
from hostdown.api.described import record
from hostdown.domain.hypervisor_errors import NotSupported
from hostdown.domain.model import Flavor, ManagedNode, Service
from hostdown.domain.zones import Zones, zone
from hostdown.services import compute_services, host_fault, hosting, hypervisors
from hostdown.services.host_fault import HostWanted, Switch

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


# --------------------------------------------------------------------------------------- changes


def _at_least_one(properties: Mapping[str, Schema]) -> Schema:
    """That one is there is looked at before unknown ones are refused (contract 6.1)."""
    return {
        "type": "object",
        "properties": dict(properties),
        "anyOf": [{"required": [name]} for name in properties],
        "additionalProperties": False,
    }


_SWITCH: Schema = {
    "type": "string",
    "enum": ["enable", "disable", "Enable", "Disable", "ENABLE", "DISABLE"],
}
_CHANGES = {"status": _SWITCH, "maintenance_mode": _SWITCH, "host_down_reported": BOOLEAN}
UPDATE_BODY: Schema = {
    **_at_least_one({**_CHANGES, "host": _at_least_one(_CHANGES)}),
    "dependentSchemas": {"host": {"properties": {"host": {}}, "additionalProperties": False}},
}
"""What to change, bare as in Nova or below `host` as in the blueprint, but not both."""

_STATUS = {Switch.ENABLE: "enabled", Switch.DISABLE: "disabled"}
_BARE = {
    "status": _STATUS,
    "maintenance_mode": {Switch.ENABLE: "on_maintenance", Switch.DISABLE: "off_maintenance"},
}
_WRAPPED = dict.fromkeys(_BARE, _STATUS)
"""The words of an answer: in Nova's form, and in the blueprint's."""


def update(call: Call) -> object:
    """PUT /os-hosts/{host}: status, maintenance, and that the host is down.

    The answer has the form of the question, and what was asked for.
    """
    call.authorize()
    host, parts = call.names["id"], call.parts
    wrapped: Mapping[str, Any] | None = call.body.get("host")
    asked = call.body if wrapped is None else wrapped
    switches = {name: Switch(asked[name].lower()) for name in _BARE if name in asked}
    down = asked.get("host_down_reported")
    wanted = HostWanted(
        switches.get("status"),
        switches.get("maintenance_mode"),
        None if down is None else truth(down),
    )
    host_fault.set_host_down(
        parts.cells, parts.directory, call.caller, host, wanted, parts.clock.now()
    )
    words = _BARE if wrapped is None else _WRAPPED
    done: dict[str, object] = {"host": host}
    done |= {name: words[name][value] for name, value in switches.items()}
    if down is not None:
        done["host_down_reported"] = wanted.down if isinstance(down, bool) else _word(wanted.down)
    return done if wrapped is None else {"host": done}


def _word(flag: bool | None) -> str:
    return "true" if flag else "false"


def _answered(words: Mapping[str, Mapping[Switch, str]]) -> Schema:
    flag = {"enum": [True, False, "true", "false"]}
    names = {name: {"enum": list(said.values())} for name, said in words.items()}
    return record({"host": types.STRING, **names, "host_down_reported": flag}, ("host",))


UPDATE_NOTE = """\
`host_down_reported` forces the host down and says of its servers what they are without it: those
that are active, paused, suspended or rescued become `stopped` with power state `SHUTDOWN`, those
being built `error` with a fault; stopped, shelved, soft-deleted, deleted, resized and error ones
stay as they are. The service stays enabled, and each server of the host has the action
`hostDownReported`. False takes it back: the host's next report says what its servers are.

`status` enables or disables the host's service. `maintenance_mode` `enable` disables it with the
reason `maintenance`, and its servers are not recovered meanwhile; `disable` undoes exactly that.
Several changes at once are one, in the order status, maintenance, down: `status` `enable` beside
`maintenance_mode` `enable` leaves the service disabled, while by itself it ends maintenance, too.

The answer has the keys that were asked for, in the form of the question: bare as in Nova, or below
`host` with the words of the blueprint; `host_down_reported` is text if it was text."""
UPDATE_ANSWER: Schema = {"oneOf": [_answered(_BARE), record({"host": _answered(_WRAPPED)})]}

# ---------------------------------------------------------------------------------------- routes

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
    Route(
        "PUT",
        _ONE,
        update,
        f"{_RULES}:update",
        until=UNTIL,
        whole_body=UPDATE_BODY,
        whole_answer=UPDATE_ANSWER,
        note=UPDATE_NOTE,
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
