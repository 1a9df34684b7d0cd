"""flavors: make, describe and delete (contract 6.6)."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Param
from hostdown.api.compute.flavor_records import (
    ANSWER,
    EXTRA_SPECS,
    SHOWN_BY,
    SPECS_BY,
    change,
    shown,
)
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Route
from hostdown.api.compute.types import Schema, closed, truth
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.model import Flavor
from hostdown.services import flavors

# ----------------------------------------------------------------------------------------- bodies

NUMBER_MAX = 2**31 - 1
"""The largest size that a flavor can have, in the unit of its field."""

DESCRIPTION_CHARS_MAX = 65535
"""The longest description of a flavor."""

RXTX_FACTOR_MAX = 3.40282e38
"""The largest network factor, by Nova's column."""

_DIGITS: Schema = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minLength": 1}
_SIZE = {**_DIGITS, "minimum": 0, "maximum": NUMBER_MAX}
_SIZE_FROM_1 = {**_SIZE, "minimum": 1}
_ID: Schema = {
    "type": ["string", "number", "null"],
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^(?! )[a-zA-Z0-9. _-]+(?<! )$",
}
_RXTX_FACTOR: Schema = {
    "type": ["number", "string"],
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "exclusiveMinimum": 0,
    "maximum": RXTX_FACTOR_MAX,
}
_DESCRIPTION: Schema = {
    "type": ["string", "null"],
    "maxLength": DESCRIPTION_CHARS_MAX,
    "format": "printable",
}
_SIZES: dict[str, Schema] = {
    "name": types.NAME,
    "id": _ID,
    "ram": _SIZE_FROM_1,
    "vcpus": _SIZE_FROM_1,
    "disk": _SIZE,
    "OS-FLV-EXT-DATA:ephemeral": _SIZE,
    "swap": _SIZE,
    "rxtx_factor": _RXTX_FACTOR,
    "os-flavor-access:is_public": types.BOOLEAN,
}
_REQUIRED = ["name", "ram", "vcpus", "disk"]
_DESCRIBED = {**_SIZES, "description": _DESCRIPTION}
_WITHOUT_FACTOR = {name: each for name, each in _DESCRIBED.items() if name != "rxtx_factor"}

CREATE_BODY = (
    Param("flavor", closed(_SIZES, _REQUIRED), required=True, until=Version(2, 54)),
    Param(
        "flavor",
        closed(_DESCRIBED, _REQUIRED),
        required=True,
        since=Version(2, 55),
        until=Version(2, 101),
    ),
    Param("flavor", closed(_WITHOUT_FACTOR, _REQUIRED), required=True, since=Version(2, 102)),
)
UPDATE_BODY = (
    Param("flavor", closed({"description": _DESCRIPTION}, ["description"]), required=True),
)

# --------------------------------------------------------------------------------------- handlers


def create(call: Call) -> object:
    """POST /flavors; a project of the caller's is not let in to a private one, as in Nova."""
    call.authorize()
    parts = call.parts
    wanted = _flavor(call.body["flavor"])
    return shown(call, flavors.create(parts.directory, call.caller, wanted, parts.clock.now()))


def _flavor(asked: Mapping[str, Any]) -> Flavor:
    """What was asked for, as a flavor without a number; sizes may come as text."""
    given = asked.get("id")
    return Flavor(
        id=0,
        flavorid=str(uuid4()) if given is None else str(given),
        name=asked["name"],
        vcpus=int(asked["vcpus"]),
        memory_mb=int(asked["ram"]),
        root_gb=int(asked["disk"]),
        ephemeral_gb=int(asked.get("OS-FLV-EXT-DATA:ephemeral", 0)),
        swap_mb=int(asked.get("swap", 0)),
        rxtx_factor=float(asked.get("rxtx_factor", 1.0)),
        is_public=truth(asked.get("os-flavor-access:is_public", True)),
        disabled=False,
        description=asked.get("description"),
        extra_specs={},
    )


def update(call: Call) -> object:
    """PUT /flavors/{id}, 2.55: the description is all that can be changed."""
    call.authorize()
    description = call.body["flavor"]["description"]
    directory, flavorid = call.parts.directory, call.names["id"]
    return shown(call, flavors.describe(directory, change(call), flavorid, description))


def delete(call: Call) -> None:
    """DELETE /flavors/{id}."""
    call.authorize()
    flavors.delete(call.parts.directory, change(call), call.names["id"])


# ----------------------------------------------------------------------------------------- routes

_RULES = "os_compute_api:os-flavor-manage"

ROUTES = (
    Route(
        "POST",
        "/flavors",
        create,
        f"{_RULES}:create",
        body=CREATE_BODY,
        answer=ANSWER,
        faults=(409,),
        note=SPECS_BY,
        more_rules=(f"{EXTRA_SPECS}:index",),
    ),
    Route(
        "PUT",
        "/flavors/{id}",
        update,
        f"{_RULES}:update",
        since=Version(2, 55),
        body=UPDATE_BODY,
        answer=ANSWER,
        note=SPECS_BY,
        more_rules=SHOWN_BY,
    ),
    Route(
        "DELETE",
        "/flavors/{id}",
        delete,
        f"{_RULES}:delete",
        success=202,
        note="Servers of this flavor keep what they have.",
        more_rules=(IS_ADMIN,),
    ),
)
