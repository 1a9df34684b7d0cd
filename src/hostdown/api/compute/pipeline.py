"""The Compute API as one Falcon sink; `_serve` is contract 1.8's order, top to bottom."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import orjson
from falcon import Request, Response, code_to_http_status

from hostdown.api import faults
from hostdown.api.compute import microversion, versions
from hostdown.api.compute.call import Address, Call
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.route import Located
from hostdown.api.compute.router import Match, Operation, Router
from hostdown.api.compute.routes import ROUTES
from hostdown.api.errors import (
    ActionUnknown,
    BodyMalformed,
    MediaTypeUnsupported,
    NotFoundAtVersion,
    ProjectMismatch,
    VersionOutOfRange,
)
from hostdown.api.parts import ApiParts
from hostdown.api.ports import Unauthenticated
from hostdown.api.request import (
    CALLER_KEY,
    check_length,
    link_base,
    read_body,
    read_query,
    request_id,
)
from hostdown.domain.errors import HostdownError
from hostdown.domain.model import Caller

MEDIA_TYPES = frozenset({"", "text/plain", faults.JSON, "application/vnd.openstack.compute+json"})
"""What may stand in Content-Type; all of it is read as JSON (contract 1.7)."""

_SLASHES = re.compile("/{2,}")


@cache
def _router() -> Router:
    """The one of the route table: compiled once, however many applications a process has."""
    return Router(ROUTES)


class ComputeApi:
    """Serves `/`, `/v2`, `/v2.1` and what is below; any other path gets the choices."""

    def __init__(self, parts: ApiParts, router: Router | None = None) -> None:
        self._parts = parts
        self._router = router or _router()

    def __call__(self, req: Request, resp: Response) -> None:
        """Find the version root: outside of one, nothing needs a token or can go wrong."""
        path = _SLASHES.sub("/", req.path)
        root, _, rest = path[1:].partition("/")
        inside = root in ("v2", "v2.1")
        if inside:
            resp.set_header("x-compute-request-id", request_id.get())
            resp.set_header("x-openstack-request-id", request_id.get())
        if req.method == "OPTIONS":
            resp.content_type = faults.JSON
        elif inside:
            self._enter(req, resp, rest, legacy=root == "v2")
        elif path == "/":
            _write(resp, 200, versions.index(self._links(req)))
        else:
            _write(resp, 300, versions.choices(self._links(req), path))

    def _enter(self, req: Request, resp: Response, rest: str, *, legacy: bool) -> None:
        """`legacy`: below /v2 microversions do not exist (contract 1.9)."""
        try:
            if rest:
                self._serve(req, resp, rest, "v2" if legacy else "v2.1")
                return
            if not legacy:
                _negotiate(req, resp)
            root = versions.V2 if legacy else versions.V21
            _write(resp, 200, versions.document(root, self._links(req)))
        except Unauthenticated as error:
            faults.unauthorized(resp, error, self._parts.authenticator.challenge)
        except HostdownError as error:
            faults.answer(resp, error)

    def _serve(self, req: Request, resp: Response, rest: str, root: str) -> None:
        legacy = root == "v2"
        check_length(req.env, self._parts.settings.body_bytes_max)
        caller = self._authenticate(req)
        match = self._router.match(req.method, rest)
        version = microversion.MINIMUM if legacy else _negotiate(req, resp)
        _check_media_type(req)
        raw = self._read(req)
        body = _json(raw)
        operations = _operations(match, raw, body)
        _check_project(match, caller)
        operation = operations.get(version)
        if operation is None:
            raise NotFoundAtVersion
        sent = {} if operation.query is None else read_query(req.env)
        call = Call(
            self._parts,
            caller,
            version,
            operation.rule,
            match.names,
            _valid_query(operation, sent),
            sent,
            _valid_body(operation, body, legacy),
            Address(self._links(req), root, match.project, match.path),
            lambda: req.get_header("X-Auth-Token") or "",
        )
        _write(resp, operation.success, operation.handler(call))

    def _authenticate(self, req: Request) -> Caller:
        caller = self._parts.authenticator.caller(req.env, request_id.get())
        req.env[CALLER_KEY] = caller
        return caller

    def _read(self, req: Request) -> bytes:
        if req.method not in ("POST", "PUT"):
            return b""
        return read_body(req.env, self._parts.settings.body_bytes_max)

    def _links(self, req: Request) -> str:
        return link_base(req.scheme, req.netloc, self._parts.settings.link_prefix)


def _negotiate(req: Request, resp: Response) -> Version:
    """The version asked for; it is told in the answer even where it is out of range."""
    env = req.env
    try:
        version = microversion.requested(
            env.get("HTTP_OPENSTACK_API_VERSION"), env.get("HTTP_X_OPENSTACK_NOVA_API_VERSION")
        )
    except VersionOutOfRange as error:
        _tell_version(resp, str(error.facts["version"]))
        raise
    _tell_version(resp, str(version))
    return version


def _tell_version(resp: Response, version: str) -> None:
    resp.set_header(microversion.HEADER, f"{microversion.SERVICE_TYPE} {version}")
    resp.set_header(microversion.LEGACY_HEADER, version)
    resp.set_header("Vary", f"{microversion.HEADER}, {microversion.LEGACY_HEADER}")


def _json(raw: bytes) -> object:
    if not raw:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BodyMalformed from error


def _operations(match: Match, raw: bytes, body: object) -> Mapping[Version, Operation]:
    """Those of the path, or of the action that the only key of the body names (contract 1.7)."""
    if not match.actions:
        return match.operations
    if not raw or (isinstance(body, (dict, list, str)) and len(body) != 1):
        raise BodyMalformed
    if not isinstance(body, dict):
        raise NotFoundAtVersion
    (action,) = body
    if action not in match.actions:
        raise ActionUnknown(action=action)
    return match.actions[action]


def _check_media_type(req: Request) -> None:
    given = req.env.get("CONTENT_TYPE") or ""
    if given.partition(";")[0].strip().lower() not in MEDIA_TYPES:
        raise MediaTypeUnsupported


def _check_project(match: Match, caller: Caller) -> None:
    if match.project is not None and match.project != caller.project_id:
        raise ProjectMismatch(url=match.project, token=caller.project_id)


def _valid_query(operation: Operation, sent: dict[str, list[str]]) -> dict[str, list[str]]:
    if operation.query is None:
        return {}
    operation.query(sent)
    return {name: values for name, values in sent.items() if name in operation.parameters}


def _valid_body(operation: Operation, body: object, legacy: bool) -> dict[str, Any]:
    if operation.body is None:
        return {}
    if legacy:
        body = operation.body.forgiven(body)
    operation.body.check(body)
    valid = cast("dict[str, Any]", body)
    return valid if operation.action is None else valid[operation.action] or {}


def _write(resp: Response, status: int, result: object) -> None:
    resp.status = code_to_http_status(status)
    if isinstance(result, Located):
        resp.set_header("Location", result.location)
        result = result.body
    if result is not None:
        resp.content_type = faults.JSON
        resp.data = orjson.dumps(result)
