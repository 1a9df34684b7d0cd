"""flavors: list and show, their extra specs, and who may use them (contract 6.6).

None can be made or changed yet.
"""

from typing import NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import IS_ADMIN, Address, Call
from hostdown.api.compute.errors import FilterInvalid
from hostdown.api.compute.fields import Field, Param, Query, Record, View, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import PARAMS, next_links, page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_PATTERN, QUERY_TEXT, word_truth
from hostdown.domain.flavor_errors import ExtraSpecNotFound, FlavorIsPublic
from hostdown.domain.hypervisor_errors import NotSupported
from hostdown.domain.model import Flavor
from hostdown.domain.patterns import containing
from hostdown.services import flavors
from hostdown.services.flavors import Wanted

# ------------------------------------------------------------------------------- what goes out


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
_BRIEF = views(BRIEF)


def _full(call: Call) -> View[Flavor, Shown]:
    seen = VIEWS if call.may(f"{_EXTRA_SPECS}:index") else _PLAIN
    return seen[call.version]


# -------------------------------------------------------------------------------------- listing

SORT_KEYS = {
    "created_at": "id",
    "description": "description",
    "disabled": "disabled",
    "ephemeral_gb": "ephemeral_gb",
    "flavorid": "flavorid",
    "id": "id",
    "is_public": "is_public",
    "memory_mb": "memory_mb",
    "name": "name",
    "root_gb": "root_gb",
    "rxtx_factor": "rxtx_factor",
    "swap": "swap_mb",
    "updated_at": "id",
    "vcpu_weight": "id",
    "vcpus": "vcpus",
}
"""Nova's columns, and what stands for each here; flavors keep no times and no weights."""

LIST_QUERY = Query(
    (
        *PARAMS,
        Param("is_public", QUERY_TEXT),
        Param("minRam", QUERY_TEXT),
        Param("minDisk", QUERY_TEXT),
        Param("sort_key", {"type": "string", "enum": list(SORT_KEYS)}),
        Param("sort_dir", {"type": "string", "enum": ["asc", "desc"]}),
        Param("name", QUERY_PATTERN, since=Version(2, 102)),
    ),
    closed_since=Version(2, 75),
)


def index(call: Call) -> object:
    """GET /flavors."""
    return _listed(call, _BRIEF[call.version])


def detail(call: Call) -> object:
    """GET /flavors/detail."""
    return _listed(call, _full(call))


def _listed(call: Call, view: View[Flavor, Shown]) -> Record:
    found = flavors.list_flavors(call.parts.directory, _wanted(call), call.by_admin)
    answer: Record = {"flavors": view(found, Shown(call.address))}
    if links := next_links(call, len(found), found[-1].flavorid if found else None):
        answer["flavors_links"] = links
    return answer


def _wanted(call: Call) -> Wanted:
    """Raises FilterInvalid. Those that are private or disabled only an administrator finds."""
    name = call.last("name")
    return Wanted(
        limit=page_size(call),
        marker=call.given("marker"),
        is_public=_is_public(call) if call.by_admin else True,
        disabled=None if call.by_admin else False,
        memory_mb_min=_number(call, "minRam"),
        root_gb_min=_number(call, "minDisk"),
        name=None if name is None else containing(name),
        sort_key=SORT_KEYS[call.given("sort_key") or "flavorid"],
        descending=call.given("sort_dir") == "desc",
    )


def _is_public(call: Call) -> bool | None:
    word = call.given("is_public")
    if word is None:
        return True
    if word.lower() == "none":
        return None
    truth = word_truth(word)
    if truth is None:
        raise FilterInvalid(name="is_public", value=word)
    return truth


def _number(call: Call, name: str) -> int | None:
    text = call.given(name)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise FilterInvalid(name=name, value=text) from error


# ------------------------------------------------------------------------------------------ one


def _found(call: Call) -> Flavor:
    return flavors.find(call.parts.directory, call.names["id"], call.by_admin)


