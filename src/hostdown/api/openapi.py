"""/openapi.json: every operation of this server, from the tables, for one microversion.

The query says which one (`?version=2.53`, `latest`; the newest without it); no token is needed.
Addresses in it are relative, so that it is true behind any proxy.
"""

import itertools
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus

import orjson
from falcon import Request, Response

from hostdown.api import faults
from hostdown.api.compute import microversion, versions
from hostdown.api.compute.described import answer_schema, described
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.routes import ROUTES
from hostdown.api.compute.types import STRING
from hostdown.api.described import NO_TOKEN, Described, Schema
from hostdown.api.errors import NoRoute
from hostdown.api.ports import SubApplication
from hostdown.api.request import read_query
from hostdown.domain.errors import HostdownError

Responses = dict[str, dict[str, object]]

KEPT_MAX = 8
"""Documents in memory, each of one microversion."""

DESCRIPTION = """\
The Compute API is described at one microversion; `GET /openapi.json?version=2.53` has another, and
`x-openstack` tells which versions have an operation. The id of the token's project may stand
between `/v2.1` and what follows. `/v2` is `/v2.1` at its oldest microversion, whatever is asked."""


class OpenApi:
    """GET and HEAD /openapi.json, as a Falcon sink; tells of itself too."""

    prefix = "/openapi.json"
    operations = (
        Described(
            "GET",
            "",
            answer={"type": "object"},
            parameters=({"name": "version", "in": "query", "schema": STRING},),
            faults={status: faults.described(status) for status in (400, 406, 414)},
            security=NO_TOKEN,
        ),
    )

    def __init__(self, applications: Iterable[SubApplication], release: str) -> None:
        mounted = (self, *applications)
        self._text = lru_cache(KEPT_MAX)(
            lambda version: orjson.dumps(document(version, mounted, release))
        )

    def __call__(self, req: Request, resp: Response) -> None:
        """Answer any method that asks with the document, as the version documents do."""
        try:
            if req.path != self.prefix:
                raise NoRoute
            text = self._text(_wanted(read_query(req.env)))
        except HostdownError as error:
            faults.answer(resp, error)
            return
        resp.content_type = faults.JSON
        resp.data = text


def _wanted(query: Mapping[str, list[str]]) -> Version:
    return microversion.requested(None, query.get("version", ["latest"])[-1])


def document(
    version: Version, applications: Iterable[SubApplication], release: str
) -> dict[str, object]:
    """The OpenAPI document, without anything that depends on who asks."""
    root = Described("GET", "/", 200, answer_schema(versions.INDEX, version), security=NO_TOKEN)
    told: list[tuple[str, Iterable[Described]]] = [
        ("", (root,)),
        ("/v2.1", described(ROUTES, version)),
        *((each.prefix, each.operations) for each in applications),
    ]
    paths: dict[str, dict[str, object]] = {}
    faults: Responses = {}
    for prefix, operations in told:
        for each in operations:
            operation = _operation(prefix, each, faults)
            paths.setdefault(prefix + each.path, {})[each.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hostdown",
            "version": release,
            "description": DESCRIPTION,
            "x-openstack": {
                "microversion": str(version),
                "min-ver": str(MINIMUM),
                "max-ver": str(MAXIMUM),
            },
        },
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {
            "responses": faults,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
            },
        },
    }


def _operation(prefix: str, told: Described, shared: Responses) -> dict[str, object]:
    operation: dict[str, object] = {
        "operationId": f"{told.method} {prefix}{told.path}",
        "parameters": list(told.parameters),
        "responses": {
            str(told.success): _response(told.success, told.answer),
            **{str(status): _response(status, answer) for status, answer in told.further.items()},
            **{str(status): _fault(status, body, shared) for status, body in told.faults.items()},
        },
        "security": [{each: []} if each else {} for each in told.security],
        **told.extras,
    }
    if told.body is not None:
        operation["requestBody"] = {
            "required": told.body_required,
            "content": _json(told.body),
        }
    return operation


def _fault(status: int, body: Schema | str, shared: Responses) -> dict[str, object]:
    """A reference to the response in `shared` that is this one; it is added if none is."""
    response = _response(status, body)
    names = (f"{status}.{number}" for number in itertools.count(1))
    name = next(name for name in names if shared.setdefault(name, response) == response)
    return {"$ref": f"#/components/responses/{name}"}


def _response(status: int, body: Schema | str | None) -> dict[str, object]:
    """`body`: its schema, or the media type of one that is not JSON."""
    told: dict[str, object] = {"description": HTTPStatus(status).phrase}
    if isinstance(body, str):
        told["content"] = {body: {}}
    elif body is not None:
        told["content"] = _json(body)
    return told


def _json(schema: Schema) -> dict[str, object]:
    return {"application/json": {"schema": schema}}
