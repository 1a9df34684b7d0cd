"""Servers as answers show them, by version and by what the caller may see (contract 3.2, 3.3, §9).

The tables are `server_fields`'. A key that some servers lack, such as `fault`, is made for all and
taken away again: that keeps the order of keys, and costs less than to ask for each.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import NamedTuple

from hostdown.api.compute import server_fields as fields
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Record, View, view
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.server_values import Shown, links_at
from hostdown.api.rights import OWN
from hostdown.domain.instance import Instance
from hostdown.domain.liveness import window
from hostdown.domain.model import Service
from hostdown.domain.server_status import WITH_FAULT, WITH_PROGRESS, HostStatus, host_status
from hostdown.domain.zones import ZonePolicy, Zones
from hostdown.services import server_groups

HOST_STATUS_RULE = "os_compute_api:servers:show:host_status"
UNKNOWN_ONLY_RULE = "os_compute_api:servers:show:host_status:unknown-only"
ATTRIBUTES_RULE = "os_compute_api:os-extended-server-attributes"
SPECS_RULE = "os_compute_api:servers:show:flavor-extra-specs"
SEEN_RULES = (HOST_STATUS_RULE, UNKNOWN_ONLY_RULE, ATTRIBUTES_RULE, SPECS_RULE)
"""Asked of whoever reads full records."""

FULL_UPDATE_SINCE = Version(2, 75)
"""From here on PUT answers with what GET shows; before, with less."""


class Host(Enum):
    """How much of `host_status` somebody may see."""

    NOTHING = "nothing"
    UNKNOWN_ONLY = "unknown only"
    ALL = "all"


class Sight(NamedTuple):
    """What a caller may see of servers; decided once for an answer."""

    host: Host
    attributes: bool
    specs: bool


def sight_of(call: Call, target: Mapping[str, object] = OWN) -> Sight:
    """What the caller may see of servers of the target's project (contract 3.4)."""
    host = Host.NOTHING
    if call.version >= fields.HOST_STATUS_SINCE:
        if call.may(UNKNOWN_ONLY_RULE, target):
            host = Host.UNKNOWN_ONLY
        if call.may(HOST_STATUS_RULE, target):
            host = Host.ALL
    return Sight(
        host,
        call.may(ATTRIBUTES_RULE, target),
        call.version >= fields.FLAVOR_INSIDE_SINCE and call.may(SPECS_RULE, target),
    )


class Form(NamedTuple):
    """Which keys a record has."""

    listed: bool
    attributes: bool
    host: bool


def table(form: Form) -> tuple[Field[Instance, Shown], ...]:
    """The keys of a full record, in order."""
    host = fields.HOST if form.host else ()
    return (
        *fields.BASE,
        *fields.WHERE_AND_WHEN,
        *(fields.ATTRIBUTES if form.attributes else fields.ATTRIBUTES_FOR_ALL),
        *fields.STATES,
        *fields.LOCKED,
        *(() if form.listed else host),
        *fields.DESCRIBED,
        *(() if form.listed else fields.GROUPS),
        *fields.REASON,
        *fields.PINNED,
        *fields.HINTS,
        *(host if form.listed else ()),
    )


SHOW_TABLE = table(Form(listed=False, attributes=True, host=True))
LIST_TABLE = table(Form(listed=True, attributes=True, host=True))
BASIC_TABLE = (
    *fields.BASE,
    *fields.LOCKED,
    *fields.DESCRIBED,
    *fields.GROUPS,
    *fields.REASON,
)
"""What PUT answered with before FULL_UPDATE_SINCE."""

BRIEF_TABLE: tuple[Field[Instance, Shown], ...] = tuple(
    Field(each.name, each.value, each.given, schema=each.schema)
    for name in ("id", "name", "links")
    for each in fields.BASE
    if each.name == name
)

_View = View[Instance, Shown]


@cache
def _full_view(form: Form, version: Version) -> _View:
    return view(table(form), version)


@cache
def _basic_view(version: Version) -> _View:
    return view(BASIC_TABLE, version)


_NO_ZONES = Zones(ZonePolicy(), {})
"""For records that show no zone."""

_BRIEF_VIEW: _View = view(BRIEF_TABLE, fields.HOST_STATUS_SINCE)


def full(
    call: Call,
    sight: Sight,
    instances: list[Instance],
    services: Mapping[str, Service],
    listed: bool = False,
) -> list[Record]:
    """Full records, as GET shows one server or a list; `services` are those of the hosts."""
    form = Form(listed, sight.attributes, sight.host is not Host.NOTHING)
    shown = _shown(call, sight.specs, instances, services)
    if not listed:
        shown = shown._replace(groups=_groups(call, instances))
    records = _full_view(form, call.version)(instances, shown)
    _take_away(records)
    if sight.host is Host.UNKNOWN_ONLY:
        for record in records:
            if record["host_status"] != HostStatus.UNKNOWN:
                del record["host_status"]
    return records


def basic(call: Call, sight: Sight, instance: Instance) -> Record:
    """The record with which PUT answered before FULL_UPDATE_SINCE."""
    shown = _shown(call, sight.specs, [instance], {})
    shown = shown._replace(groups=_groups(call, [instance]))
    records = _basic_view(call.version)([instance], shown)
    _take_away(records)
    return records[0]


def brief(call: Call, instances: list[Instance]) -> list[Record]:
    """Id, name and links."""
    shown = Shown(links_at(call.address), _NO_ZONES, call.parts.clock.now(), {}, False, False)
    return _BRIEF_VIEW(instances, shown)


def _shown(
    call: Call, specs: bool, instances: list[Instance], services: Mapping[str, Service]
) -> Shown:
    parts = call.parts
    now = parts.clock.now()
    return Shown(
        links_at(call.address),
        parts.zones.current(),
        now,
        _host_statuses(call, services, now),
        specs,
        any(each.fault is not None for each in instances) and call.by_admin,
    )


def _groups(call: Call, instances: list[Instance]) -> frozenset[str]:
    """Those of their groups that nobody has deleted."""
    named = {each.group for each in instances if each.group is not None}
    if not named or call.version < fields.GROUPS_SINCE:
        return frozenset()
    return server_groups.there(call.parts.directory, named)


def _host_statuses(
    call: Call, services: Mapping[str, Service], now: datetime
) -> dict[str, HostStatus]:
    life = window(now, call.parts.liveness)
    precedence = call.parts.settings.host_status_precedence
    return {host: host_status(host, each, life, precedence) for host, each in services.items()}


def _take_away(records: Iterable[Record]) -> None:
    for record in records:
        status = record["status"]
        if record["fault"] is None or status not in WITH_FAULT:
            del record["fault"]
        if status not in WITH_PROGRESS:
            del record["progress"]
