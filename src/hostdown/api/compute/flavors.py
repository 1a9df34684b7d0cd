"""flavors: list and show (contract 6.6)."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.errors import FilterInvalid
from hostdown.api.compute.fields import Param, Query, Record, View
from hostdown.api.compute.flavor_records import (
    ALWAYS,
    ANSWER,
    BRIEF,
    BRIEF_VIEWS,
    FIELDS,
    SHOWN_BY,
    SPECS_BY,
    Shown,
    full,
    shown,
    viewer,
)
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import PARAMS, next_links, page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_PATTERN, QUERY_TEXT, word_truth
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.model import Flavor
from hostdown.domain.patterns import containing
from hostdown.services import flavors
from hostdown.services.flavors import Wanted

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
    return _listed(call, BRIEF_VIEWS[call.version])


def detail(call: Call) -> object:
    """GET /flavors/detail."""
    return _listed(call, full(call))


def _listed(call: Call, view: View[Flavor, Shown]) -> Record:
    seen_by = viewer(call)
    wanted = _wanted(call, seen_by.sees_all)
    found = flavors.list_flavors(call.parts.directory, wanted, seen_by)
    answer: Record = {"flavors": view(found, Shown(call.address))}
    if links := next_links(call, len(found), found[-1].flavorid if found else None):
        answer["flavors_links"] = links
    return answer


def _wanted(call: Call, everything: bool) -> Wanted:
    """Raises FilterInvalid. Whoever does not see everything finds nothing that is disabled."""
    name = call.last("name")
    return Wanted(
        limit=page_size(call),
        marker=call.given("marker"),
        is_public=_is_public(call) if everything else True,
        disabled=None if everything else False,
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


def show(call: Call) -> object:
    """GET /flavors/{id}."""
    return shown(call, flavors.find(call.parts.directory, call.names["id"], viewer(call)))


# ----------------------------------------------------------------------------------------- routes

_MORE = ("flavors_links",)
_BRIEFLY = Answer("flavors", BRIEF, many=True, beside=_MORE)
_IN_FULL = Answer("flavors", FIELDS, many=True, beside=_MORE, always=ALWAYS)

ROUTES = (
    Route(
        "GET",
        "/flavors",
        index,
        rule=None,
        query=LIST_QUERY,
        answer=_BRIEFLY,
        more_rules=(IS_ADMIN,),
    ),
    Route(
        "GET",
        "/flavors/detail",
        detail,
        rule=None,
        query=LIST_QUERY,
        answer=_IN_FULL,
        note=SPECS_BY,
        more_rules=SHOWN_BY,
    ),
    Route(
        "GET",
        "/flavors/{id}",
        show,
        rule=None,
        query=Query((), closed_since=Version(2, 102)),
        answer=ANSWER,
        note=SPECS_BY,
        more_rules=SHOWN_BY,
    ),
)
