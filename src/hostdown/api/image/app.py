"""Image v2 under /image: its versions and its list, so that clients find what they look for.

There are no images yet.
"""

import re
from typing import NamedTuple
from urllib.parse import urlencode

import orjson
from falcon import Request, Response

from hostdown.api import faults
from hostdown.api.compute.versions import link_base
from hostdown.api.errors import NoRoute
from hostdown.api.image.errors import ImageNotFound, LimitInvalid, MethodNotAllowed, answer
from hostdown.api.image.operations import OPERATIONS
from hostdown.api.ports import Authenticator, Unauthenticated
from hostdown.api.request import CALLER_KEY, read_query, request_id
from hostdown.domain.errors import HostdownError

VERSIONS = (("v2.17", "CURRENT"), ("v2.0", "SUPPORTED"))
"""The newest that Glance has, and the oldest; clients take the newest that they know."""

_ONE = re.compile("/v2/images/([^/]+)")


class ImageParts(NamedTuple):
    """What the Image API works with; `link_prefix` as in `ApiSettings`."""

    authenticator: Authenticator
    link_prefix: str | None


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
            req.env[CALLER_KEY] = self._parts.authenticator.caller(req.env, request_id.get())
            _write(resp, _resource(req, path))
        except Unauthenticated as error:
            faults.unauthorized(resp, error, self._parts.authenticator.challenge)
        except HostdownError as error:
            answer(resp, error)

    def _versions(self, req: Request, resp: Response, status: int) -> None:
        """Nobody needs a token for these; where none was asked for, they are a choice, 300."""
        base = link_base(req.scheme, req.netloc, self._parts.link_prefix)
        links = [{"rel": "self", "href": f"{base}{self.prefix}/v2/"}]
        resp.status = status
        found = [{"id": each, "status": state, "links": links} for each, state in VERSIONS]
        _write(resp, {"versions": found})


def _resource(req: Request, path: str) -> object:
    """Raises NoRoute, MethodNotAllowed, and what is wrong with the request."""
    one = _ONE.fullmatch(path)
    if one is None and path != "/v2/images":
        raise NoRoute
    if req.method not in ("GET", "HEAD"):
        raise MethodNotAllowed
    if one is not None:
        raise ImageNotFound(image_id=one[1])
    return _images(read_query(req.env))


def _images(query: dict[str, list[str]]) -> object:
    _check_limit(query.get("limit", [""])[-1])
    for marker in query.get("marker", ())[-1:]:
        raise ImageNotFound(image_id=marker)
    first = {name: values[-1] for name, values in sorted(query.items())}
    return {
        "images": [],
        "schema": "/v2/schemas/images",
        "first": f"/v2/images?{urlencode(first)}" if first else "/v2/images",
    }


def _check_limit(text: str) -> None:
    if text and not re.fullmatch("-?[0-9]+", text):
        raise LimitInvalid(what="an integer")
    if text.startswith("-"):
        raise LimitInvalid(what="positive")


def _write(resp: Response, document: object) -> None:
    resp.content_type = faults.JSON
    resp.data = orjson.dumps(document)
