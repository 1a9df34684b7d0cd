"""Look at users, projects, roles and the domain; lists can be narrowed by `name`."""

from collections.abc import Iterable

from hostdown.api.identity import documents
from hostdown.api.identity.calls import Call, Reply
from hostdown.api.identity.documents import Document
from hostdown.api.identity.errors import NotAllowed, NotThere
from hostdown.domain.roles import ADMIN
from hostdown.services import identity
from hostdown.services.directory_ports import DirectoryRows, Project


def users(call: Call) -> Reply:
    """GET /v3/users"""
    call.admin("list_users")
    return _listed(call, "users", _users(call))


def user(call: Call) -> Reply:
    """GET /v3/users/{id}: for admins, and for oneself."""
    _only_admin_or(call, call.caller().user_id, "get_user")
    return _one(call, "user", _users(call))


def projects_of_user(call: Call) -> Reply:
    """GET /v3/users/{id}/projects: for admins, and for oneself."""
    _only_admin_or(call, call.caller().user_id, "list_user_projects")
    return _projects_with_roles(call, call.found)


def own_projects(call: Call) -> Reply:
    """GET /v3/auth/projects"""
    return _projects_with_roles(call, call.caller().user_id)


def projects(call: Call) -> Reply:
    """GET /v3/projects"""
    call.admin("list_projects")
    return _listed(call, "projects", _projects(call))


def project(call: Call) -> Reply:
    """GET /v3/projects/{id}: for admins, and for who has a token of it."""
    _only_admin_or(call, call.caller().project_id, "get_project")
    return _one(call, "project", _projects(call))


def roles(call: Call) -> Reply:
    """GET /v3/roles"""
    call.admin("list_roles")
    return _listed(call, "roles", documents.roles(call.root))


def role(call: Call) -> Reply:
    """GET /v3/roles/{id}"""
    call.admin("get_role")
    return _one(call, "role", documents.roles(call.root))


def domains(call: Call) -> Reply:
    """GET /v3/domains"""
    call.admin("list_domains")
    return _listed(call, "domains", [documents.domain(call.root)])


def domain(call: Call) -> Reply:
    """GET /v3/domains/{id}: for anybody with a token."""
    call.caller()
    return _one(call, "domain", [documents.domain(call.root)])


def _only_admin_or(call: Call, own_id: str | None, action: str) -> None:
    if own_id != call.found and ADMIN not in call.caller().roles:
        raise NotAllowed(action=f"identity:{action}")


def _users(call: Call) -> list[Document]:
    rows = call.parts.directory.read(lambda rows: rows.identity.users())
    return [documents.user(row, call.root) for row in rows]


def _projects(call: Call) -> list[Document]:
    rows = identity.list_projects(call.parts.directory)
    return [documents.project(row, call.root) for row in rows]


def _projects_with_roles(call: Call, user_id: str) -> Reply:
    def work(rows: DirectoryRows) -> list[Project]:
        found = identity.memberships(rows.identity, user_id, rows.identity.projects())
        return [membership.project for membership in found]

    mine = call.parts.directory.read(work)
    return _listed(call, "projects", [documents.project(row, call.root) for row in mine])


def _listed(call: Call, key: str, rows: Iterable[Document]) -> Reply:
    names = call.query.get("name")
    shown = [row for row in rows if names is None or row["name"] in names]
    return 200, documents.collection(key, shown, call.self_link)


def _one(call: Call, key: str, rows: Iterable[Document]) -> Reply:
    for row in rows:
        if row["id"] == call.found:
            return 200, {key: row}
    raise NotThere(kind=key, what=call.found[:64])
