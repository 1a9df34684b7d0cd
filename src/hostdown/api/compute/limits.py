"""limits: what a project may have and has (contract 6.8). Nothing is limited."""

from typing import cast

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, Record, views
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.quotas import UNLIMITED
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_TEXT
from hostdown.services.project_use import Use, use_of


def _unlimited(_: None) -> int:
    return UNLIMITED


def _unused(_: None) -> int:
    return 0


def _fields(names: str, until: Version = MAXIMUM) -> tuple[Field[None, None], ...]:
    return tuple(
        Field(
            name,
            _unlimited if name.startswith("max") else _unused,
            until=until,
            schema=types.INTEGER,
        )
        for name in names.split()
    )


FIELDS = (
    *_fields("maxServerMeta maxTotalInstances maxTotalRAMSize maxTotalCores maxTotalKeypairs"),
    *_fields("maxServerGroups maxServerGroupMembers"),
    *_fields("totalRAMUsed totalCoresUsed totalInstancesUsed totalServerGroupsUsed"),
    *_fields("maxTotalFloatingIps maxSecurityGroups maxSecurityGroupRules", until=Version(2, 35)),
    *_fields("totalFloatingIpsUsed totalSecurityGroupsUsed", until=Version(2, 35)),
    *_fields("maxImageMeta", until=Version(2, 38)),
    *_fields("maxPersonality maxPersonalitySize", until=Version(2, 56)),
)
_ABSOLUTE = views(FIELDS)

_STRETCHES = (
    (MINIMUM, Version(2, 35)),
    (Version(2, 36), Version(2, 38)),
    (Version(2, 39), Version(2, 56)),
    (Version(2, 57), MAXIMUM),
)
"""The versions between which the keys stay the same."""


def _absolute(since: Version, until: Version) -> Field[Version, None]:
    alive = {field.name: field.schema for field in FIELDS if field.until >= until}
    schema = {
        "type": "object",
        "properties": alive,
        "required": list(alive),
        "additionalProperties": False,
    }

    def values(version: Version) -> Record:
        return _ABSOLUTE[version]([None], None)[0]

    return Field("absolute", values, since=since, until=until, schema=schema)


LIMITS: tuple[Field[Version, None], ...] = (
    Field("rate", lambda _: [], schema={"type": "array", "maxItems": 0}),
    *(_absolute(since, until) for since, until in _STRETCHES),
)
_VIEWS = views(LIMITS)


def index(call: Call) -> object:
    """GET /limits."""
    call.authorize()
    if call.given("tenant_id") not in (None, call.caller.project_id):
        call.require(f"{_RULE}:other_project", {"project_id": call.given("tenant_id")})
    use = use_of(call.parts.cells, call.given("tenant_id") or call.caller.project_id)
    limits: Record = _VIEWS[call.version]([call.version], None)[0]
    absolute = cast("Record", limits["absolute"])
    return {"limits": limits | {"absolute": absolute | _used(use)}}


def _used(use: Use) -> Record:
    return {
        "totalRAMUsed": use.ram_mb,
        "totalCoresUsed": use.cores,
        "totalInstancesUsed": use.instances,
    }


_RULE = "os_compute_api:limits"

ROUTES = (
    Route(
        "GET",
        "/limits",
        index,
        _RULE,
        query=Query((Param("tenant_id", QUERY_TEXT),), closed_since=Version(2, 75)),
        answer=Answer("limits", LIMITS),
        more_rules=(f"{_RULE}:other_project",),
    ),
)
