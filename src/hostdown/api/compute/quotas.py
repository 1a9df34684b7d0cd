"""os-quota-sets and os-quota-class-sets: what every project may have, and what one has.

The limits are configured and the same for all, so no request changes them; one that takes the
limits of a project back to the defaults finds them there.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_TEXT, Schema, closed
from hostdown.domain.quota_errors import QuotasAreFixed
from hostdown.domain.quotas import UNLIMITED, Quotas
from hostdown.services import server_groups
from hostdown.services.project_use import use_of

_NETWORK = ["fixed_ips", "floating_ips", "security_group_rules", "security_groups"]
_FILES = ["injected_file_content_bytes", "injected_file_path_bytes", "injected_files"]
_GROUPS = ["server_group_members", "server_groups"]
_ALWAYS = ["cores", "instances", "key_pairs", "metadata_items", "ram"]
_FILES_UNTIL = Version(2, 56)

# ------------------------------------------------------------------------------- what goes out


class Allowance(NamedTuple):
    """What a project, or a class of projects, may have and has; networks are never limited."""

    id: str
    quotas: Quotas
    used: Mapping[str, int]

    def limit(self, name: str) -> int:
        """How much of it."""
        return int(getattr(self.quotas, name, UNLIMITED))


def used(call: Call, project_id: str) -> Mapping[str, int]:
    """What a project has, of what is counted by project."""
    usage = use_of(call.parts.cells.all(), project_id)
    return {
        "instances": usage.instances,
        "cores": usage.cores,
        "ram": usage.ram_mb,
        "server_groups": server_groups.count(call.parts.directory, project_id),
    }


_USE_SCHEMA = closed(
    dict.fromkeys(("in_use", "limit", "reserved"), types.INTEGER), ["in_use", "limit", "reserved"]
)
_Told = Callable[[Allowance], object]


def _limit(name: str) -> _Told:
    return lambda allowance: allowance.limit(name)


def _use(name: str) -> _Told:
    return lambda allowance: {
        "in_use": allowance.used.get(name, 0),
        "limit": allowance.limit(name),
        "reserved": 0,
    }


def _fields(
    told: Callable[[str], _Told], schema: Schema, of_class: bool
) -> tuple[Field[Allowance, None], ...]:
    """The resources of a project or of a class: networks and groups came and went differently."""
    networks_until = Version(2, 49) if of_class else Version(2, 35)
    groups_since = Version(2, 50) if of_class else Version(2, 1)
    return (
        Field("id", "id", schema=types.STRING),
        *(Field(name, told(name), schema=schema) for name in _ALWAYS),
        *(Field(name, told(name), since=groups_since, schema=schema) for name in _GROUPS),
        *(Field(name, told(name), until=networks_until, schema=schema) for name in _NETWORK),
        *(Field(name, told(name), until=_FILES_UNTIL, schema=schema) for name in _FILES),
    )


FIELDS = _fields(_limit, types.INTEGER, of_class=False)
DETAIL_FIELDS = _fields(_use, _USE_SCHEMA, of_class=False)
CLASS_FIELDS = _fields(_limit, types.INTEGER, of_class=True)

_VIEWS = views(FIELDS)
_DETAIL_VIEWS = views(DETAIL_FIELDS)
_CLASS_VIEWS = views(CLASS_FIELDS)

# --------------------------------------------------------------------------------------- handlers


def show(call: Call) -> object:
    """GET /os-quota-sets/{id}: of a project, or of a user in it."""
    call.authorize({"project_id": call.names["id"]})
    return {"quota_set": _VIEWS[call.version]([_allowance(call)], None)[0]}


def detail(call: Call) -> object:
    """GET /os-quota-sets/{id}/detail."""
    project = call.names["id"]
    call.authorize({"project_id": project})
    allowance = _allowance(call)._replace(used=used(call, project))
    return {"quota_set": _DETAIL_VIEWS[call.version]([allowance], None)[0]}


def show_class(call: Call) -> object:
    """GET /os-quota-class-sets/{id}."""
    call.authorize()
    return {"quota_class_set": _CLASS_VIEWS[call.version]([_allowance(call)], None)[0]}


def _allowance(call: Call) -> Allowance:
    return Allowance(call.names["id"], call.parts.settings.quotas, {})


def update(call: Call) -> object:
    """PUT of a quota set, of a project or of a class: cannot be done."""
    call.authorize()
    raise QuotasAreFixed


def reset(call: Call) -> None:
    """DELETE /os-quota-sets/{id}: the project has the default limits, as it had before."""
    call.authorize()


# ------------------------------------------------------------------------------- bodies and routes

QUOTA_MAX = 2**31 - 1
"""The largest limit that a request may ask for."""

_AMOUNT: Schema = {
    "type": ["integer", "string"],
    "pattern": "^-?[0-9]+$",
    "minimum": UNLIMITED,
    "maximum": QUOTA_MAX,
}


def _body(name: str, forced: bool, networks_until: Version) -> tuple[Param, ...]:
    """What came to an end with which version; `force` is for quotas of projects."""
    names = [*_ALWAYS, *_GROUPS]
    more = {"force": types.BOOLEAN} if forced else {}

    def amounts(*lists: list[str]) -> Schema:
        known = [*names, *(each for those in lists for each in those)]
        return closed({**dict.fromkeys(known, _AMOUNT), **more})

    files_since = Version(2, networks_until.minor + 1)
    files_gone = Version(2, _FILES_UNTIL.minor + 1)
    return (
        Param(name, amounts(_FILES, _NETWORK, ["networks"]), True, until=networks_until),
        Param(name, amounts(_FILES), True, since=files_since, until=_FILES_UNTIL),
        Param(name, amounts(), True, since=files_gone),
    )


_RULES = "os_compute_api:os-quota-sets"
_CLASS_RULES = "os_compute_api:os-quota-class-sets"
_QUERY = Query((Param("user_id", QUERY_TEXT),), closed_since=Version(2, 75))
_ONE, _CLASS = "/os-quota-sets/{id}", "/os-quota-class-sets/{id}"
_SET = Answer("quota_set", FIELDS)
_FIXED = "Quotas are configured and the same for all projects: 501."

ROUTES = (
    Route("GET", _ONE, show, f"{_RULES}:show", query=_QUERY, answer=_SET),
    Route("GET", f"{_ONE}/defaults", show, f"{_RULES}:defaults", query=_QUERY, answer=_SET),
    Route(
        "GET",
        f"{_ONE}/detail",
        detail,
        f"{_RULES}:detail",
        query=_QUERY,
        answer=Answer("quota_set", DETAIL_FIELDS),
    ),
    Route(
        "PUT",
        _ONE,
        update,
        f"{_RULES}:update",
        body=_body("quota_set", True, Version(2, 35)),
        query=_QUERY,
        faults=(501,),
        note=_FIXED,
    ),
    Route("DELETE", _ONE, reset, f"{_RULES}:delete", success=202, query=_QUERY),
    Route(
        "GET",
        _CLASS,
        show_class,
        f"{_CLASS_RULES}:show",
        query=Query((), closed_since=Version(2, 102)),
        answer=Answer("quota_class_set", CLASS_FIELDS),
    ),
    Route(
        "PUT",
        _CLASS,
        update,
        f"{_CLASS_RULES}:update",
        body=_body("quota_class_set", False, Version(2, 49)),
        faults=(501,),
        note=_FIXED,
    ),
)
