"""Alarming v2 under /alarming, answered as Aodh does."""

import re
from collections.abc import Mapping

import orjson
from falcon import Request, Response, code_to_http_status

from hostdown.api import faults
from hostdown.api.alarm.calls import AlarmParts, Call, Reply
from hostdown.api.alarm.documents import versions
from hostdown.api.alarm.errors import MethodNotAllowed, answer
from hostdown.api.alarm.operations import OPERATIONS
from hostdown.api.alarm.routes import ROUTES, Route
from hostdown.api.compute.versions import link_base
from hostdown.api.errors import NoRoute
from hostdown.api.ports import Unauthenticated
from hostdown.api.request import CALLER_KEY, read_query, request_id
from hostdown.domain.errors import HostdownError

__all__ = ["AlarmApi", "AlarmParts"]


class AlarmApi:
    """Implements `api.ports.SubApplication`."""

    prefix = "/alarming"
    operations = OPERATIONS

    def __init__(self, parts: AlarmParts) -> None:
        self._parts = parts

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer one request."""
        resp.set_header("x-openstack-request-id", request_id.get())
        path = re.sub("/+", "/", req.path.removeprefix(self.prefix)).rstrip("/")
        try:
            if path == "":
                self._versions(req, resp)
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

    def _versions(self, req: Request, resp: Response) -> None:
        """Nobody needs a token for these."""
        base = link_base(req.scheme, req.netloc, self._parts.link_prefix)
        _write(resp, Reply(document=versions(f"{base}{self.prefix}")))


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
    if reply.document is not None:
        resp.content_type = faults.JSON
        resp.data = orjson.dumps(reply.document)
