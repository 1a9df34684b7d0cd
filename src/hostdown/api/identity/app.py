"""Identity v3 under /identity: as much of Keystone as stock clients need to log in and look around.

Users and projects are changed by `hostdown user` and `hostdown project`, not here.
"""

import re
from collections.abc import Callable

import orjson
from falcon import Request, Response, code_to_http_status

from hostdown.api.compute.versions import link_base
from hostdown.api.identity import documents, resource_routes, token_routes
from hostdown.api.identity.calls import Call, IdentityParts, Reply
from hostdown.api.identity.errors import NotThere, WrongMethod, answer
from hostdown.api.request import read_query, request_id
from hostdown.domain.errors import HostdownError

__all__ = ["IdentityApi", "IdentityParts"]

Handler = Callable[[Call], Reply]


def _versions(call: Call) -> Reply:
    return 300, documents.versions(call.root)


def _version(call: Call) -> Reply:
    return 200, {"version": documents.version(call.root)}


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "", _versions),
    ("GET", "/v3", _version),
    ("POST", "/v3/auth/tokens", token_routes.log_in),
    ("GET", "/v3/auth/tokens", token_routes.validate),
    ("DELETE", "/v3/auth/tokens", token_routes.log_out),
    ("GET", "/v3/auth/catalog", token_routes.catalog),
    ("GET", "/v3/auth/projects", resource_routes.own_projects),
    ("GET", "/v3/users", resource_routes.users),
    ("GET", "/v3/users/{id}", resource_routes.user),
    ("GET", "/v3/users/{id}/projects", resource_routes.projects_of_user),
    ("GET", "/v3/projects", resource_routes.projects),
    ("GET", "/v3/projects/{id}", resource_routes.project),
    ("GET", "/v3/roles", resource_routes.roles),
    ("GET", "/v3/roles/{id}", resource_routes.role),
    ("GET", "/v3/domains", resource_routes.domains),
    ("GET", "/v3/domains/{id}", resource_routes.domain),
)
"""Method, path below /identity, handler. HEAD goes where GET goes."""

_PATTERNS = tuple(
    (method, re.compile(path.replace("{id}", "(?P<id>[^/]+)")), handler)
    for method, path, handler in ROUTES
)


class IdentityApi:
    """Implements `api.ports.SubApplication`."""

    prefix = "/identity"

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
            handler, found = _route(req.method, path)
            now, query = self._parts.clock.now(), read_query(req.env)
            status, document = handler(
                Call(self._parts, req, resp, base, root, path, now, found, query)
            )
        except HostdownError as error:
            answer(resp, error, root)
            return
        resp.status = code_to_http_status(status)
        if document is not None:
            resp.content_type = "application/json"
            resp.data = orjson.dumps(document)


def _route(method: str, path: str) -> tuple[Handler, str]:
    wanted = "GET" if method == "HEAD" else method
    known = False
    for accepted, pattern, handler in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and accepted == wanted:
            return handler, match.groupdict().get("id", "")
        known = known or match is not None
    if known:
        raise WrongMethod
    raise NotThere(kind="path", what=path[:200])
