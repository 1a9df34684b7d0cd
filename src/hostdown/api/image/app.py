"""Image v2 under /image, answered as Glance does."""

import re
from collections.abc import Mapping

import orjson
from falcon import Request, Response, code_to_http_status

from hostdown.api import faults
from hostdown.api.compute.versions import link_base
from hostdown.api.errors import NoRoute
from hostdown.api.image.calls import Call, ImageParts, Reply
from hostdown.api.image.errors import MethodNotAllowed, answer
from hostdown.api.image.operations import OPERATIONS
from hostdown.api.image.routes import ROUTES, Route
from hostdown.api.ports import Unauthenticated
from hostdown.api.request import CALLER_KEY, read_query, request_id
from hostdown.domain.errors import HostdownError

__all__ = ["ImageApi", "ImageParts"]

VERSIONS = (("v2.17", "CURRENT"), ("v2.0", "SUPPORTED"))
"""The newest that Glance has, and the oldest; clients take the newest that they know."""


class ImageApi:
    """Implements `api.ports.SubApplication`."""

    prefix = "/image"
    operations = OPERATIONS

    def __init__(self, parts: ImageParts) -> None:
        self._parts = parts

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer one request; what is not in `image.errors.STATUS` is raised."""
        resp.set_header("x-openstack-request-id", request_id.get())
        path = re.sub("/+", "/", req.path.removeprefix(self.prefix)).rstrip("/")
        try:
            if path in ("", "/versions", "/v2"):
                self._versions(req, resp, 200 if path == "/versions" else 300)
                return
            caller = self._parts.authenticator.caller(req.env, request_id.get())
            req.env[CALLER_KEY] = caller
            route, names = _route(resp, req.method, path)
            call = Call(self._parts, caller, req.env, read_query(req.env), names)
            _write(resp, route.handler(call))
        except Unauthenticated as error:
            faults.unauthorized(resp, error, self._parts.authenticator.challenge)
        except HostdownError as error:
            answer(resp, error)

    def _versions(self, req: Request, resp: Response, status: int) -> None:
        """Nobody needs a token for these; where none was asked for, they are a choice, 300."""
        base = link_base(req.scheme, req.netloc, self._parts.link_prefix)
        links = [{"rel": "self", "href": f"{base}{self.prefix}/v2/"}]
        found = [{"id": each, "status": state, "links": links} for each, state in VERSIONS]
        _write(resp, Reply(status, {"versions": found}))


def _route(resp: Response, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """Raises NoRoute; MethodNotAllowed, after it has said which are."""
    found = {
        route.method: (route, names) for route in ROUTES if (names := route.match(path)) is not None
    }
    if not found:
        raise NoRoute
    chosen = found.get("GET" if method == "HEAD" else method)
    if chosen is None:
        resp.set_header("Allow", ", ".join(found))
        raise MethodNotAllowed
    return chosen


def _write(resp: Response, reply: Reply) -> None:
    resp.status = code_to_http_status(reply.status)
    for name, value in reply.headers.items():
        resp.set_header(name, value)
    if reply.file is not None:
        resp.stream = reply.file
    elif reply.document is not None:
        resp.content_type = faults.JSON
        resp.data = orjson.dumps(reply.document)
