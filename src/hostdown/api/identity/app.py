"""Identity v3 under /identity: as much of Keystone as the stock clients need."""

import re

import orjson
from falcon import Request, Response, code_to_http_status

from hostdown.api.errors import NoRoute
from hostdown.api.identity import (
    documents,
    fixed_routes,
    grant_routes,
    project_routes,
    token_routes,
    user_routes,
)
from hostdown.api.identity.calls import Call, IdentityParts, Reply
from hostdown.api.identity.errors import answer
from hostdown.api.identity.route import Route, one
from hostdown.api.request import link_base, read_query, request_id
from hostdown.api.routing import RouteTable
from hostdown.domain.errors import HostdownError
from hostdown.domain.identity_errors import NoSuch

__all__ = ["IdentityApi", "IdentityParts"]


def _versions(call: Call) -> Reply:
    return 300, documents.versions(call.root)


def _version(call: Call) -> Reply:
    return 200, {"version": documents.version(call.root)}


ROUTES: tuple[Route, ...] = (
    Route("GET", "", _versions, one("versions"), 300, token=False),
    Route("GET", "/v3", _version, one("version"), token=False),
    *token_routes.ROUTES,
    *user_routes.ROUTES,
    *project_routes.ROUTES,
    *grant_routes.ROUTES,
    *fixed_routes.ROUTES,
)
_TABLE = RouteTable(ROUTES)


class IdentityApi:
    """Implements `api.ports.SubApplication`."""

    prefix = "/identity"
    operations = tuple(each.described() for each in ROUTES)

    def __init__(self, parts: IdentityParts) -> None:
        self._parts = parts

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer one request; what is not in `identity.errors.STATUS` is raised."""
        base = link_base(req.scheme, req.netloc, self._parts.link_prefix)
        root = base + self.prefix
        resp.set_header("Vary", "X-Auth-Token")
        resp.set_header("x-openstack-request-id", request_id.get())
        path = re.sub("/+", "/", req.path.removeprefix(self.prefix)).rstrip("/")
        try:
            route, found = _route(req.method, path)
            now, query = self._parts.clock.now(), read_query(req.env)
            status, document = route.handler(
                Call(self._parts, req, resp, base, root, path, now, found, query)
            )
        except HostdownError as error:
            answer(resp, error, root)
            return
        resp.status = code_to_http_status(status)
        if document is not None:
            resp.content_type = "application/json"
            resp.data = orjson.dumps(document)


def _route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """In Keystone's words. Raises NoSuch, MethodNotAllowed."""
    try:
        return _TABLE.find(method, path)
    except NoRoute:
        raise NoSuch(kind="path", what=path[:200]) from None
