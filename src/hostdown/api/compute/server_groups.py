"""os-server-groups: groups of servers (contract 6.5)."""

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, Record, views
from hostdown.api.compute.ids import NUMBER_MAX
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.paging import page_size
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import LIMIT, QUERY_TEXT, Schema, closed
from hostdown.domain.server_groups import GroupPolicy, ServerGroup
from hostdown.services import server_groups
from hostdown.services.server_groups import Wanted

# ------------------------------------------------------------------------------- what goes out

_OLD_UNTIL, _NEW_SINCE = Version(2, 63), Version(2, 64)
_OWNERS_SINCE = Version(2, 13)
_LIST: Schema = {"type": "array", "items": types.STRING}
_RULES_SHOWN: Schema = {
    "type": "object",
    "properties": {"max_server_per_host": types.INTEGER},
    "additionalProperties": False,
}

FIELDS: tuple[Field[ServerGroup, None], ...] = (
    Field("id", "uuid", schema=types.UUID),
    Field("name", "name", schema=types.STRING),
    Field("policies", lambda group: [group.policy], until=_OLD_UNTIL, schema=_LIST),
    Field("policy", "policy", since=_NEW_SINCE, schema=types.STRING),
    Field("rules", "rules", since=_NEW_SINCE, schema=_RULES_SHOWN),
    Field("metadata", lambda _: {}, until=_OLD_UNTIL, schema=closed({})),
    Field("members", "members", schema={"type": "array", "items": types.UUID}),
    Field("project_id", "project_id", since=_OWNERS_SINCE, schema=types.STRING),
    Field("user_id", "user_id", since=_OWNERS_SINCE, schema=types.STRING),
)
_VIEWS = views(FIELDS)


def _shown(call: Call, group: ServerGroup) -> Record:
    return {"server_group": _VIEWS[call.version]([group], None)[0]}


# --------------------------------------------------------------------------------------- handlers


def index(call: Call) -> object:
    """GET /os-server-groups: whoever may not see all projects' groups gets their own."""
    call.authorize()
    everything = "all_projects" in call.query and call.may(_ALL_PROJECTS)
    project_id = None if everything else call.caller.project_id or ""
    found = server_groups.list_groups(call.parts.directory, project_id)
    begin = _offset(call)
    # A limit of 0 is none, unlike in other lists (contract 1.11).
    return {
        "server_groups": _VIEWS[call.version](
            found[begin : begin + (page_size(call) or call.parts.settings.max_limit)], None
        )
    }


def _offset(call: Call) -> int:
    text = (call.last("offset") or "0").lstrip("0") or "0"
    return NUMBER_MAX if len(text) >= len(str(NUMBER_MAX)) else int(text)


def show(call: Call) -> object:
    """GET /os-server-groups/{id}: a group is looked up before the caller's right to see it."""
    return _shown(call, _found(call))


def _found(call: Call) -> ServerGroup:
    group = server_groups.show(call.parts.directory, call.names["id"])
    call.authorize({"project_id": group.project_id})
    return group


def create(call: Call) -> object:
    """POST /os-server-groups, for the caller's project."""
    call.authorize()
    asked, parts = call.body["server_group"], call.parts
    policy = asked["policy"] if "policy" in asked else asked["policies"][0]
    most = asked.get("rules", {}).get("max_server_per_host")
    wanted = Wanted(
        asked["name"],
        call.caller.project_id or "",
        GroupPolicy(policy),
        None if most is None else int(most),
    )
    quota = parts.settings.quotas.server_groups
    made = server_groups.create(parts.directory, call.caller, wanted, quota, parts.clock.now())
    return _shown(call, made)


def delete(call: Call) -> None:
    """DELETE /os-server-groups/{id}; the servers in it stay."""
    group = _found(call)
    parts = call.parts
    server_groups.delete(parts.directory, call.caller, group.uuid, parts.clock.now())


# ----------------------------------------------------------------------------------------- bodies

PER_HOST_MAX = 2**31 - 1
"""The largest `max_server_per_host` of a group."""

_HARD = [GroupPolicy.ANTI_AFFINITY.value, GroupPolicy.AFFINITY.value]
_POLICIES = [*_HARD, GroupPolicy.SOFT_ANTI_AFFINITY.value, GroupPolicy.SOFT_AFFINITY.value]
_PER_HOST: Schema = {
    "type": ["integer", "string"],
    "pattern": "^[0-9]*$",
    "minLength": 1,
    "minimum": 1,
    "maximum": PER_HOST_MAX,
}


def _by_list(policies: list[str]) -> Schema:
    one = {"type": "string", "enum": policies}
    several = {"type": "array", "items": one, "minItems": 1, "maxItems": 1}
    return closed({"name": types.NAME, "policies": several}, ["name", "policies"])


_BY_NAME = closed(
    {
        "name": types.NAME,
        "policy": {"type": "string", "enum": _POLICIES},
        "rules": closed({"max_server_per_host": _PER_HOST}),
    },
    ["name", "policy"],
)
CREATE_BODY = (
    Param("server_group", _by_list(_HARD), required=True, until=Version(2, 14)),
    Param(
        "server_group", _by_list(_POLICIES), required=True, since=Version(2, 15), until=_OLD_UNTIL
    ),
    Param("server_group", _BY_NAME, required=True, since=_NEW_SINCE),
)

# ----------------------------------------------------------------------------------------- routes

_RULES = "os_compute_api:os-server-groups"
_ALL_PROJECTS = f"{_RULES}:index:all_projects"
_PARAMS = (Param("all_projects", QUERY_TEXT), Param("limit", LIMIT), Param("offset", LIMIT))
_ONE = "/os-server-groups/{id}"
_ANSWER = Answer("server_group", FIELDS)

ROUTES = (
    Route(
        "GET",
        "/os-server-groups",
        index,
        f"{_RULES}:index",
        query=Query(_PARAMS, closed_since=Version(2, 75)),
        answer=Answer("server_groups", FIELDS, many=True),
        more_rules=(_ALL_PROJECTS,),
    ),
    Route(
        "POST",
        "/os-server-groups",
        create,
        f"{_RULES}:create",
        body=CREATE_BODY,
        answer=_ANSWER,
        note="Rules are for the policy anti-affinity alone.",
    ),
    Route(
        "GET",
        _ONE,
        show,
        f"{_RULES}:show",
        query=Query((), closed_since=Version(2, 102)),
        answer=_ANSWER,
    ),
    Route(
        "DELETE",
        _ONE,
        delete,
        f"{_RULES}:delete",
        success=204,
        note="The servers in the group stay.",
    ),
)