def show(call: Call) -> object:
    """GET /flavors/{id}."""
    return {"flavor": _full(call)([_found(call)], Shown(call.address))[0]}


def delete(call: Call) -> None:
    """DELETE /flavors/{id}: cannot be done yet.

    For a flavor that is there 404 would be a lie: `openstack flavor delete` takes it for success.
    """
    call.authorize()
    _found(call)
    raise NotSupported


def extra_specs(call: Call) -> object:
    """GET /flavors/{id}/os-extra_specs."""
    call.authorize()
    return {"extra_specs": _found(call).extra_specs}


def extra_spec(call: Call) -> object:
    """GET /flavors/{id}/os-extra_specs/{key}."""
    call.authorize()
    key, specs = call.names["key"], _found(call).extra_specs
    if key not in specs:
        raise ExtraSpecNotFound(flavor_id=call.names["id"], key=key)
    return {key: specs[key]}


def access(call: Call) -> object:
    """GET /flavors/{id}/os-flavor-access: no project has been let in to a private one yet."""
    call.authorize()
    if _found(call).is_public:
        raise FlavorIsPublic
    return {"flavor_access": []}


# ----------------------------------------------------------------------------------------- routes

_EXTRA_SPECS = "os_compute_api:os-flavor-extra-specs"
_ONE_QUERY = Query((), closed_since=Version(2, 102))
_ALWAYS = tuple({field.name: None for field in FIELDS if field.name != "extra_specs"})
_MORE = ("flavors_links",)
_BRIEFLY = Answer("flavors", BRIEF, many=True, beside=_MORE)
_IN_FULL = Answer("flavors", FIELDS, many=True, beside=_MORE, always=_ALWAYS)
_SEEN_BY = (IS_ADMIN,)
_SHOWN_BY = (IS_ADMIN, f"{_EXTRA_SPECS}:index")
_SPECS_BY = f"`extra_specs` are shown to whom `{_EXTRA_SPECS}:index` lets."

ROUTES = (
    Route(
        "GET",
        "/flavors",
        index,
        rule=None,
        query=LIST_QUERY,
        answer=_BRIEFLY,
        more_rules=_SEEN_BY,
    ),
    Route(
        "GET",
        "/flavors/detail",
        detail,
        rule=None,
        query=LIST_QUERY,
        answer=_IN_FULL,
        note=_SPECS_BY,
        more_rules=_SHOWN_BY,
    ),
    Route(
        "GET",
        "/flavors/{id}",
        show,
        rule=None,
        query=_ONE_QUERY,
        answer=Answer("flavor", FIELDS, always=_ALWAYS),
        note=_SPECS_BY,
        more_rules=_SHOWN_BY,
    ),
    Route(
        "DELETE",
        "/flavors/{id}",
        delete,
        "os_compute_api:os-flavor-manage:delete",
        success=202,
        faults=(404, 501),
        note="No flavor can be deleted yet: 501.",
        more_rules=_SEEN_BY,
    ),
    Route(
        "GET",
        "/flavors/{id}/os-extra_specs",
        extra_specs,
        f"{_EXTRA_SPECS}:index",
        query=_ONE_QUERY,
        answer=Answer("extra_specs", ()),
        more_rules=_SEEN_BY,
    ),
    Route(
        "GET",
        "/flavors/{id}/os-extra_specs/{key}",
        extra_spec,
        f"{_EXTRA_SPECS}:show",
        query=_ONE_QUERY,
        note="The answer: the text under its key.",
        more_rules=_SEEN_BY,
    ),
    Route(
        "GET",
        "/flavors/{id}/os-flavor-access",
        access,
        "os_compute_api:os-flavor-access",
        query=_ONE_QUERY,
        answer=Answer("flavor_access", (), many=True),
        note="A public flavor has no such list: 404.",
        more_rules=_SEEN_BY,
    ),
)
