"""limits: what a project may have and has (contract 6.8)."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, Record, views
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.quotas import used
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_TEXT
from hostdown.domain.quotas import UNLIMITED, Quotas


class Shown(NamedTuple):
    """Numbers by the names of the answer, and the version that says which of them it has."""

    version: Version
    numbers: Mapping[str, int]


_OF_NETWORKS = "maxTotalFloatingIps maxSecurityGroups maxSecurityGroupRules"
_NETWORKS_USED = "totalFloatingIpsUsed totalSecurityGroupsUsed"


def _numbers(quotas: Quotas, used: Mapping[str, int]) -> Mapping[str, int]:
    return {
        "maxServerMeta": quotas.metadata_items,
        "maxImageMeta": quotas.metadata_items,
        "maxTotalInstances": quotas.instances,
        "maxTotalRAMSize": quotas.ram,
        "maxTotalCores": quotas.cores,
        "maxTotalKeypairs": quotas.key_pairs,
        "maxServerGroups": quotas.server_groups,
        "maxServerGroupMembers": quotas.server_group_members,
        "maxPersonality": quotas.injected_files,
        "maxPersonalitySize": quotas.injected_file_content_bytes,
        "totalRAMUsed": used["ram"],
        "totalCoresUsed": used["cores"],
        "totalInstancesUsed": used["instances"],
        "totalServerGroupsUsed": used["server_groups"],
        **dict.fromkeys(_OF_NETWORKS.split(), UNLIMITED),
        **dict.fromkeys(_NETWORKS_USED.split(), 0),
    }


def _number(name: str) -> Callable[[Shown], object]:
    return lambda shown: shown.numbers[name]


def _fields(names: str, until: Version = MAXIMUM) -> tuple[Field[Shown, None], ...]:
    return tuple(
        Field(name, _number(name), until=until, schema=types.INTEGER) for name in names.split()
    )


FIELDS = (
    *_fields("maxServerMeta maxTotalInstances maxTotalRAMSize maxTotalCores maxTotalKeypairs"),
    *_fields("maxServerGroups maxServerGroupMembers"),
    *_fields("totalRAMUsed totalCoresUsed totalInstancesUsed totalServerGroupsUsed"),
    *_fields(_OF_NETWORKS, until=Version(2, 35)),
    *_fields(_NETWORKS_USED, until=Version(2, 35)),
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


def _absolute(since: Version, until: Version) -> Field[Shown, None]:
    alive = {field.name: field.schema for field in FIELDS if field.until >= until}
    schema = {
        "type": "object",
        "properties": alive,
        "required": list(alive),
        "additionalProperties": False,
    }

    def values(shown: Shown) -> Record:
        return _ABSOLUTE[shown.version]([shown], None)[0]

    return Field("absolute", values, since=since, until=until, schema=schema)


LIMITS: tuple[Field[Shown, None], ...] = (
    Field("rate", lambda _: [], schema={"type": "array", "maxItems": 0}),
    *(_absolute(since, until) for since, until in _STRETCHES),
)
_VIEWS = views(LIMITS)


def index(call: Call) -> object:
    """GET /limits."""
    call.authorize()
    project_id = call.given("tenant_id")
    if project_id is None:
        project_id = call.caller.project_id or ""
    elif project_id != call.caller.project_id:
        call.require(f"{_RULE}:other_project", {"project_id": project_id})
    numbers = _numbers(call.parts.settings.quotas, used(call, project_id))
    return {"limits": _VIEWS[call.version]([Shown(call.version, numbers)], None)[0]}


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
