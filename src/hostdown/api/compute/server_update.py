"""PUT /servers/{id}: names, addresses, a pin to a zone (contract 3.8)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hostdown.api.compute import ids, server_lookup
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param, nested
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.server_create_body import (
    ADDRESS_V4,
    ADDRESS_V6,
    DESCRIPTION,
    DISK_CONFIG,
    HOSTNAME_SHORT,
    addresses,
)
from hostdown.api.compute.server_fields import FLAVOR_INSIDE_SINCE
from hostdown.api.compute.server_records import (
    BASIC_TABLE,
    FULL_UPDATE_SINCE,
    SEEN_RULES,
    SHOW_TABLE,
    SPECS_RULE,
    Host,
    Sight,
    basic,
    full,
    sight_of,
)
from hostdown.api.compute.server_values import zone_of
from hostdown.api.compute.types import HOST, NAME, TEXT
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.instance import Instance
from hostdown.services import server_edits

_FQDN_SINCE = Version(2, 94)

SERVER = (
    Param("name", NAME),
    Param("OS-DCF:diskConfig", DISK_CONFIG),
    Param("accessIPv4", ADDRESS_V4),
    Param("accessIPv6", ADDRESS_V6),
    Param("description", DESCRIPTION, since=Version(2, 19)),
    Param("hostname", HOSTNAME_SHORT, since=Version(2, 90), until=Version(2, 93)),
    Param("hostname", HOST, since=_FQDN_SINCE),
    Param("pinned_availability_zone", {**TEXT, "type": ["string", "null"]}, since=Version(2, 104)),
)
BODY = nested("server", SERVER, required=True)

_OF_INSTANCE = {"name": "name", "description": "description", "hostname": "hostname"}
_OF_EXTRAS = {"OS-DCF:diskConfig": "disk_config"}
"""What the body calls it, and what we do."""


def update(call: Call) -> object:
    """PUT /servers/{id}; no lock and no state of the server forbids it."""
    found = server_lookup.found(call)
    target = server_lookup.target_of(found.instance)
    call.authorize(target)
    wanted: Mapping[str, Any] = call.body["server"]
    after = server_edits.edit(
        found.cell,
        found.instance.uuid,
        lambda seen: _edited(call, seen, wanted),
        call.caller,
        call.parts.clock.now(),
    )
    if call.version < FULL_UPDATE_SINCE:
        specs = call.version >= FLAVOR_INSIDE_SINCE and call.may(SPECS_RULE, target)
        return {"server": basic(call, Sight(Host.NOTHING, False, specs), after)}
    services = server_lookup.service_of(found.cell, after)
    (record,) = full(call, sight_of(call, target), [after], services)
    return {"server": record}


def _edited(call: Call, seen: Instance, wanted: Mapping[str, Any]) -> Instance:
    own = {_OF_INSTANCE[name]: wanted[name] for name in wanted if name in _OF_INSTANCE}
    extras = {_OF_EXTRAS[name]: wanted[name] for name in wanted if name in _OF_EXTRAS}
    after = seen._replace(extras=seen.extras._replace(**extras, **addresses(wanted)), **own)
    if "pinned_availability_zone" in wanted:
        current = zone_of(seen, call.parts.zones.current())
        after = server_edits.pinned(after, wanted["pinned_availability_zone"], current)
    return after


_BASIC_UNTIL = Version(2, 74)
ANSWER = tuple(
    field
    for field in (
        *(replace(each, until=min(each.until, _BASIC_UNTIL)) for each in BASIC_TABLE),
        *(replace(each, since=max(each.since, FULL_UPDATE_SINCE)) for each in SHOW_TABLE),
    )
    if field.since <= field.until
)
"""What the answer has: less before FULL_UPDATE_SINCE."""

ROUTES = (
    Route(
        "PUT",
        "/servers/{id}",
        update,
        "os_compute_api:servers:update",
        body=BODY,
        more_rules=(IS_ADMIN, *SEEN_RULES),
        answer=Answer("server", ANSWER, always=("id", "links", "status")),
        names=ids.BY_UUID,
        faults=(404, 409),
        note=f"Before {FULL_UPDATE_SINCE} the answer has fewer keys than a GET.",
    ),
)
