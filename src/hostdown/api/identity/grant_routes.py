"""Role assignments: who has which role in which project, and in the system."""

from collections.abc import Iterator

from hostdown.api.identity import documents
from hostdown.api.identity.calls import Call, Reply
from hostdown.api.identity.lists import asked
from hostdown.api.identity.route import Route, listing
from hostdown.domain.identity_errors import GrantUnknown, NoSuch
from hostdown.domain.roles import ALL, role_id, with_implied
from hostdown.services import grants
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.identity_ports import SYSTEM, Grant

_ROLES = {role_id(role): role for role in ALL}


def _target(call: Call) -> str:
    project_id = call.found.get("project")
    if project_id == SYSTEM:
        raise NoSuch(kind="project", what=project_id)
    return project_id or SYSTEM


def _role(call: Call) -> str:
    wanted = call.found["role"]
    if wanted not in _ROLES:
        raise NoSuch(kind="role", what=wanted[:64])
    return _ROLES[wanted]


def list_of_user(call: Call) -> Reply:
    """GET …/users/{user}/roles"""
    call.reader("list_grants")
    held = grants.roles_of(call.parts.directory, call.found["user"], _target(call))
    shown = [row for row in documents.roles(call.root) if row["name"] in held]
    return 200, documents.collection("roles", shown, call.self_link)


def check(call: Call) -> Reply:
    """GET …/users/{user}/roles/{role}"""
    call.reader("check_grant")
    role, user_id, target = _role(call), call.found["user"], _target(call)
    if role not in grants.roles_of(call.parts.directory, user_id, target):
        raise GrantUnknown(role_id=call.found["role"], user_id=user_id, target=target)
    return 204, None


def give(call: Call) -> Reply:
    """PUT …/users/{user}/roles/{role}"""
    by = call.admin("create_grant")
    grants.give_role(call.parts.directory, call.found["user"], _target(call), _role(call), by)
    return 204, None


def take(call: Call) -> Reply:
    """DELETE …/users/{user}/roles/{role}"""
    by = call.admin("revoke_grant")
    role, target = _role(call), _target(call)
    grants.take_role(call.parts.directory, call.found["user"], target, role, by)
    call.changed()
    return 204, None


def list_all(call: Call) -> Reply:
    """GET /v3/role_assignments"""
    call.reader("list_role_assignments")
    found, names = call.parts.directory.read(_everything)
    if asked(call, "effective"):
        found = list(_effective(found))
    shown = [
        documents.assignment(grant, names if asked(call, "include_names") else None, call.root)
        for grant in found
        if _is_wanted(call, grant)
    ]
    return 200, documents.collection("role_assignments", shown, call.self_link)


def _everything(rows: DirectoryRows) -> tuple[list[Grant], dict[str, str]]:
    """All assignments, and the name of every user and project by its id."""
    names = {user.id: user.name for user in rows.identity.users.all()}
    names |= {project.id: project.name for project in rows.identity.projects.all()}
    return rows.identity.grants.all(), names


def _effective(found: list[Grant]) -> Iterator[Grant]:
    places: dict[tuple[str, str], list[str]] = {}
    for grant in found:
        places.setdefault((grant.user_id, grant.target), []).append(grant.role)
    for place, roles in places.items():
        yield from (Grant(*place, role) for role in with_implied(roles))


def _is_wanted(call: Call, grant: Grant) -> bool:
    has = {
        "user.id": grant.user_id,
        "role.id": role_id(grant.role),
        "scope.project.id": None if grant.target == SYSTEM else grant.target,
        "group.id": None,
        "scope.domain.id": None,
        "scope.OS-INHERIT:inherited_to": None,
    }
    if asked(call, "scope.system") and grant.target != SYSTEM:
        return False
    return all(call.query[name][-1] == has[name] for name in has if name in call.query)


def own_system(call: Call) -> Reply:
    """GET /v3/auth/system"""
    user_id = call.caller().user_id
    held = grants.roles_of(call.parts.directory, user_id, SYSTEM)
    return 200, {"system": [{"all": True}] if held else [], "links": {"self": call.self_link}}


_ON_PROJECT = "/v3/projects/{project}/users/{user}/roles"
_ON_SYSTEM = "/v3/system/users/{user}/roles"

ROUTES = (
    Route("GET", "/v3/role_assignments", list_all, listing("role_assignments")),
    Route("GET", "/v3/auth/system", own_system, listing("system")),
    *(
        route
        for place in (_ON_PROJECT, _ON_SYSTEM)
        for route in (
            Route("GET", place, list_of_user, listing("roles")),
            Route("GET", f"{place}/{{role}}", check, success=204),
            Route("PUT", f"{place}/{{role}}", give, success=204),
            Route("DELETE", f"{place}/{{role}}", take, success=204),
        )
    ),
)
