"""Which projects may use a flavor that is not public (contract 6.6)."""

from collections.abc import Iterable
from typing import NamedTuple

from hostdown.api.compute import types
from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, Query, views
from hostdown.api.compute.flavor_records import change, viewer
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Answer, Handler, Route
from hostdown.api.compute.types import Schema
from hostdown.api.rights import IS_ADMIN
from hostdown.services import flavors


class Access(NamedTuple):
    """One project that was let in to one flavor."""

    flavorid: str
    project_id: str


FIELDS: tuple[Field[Access, None], ...] = (
    Field("flavor_id", "flavorid", schema=types.STRING),
    Field("tenant_id", "project_id", schema=types.STRING),
)
_VIEWS = views(FIELDS)
_STRICT_SINCE = Version(2, 7)


def _shown(call: Call, projects: Iterable[str]) -> object:
    found = [Access(call.names["id"], project) for project in projects]
    return {"flavor_access": _VIEWS[call.version](found, None)}


def index(call: Call) -> object:
    """GET /flavors/{id}/os-flavor-access."""
    call.authorize()
    return _shown(call, flavors.projects(call.parts.directory, call.names["id"], viewer(call)))


def let_in(call: Call) -> object:
    """addTenantAccess; until 2.6 also to a public flavor, where it means nothing."""
    call.authorize()
    projects = flavors.let_in(
        call.parts.directory,
        change(call),
        call.names["id"],
        call.body["tenant"],
        public_too=call.version < _STRICT_SINCE,
    )
    return _shown(call, projects)


def shut_out(call: Call) -> object:
    """removeTenantAccess."""
    call.authorize()
    projects = flavors.shut_out(
        call.parts.directory, change(call), call.names["id"], call.body["tenant"]
    )
    return _shown(call, projects)


_RULE = "os_compute_api:os-flavor-access"
_PROJECT: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[a-zA-Z0-9-]*$",
}
_ANSWER = Answer("flavor_access", FIELDS, many=True)


def _action(action: str, handler: Handler, name: str, *faults: int) -> Route:
    return Route(
        "POST",
        "/flavors/{id}/action",
        handler,
        f"{_RULE}:{name}",
        action=action,
        body=(Param("tenant", _PROJECT, required=True),),
        answer=_ANSWER,
        faults=faults,
        more_rules=(IS_ADMIN,),
    )


ROUTES = (
    Route(
        "GET",
        "/flavors/{id}/os-flavor-access",
        index,
        _RULE,
        query=Query((), closed_since=Version(2, 102)),
        answer=_ANSWER,
        note="A public flavor has no such list: 404.",
        more_rules=(IS_ADMIN,),
    ),
    _action("addTenantAccess", let_in, "add_tenant_access", 409),
    _action("removeTenantAccess", shut_out, "remove_tenant_access"),
)
