"""Users: look at them, make, change and delete them, change one's password."""

from hostdown.api.identity import documents
from hostdown.api.identity.bodies import (
    BOOLEAN,
    ID,
    ID_OR_NULL,
    NONE,
    TEXT,
    TEXT_OR_NULL,
    Body,
    Fields,
    Schemas,
)
from hostdown.api.identity.calls import Call, Reply
from hostdown.api.identity.domain import check_domain, check_same_domain
from hostdown.api.identity.lists import listed
from hostdown.api.identity.route import Route, listing, one
from hostdown.api.request import global_request_id, request_id
from hostdown.domain.identity_errors import NoSuch
from hostdown.domain.model import Caller
from hostdown.services import projects, users
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.identity import existing
from hostdown.services.identity_journal import By
from hostdown.services.identity_ports import Project, User

_FIELDS: Schemas = {
    "name": {"type": "string", "minLength": 1, "maxLength": 255},
    "password": TEXT_OR_NULL,
    "enabled": BOOLEAN,
    "default_project_id": ID_OR_NULL,
    "domain_id": ID,
    "description": TEXT_OR_NULL,
    "email": TEXT_OR_NULL,
    "options": NONE,
}
NEW = Body("user", _FIELDS, required=["name"])
CHANGED = Body("user", _FIELDS, minProperties=1)
PASSWORDS = Body(
    "user",
    {"password": TEXT, "original_password": TEXT},
    required=["original_password", "password"],
)

_NOT_EXTRA = frozenset(_FIELDS) - {"description", "email"} | {
    "id", "links", "federated", "original_password", "password_expires_at",
}  # fmt: skip


def list_all(call: Call) -> Reply:
    """GET /v3/users"""
    call.reader("list_users")
    rows = call.parts.directory.read(lambda rows: _some(call, rows))
    shown = (documents.user(row, call.root) for row in rows)
    return listed(call, "users", shown, ("name", "enabled", "domain_id"))


def _some(call: Call, rows: DirectoryRows) -> list[User]:
    if "name" not in call.query:
        return rows.identity.users.all()
    row = rows.identity.users.named(call.query["name"][-1])
    return [] if row is None else [row]


def show(call: Call) -> Reply:
    """GET /v3/users/{user}: for admins, and for oneself."""
    user_id = call.found["user"]
    call.reader("get_user", own_id=user_id)
    row = call.parts.directory.read(lambda rows: existing("user", rows.identity.users, user_id))
    return 200, {"user": documents.user(row, call.root)}


def create(call: Call) -> Reply:
    """POST /v3/users"""
    by = call.admin("create_user")
    body = NEW.read(call)
    check_domain(body)
    name = str(body["name"])
    row = users.add_user(call.parts.directory, name, _kept(call, body), by)
    return 201, {"user": documents.user(row, call.root)}


def change(call: Call) -> Reply:
    """PATCH /v3/users/{user}"""
    by = call.admin("update_user")
    body = CHANGED.read(call)
    check_same_domain(body)
    user_id = call.found["user"]
    row = users.change_user(call.parts.directory, user_id, _kept(call, body), by)
    call.changed()
    return 200, {"user": documents.user(row, call.root)}


def delete(call: Call) -> Reply:
    """DELETE /v3/users/{user}"""
    by = call.admin("delete_user")
    users.remove_user(call.parts.directory, call.found["user"], by)
    call.changed()
    return 204, None


def change_password(call: Call) -> Reply:
    """POST /v3/users/{user}/password: for who knows the old one; no token is needed."""
    parts, user_id = call.parts, call.found["user"]
    body = PASSWORDS.read(call)
    seen = parts.directory.read(lambda rows: rows.identity.users.get(user_id))
    old = str(body["original_password"])
    monotonic_s = parts.clock.monotonic()
    user = parts.looks.right(seen, user_id, old, call.req.remote_addr, monotonic_s)
    password_hash = parts.looks.hashed(str(body["password"]))
    caller = Caller(user.id, user.name, None, (), request_id.get(), global_request_id(call.req.env))
    users.change_password(parts.directory, user, password_hash, By(caller, call.now))
    call.changed()
    return 204, None


def projects_of(call: Call) -> Reply:
    """GET /v3/users/{user}/projects: for admins, and for oneself."""
    user_id = call.found["user"]
    call.reader("list_user_projects", own_id=user_id)
    return _projects(call, user_id)


def own_projects(call: Call) -> Reply:
    """GET /v3/auth/projects"""
    return _projects(call, call.caller().user_id)


def groups_of(call: Call) -> Reply:
    """GET /v3/users/{user}/groups: there are none."""
    call.reader("list_groups_for_user", own_id=call.found["user"])
    return listed(call, "groups", (), ())


def _projects(call: Call, user_id: str) -> Reply:
    def work(rows: DirectoryRows) -> list[Project]:
        if rows.identity.users.get(user_id) is None:
            raise NoSuch(kind="user", what=user_id[:64])
        return projects.projects_of(rows.identity, user_id)

    found = call.parts.directory.read(work)
    shown = (documents.project(row, call.root) for row in found)
    return listed(call, "projects", shown, ("name", "enabled", "domain_id"))


def _kept(call: Call, body: Fields) -> users.Kept:
    password_hash = None
    if "password" in body:
        password = body["password"]
        password_hash = call.parts.looks.hashed(None if password is None else str(password))
    default = body.get("default_project_id") or ""
    return users.Kept(
        name=body.get("name"),  # type: ignore[arg-type] # the schema has seen to it
        password_hash=password_hash,
        enabled=body.get("enabled"),  # type: ignore[arg-type] # the schema has seen to it
        default_project_id=str(default) if "default_project_id" in body else None,
        extra={key: value for key, value in body.items() if key not in _NOT_EXTRA},
    )


ROUTES = (
    Route("GET", "/v3/users", list_all, listing("users")),
    Route("POST", "/v3/users", create, one("user"), 201, NEW.schema),
    Route("GET", "/v3/users/{user}", show, one("user")),
    Route("PATCH", "/v3/users/{user}", change, one("user"), body=CHANGED.schema),
    Route("DELETE", "/v3/users/{user}", delete, success=204),
    Route(
        "POST",
        "/v3/users/{user}/password",
        change_password,
        success=204,
        body=PASSWORDS.schema,
        token=False,
    ),
    Route("GET", "/v3/users/{user}/projects", projects_of, listing("projects")),
    Route("GET", "/v3/users/{user}/groups", groups_of, listing("groups")),
    Route("GET", "/v3/auth/projects", own_projects, listing("projects")),
)
