"""How flavors are shown (contract 6.6), for all that answers with one."""

from typing import NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import Address, Call
from hostdown.api.compute.fields import Field, Record, View, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.model import Flavor
from hostdown.services.flavors import Change, Viewer

EXTRA_SPECS = "os_compute_api:os-flavor-extra-specs"
"""What the names of the rules about extra specs begin with."""


class Shown(NamedTuple):
    """What a record needs to know beside the flavor."""

    address: Address


def _links(flavor: Flavor, address: Address) -> list[dict[str, str]]:
    path = f"/flavors/{flavor.flavorid}"
    return [
        {"rel": "self", "href": address.self_link(path)},
        {"rel": "bookmark", "href": address.bookmark(path)},
    ]


_OLD_UNTIL = Version(2, 101)
_OLD_SWAP = {"anyOf": [types.INTEGER, {"enum": [""]}]}
_SPECS = {"type": "object", "additionalProperties": types.STRING}

FIELDS: tuple[Field[Flavor, Shown], ...] = (
    Field("id", "flavorid", schema=types.STRING),
    Field("name", "name", schema=types.STRING),
    Field("ram", "memory_mb", schema=types.INTEGER),
    Field("disk", "root_gb", schema=types.INTEGER),
    Field("swap", lambda flavor: flavor.swap_mb or "", until=Version(2, 74), schema=_OLD_SWAP),
    Field("swap", "swap_mb", since=Version(2, 75), schema=types.INTEGER),
    Field("OS-FLV-EXT-DATA:ephemeral", "ephemeral_gb", schema=types.INTEGER),
    Field("OS-FLV-DISABLED:disabled", "disabled", until=_OLD_UNTIL, schema=types.FLAG),
    Field("vcpus", "vcpus", schema=types.INTEGER),
    Field("os-flavor-access:is_public", "is_public", schema=types.FLAG),
    Field("rxtx_factor", "rxtx_factor", until=_OLD_UNTIL, schema={"type": "number"}),
    Field("links", _links, given="address", schema=types.LINKS),
    Field("description", "description", since=Version(2, 55), schema=types.STRING_OR_NULL),
    Field("extra_specs", "extra_specs", since=Version(2, 61), schema=_SPECS),
)
VIEWS = views(FIELDS)

_PLAIN = views([field for field in FIELDS if field.name != "extra_specs"])
"""For callers who may not see extra specs."""

BRIEF: tuple[Field[Flavor, Shown], ...] = (
    Field("id", "flavorid", schema=types.STRING),
    Field("name", "name", schema=types.STRING),
    Field("links", _links, given="address", schema=types.LINKS),
    Field("description", "description", since=Version(2, 55), schema=types.STRING_OR_NULL),
)
BRIEF_VIEWS = views(BRIEF)


def full(call: Call) -> View[Flavor, Shown]:
    seen = VIEWS if call.may(f"{EXTRA_SPECS}:index") else _PLAIN
    return seen[call.version]


def shown(call: Call, flavor: Flavor) -> Record:
    """The answer that holds one."""
    return {"flavor": full(call)([flavor], Shown(call.address))[0]}


ALWAYS = tuple({field.name: None for field in FIELDS if field.name != "extra_specs"})
"""What nobody is kept from seeing."""

ANSWER = Answer("flavor", FIELDS, always=ALWAYS)
SHOWN_BY = (IS_ADMIN, f"{EXTRA_SPECS}:index")
SPECS_BY = f"`extra_specs` are shown to whom `{EXTRA_SPECS}:index` lets."

# ------------------------------------------------------------------------------------- who looks


def viewer(call: Call) -> Viewer:
    """Administrators see every flavor, others what is public or their project was let in to."""
    return Viewer(call.caller.project_id, call.by_admin)


def change(call: Call) -> Change:
    """Who changes one, and when."""
    return Change(call.caller, viewer(call), call.parts.clock.now())
