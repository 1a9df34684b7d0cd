"""Projects: look at them, make, change and delete them."""

from collections.abc import Callable

from hostdown.api.identity import documents
from hostdown.api.identity.bodies import (
    BOOLEAN,
    ID_OR_NULL,
    NONE,
    TEXT_OR_NULL,
    Body,
    Fields,
    Schemas,
)
from hostdown.api.identity.calls import Call, Reply
from hostdown.api.identity.domain import DOMAIN_ID, check_same_domain
from hostdown.api.identity.errors import PlaceUnknown
from hostdown.api.identity.lists import listed
from hostdown.api.identity.route import Route, listing, one
from hostdown.services import projects
from hostdown.services.directory_ports import DirectoryRows
from hostdown.services.identity import existing
from hostdown.services.identity_ports import Project

_TAG = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^,/]*\Z"}
_FIELDS: Schemas = {
    "name": {"type": "string", "minLength": 1, "maxLength": 64},
    "enabled": BOOLEAN,
    "description": TEXT_OR_NULL,
    "domain_id": ID_OR_NULL,
    "parent_id": ID_OR_NULL,
    "is_domain": BOOLEAN,
    "tags": {"type": "array", "items": _TAG, "maxItems": 80, "uniqueItems": True},
    "options": NONE,
}
NEW = Body("project", _FIELDS, required=["name"])
CHANGED = Body("project", _FIELDS)

_NOT_EXTRA = frozenset(_FIELDS) - {"description", "tags"} | {"id", "links"}
_FILTERS = ("name", "enabled", "domain_id", "parent_id", "is_domain")
_TAG_FILTERS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "tags": lambda asked, held: asked <= held,
    "tags-any": lambda asked, held: bool(asked & held),
    "not-tags": lambda asked, held: not asked <= held,
    "not-tags-any": lambda asked, held: not asked & held,
}
"""Whether a project with the tags `held` is shown to who asked for some, with commas between."""


def list_all(call: Call) -> Reply:
    """GET /v3/projects"""
    call.reader("list_projects")
    rows = call.parts.directory.read(lambda rows: _some(call, rows))
    shown = (documents.project(row, call.root) for row in rows if _has_tags(call, row))
    return listed(call, "projects", shown, _FILTERS)


def _has_tags(call: Call, row: Project) -> bool:
    held = set(row.extra.get("tags", ()))  # type: ignore[call-overload] # the schema has seen to it
    return all(
        fits(set(call.query[name][-1].split(",")), held)
        for name, fits in _TAG_FILTERS.items()
        if name in call.query
    )


def _some(call: Call, rows: DirectoryRows) -> list[Project]:
    if "name" not in call.query:
        return rows.identity.projects.all()
    row = rows.identity.projects.named(call.query["name"][-1])
    return [] if row is None else [row]


def show(call: Call) -> Reply:
    """GET /v3/projects/{project}: for admins, and for who has a token of it."""
    project_id = call.found["project"]
    call.reader("get_project", own_id=project_id)
    row = call.parts.directory.read(
        lambda rows: existing("project", rows.identity.projects, project_id)
    )
    return 200, {"project": documents.project(row, call.root)}


def create(call: Call) -> Reply:
    """POST /v3/projects"""
    by = call.admin("create_project")
    body = NEW.read(call)
    _check_place(body)
    row = projects.add_project(call.parts.directory, str(body["name"]), _kept(body), by)
    return 201, {"project": documents.project(row, call.root)}


def change(call: Call) -> Reply:
    """PATCH /v3/projects/{project}"""
    by = call.admin("update_project")
    body = CHANGED.read(call)
    check_same_domain(body)
    _check_place(body)
    project_id = call.found["project"]
    row = projects.change_project(call.parts.directory, project_id, _kept(body), by)
    call.changed()
    return 200, {"project": documents.project(row, call.root)}


def delete(call: Call) -> Reply:
    """DELETE /v3/projects/{project}"""
    by = call.admin("delete_project")
    projects.remove_project(call.parts.directory, call.found["project"], by)
    call.changed()
    return 204, None


def _check_place(body: Fields) -> None:
    """Every project is directly in the one domain; what else there could be is not found."""
    if body.get("domain_id") not in (None, DOMAIN_ID):
        raise PlaceUnknown(reason=f"Could not find domain: {body['domain_id']}.")
    if body.get("parent_id") not in (None, DOMAIN_ID):
        raise PlaceUnknown(reason=f"Could not find project: {body['parent_id']}.")
    if body.get("is_domain"):
        raise PlaceUnknown(reason="There is one domain, and no project can be another.")


def _kept(body: Fields) -> projects.Kept:
    return projects.Kept(
        name=body.get("name"),  # type: ignore[arg-type] # the schema has seen to it
        enabled=body.get("enabled"),  # type: ignore[arg-type] # the schema has seen to it
        extra={key: value for key, value in body.items() if key not in _NOT_EXTRA},
    )


ROUTES = (
    Route("GET", "/v3/projects", list_all, listing("projects")),
    Route("POST", "/v3/projects", create, one("project"), 201, NEW.schema),
    Route("GET", "/v3/projects/{project}", show, one("project")),
    Route("PATCH", "/v3/projects/{project}", change, one("project"), body=CHANGED.schema),
    Route("DELETE", "/v3/projects/{project}", delete, success=204),
)
