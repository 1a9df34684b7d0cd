"""os-quota-sets and os-quota-class-sets: nobody has a quota, so nothing is limited or counted."""

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, views
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import QUERY_TEXT
from hostdown.services.project_use import use_of

UNLIMITED = -1

_NETWORK = ["fixed_ips", "floating_ips", "security_group_rules", "security_groups"]
_FILES = ["injected_file_content_bytes", "injected_file_path_bytes", "injected_files"]
_GROUPS = ["server_group_members", "server_groups"]
_ALWAYS = ["cores", "instances", "key_pairs", "metadata_items", "ram"]

_USE = {"in_use": 0, "limit": UNLIMITED, "reserved": 0}
_USE_SCHEMA = {
    "type": "object",
    "properties": dict.fromkeys(_USE, types.INTEGER),
    "required": list(_USE),
    "additionalProperties": False,
}


def _fields(value: object, schema: types.Schema, of_class: bool) -> tuple[Field[str, None], ...]:
    """The resources of a project or of a class: networks and groups came and went differently."""
    networks_until = Version(2, 49) if of_class else Version(2, 35)
    groups_since = Version(2, 50) if of_class else Version(2, 1)

    def told(_: str) -> object:
        return value

    return (
        Field("id", str, schema=types.STRING),
        *(Field(name, told, schema=schema) for name in _ALWAYS),
        *(Field(name, told, since=groups_since, schema=schema) for name in _GROUPS),
        *(Field(name, told, until=networks_until, schema=schema) for name in _NETWORK),
        *(Field(name, told, until=Version(2, 56), schema=schema) for name in _FILES),
    )


FIELDS = _fields(UNLIMITED, types.INTEGER, of_class=False)
DETAIL_FIELDS = _fields(_USE, _USE_SCHEMA, of_class=False)
CLASS_FIELDS = _fields(UNLIMITED, types.INTEGER, of_class=True)

_VIEWS = views(FIELDS)
_DETAIL_VIEWS = views(DETAIL_FIELDS)
_CLASS_VIEWS = views(CLASS_FIELDS)


def show(call: Call) -> object:
    """GET /os-quota-sets/{id}: of a project, or of a user in it."""
    project = call.names["id"]
    call.authorize({"project_id": project})
    return {"quota_set": _VIEWS[call.version]([project], None)[0]}


def detail(call: Call) -> object:
    """GET /os-quota-sets/{id}/detail."""
    project = call.names["id"]
    call.authorize({"project_id": project})
    use = use_of(call.parts.cells, project)
    used = {"instances": use.instances, "cores": use.cores, "ram": use.ram_mb}
    shown = {name: _USE | {"in_use": number} for name, number in used.items()}
    return {"quota_set": _DETAIL_VIEWS[call.version]([project], None)[0] | shown}


def show_class(call: Call) -> object:
    """GET /os-quota-class-sets/{id}."""
    call.authorize()
    return {"quota_class_set": _CLASS_VIEWS[call.version]([call.names["id"]], None)[0]}


_RULES = "os_compute_api:os-quota-sets"
_QUERY = Query((Param("user_id", QUERY_TEXT),), closed_since=Version(2, 75))
_ONE = "/os-quota-sets/{id}"
_SET = Answer("quota_set", FIELDS)

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
        "GET",
        "/os-quota-class-sets/{id}",
        show_class,
        "os_compute_api:os-quota-class-sets:show",
        query=Query((), closed_since=Version(2, 102)),
        answer=Answer("quota_class_set", CLASS_FIELDS),
    ),
)
