"""The version documents (contract 1.2): what clients read before anything else, without a token."""

from typing import NamedTuple
from urllib.parse import quote

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Param, views
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM
from hostdown.api.compute.route import Answer, Route
from hostdown.api.compute.types import LINKS, STRING
from hostdown.api.errors import NotFoundAtVersion

_MEDIA_TYPE = "application/vnd.openstack.compute+json;version="


class Root(NamedTuple):
    """One version root of the API."""

    id: str
    path: str
    status: str
    version: str
    min_version: str
    updated: str
    media_version: str


V2 = Root("v2.0", "v2", "DEPRECATED", "", "", "2025-07-04T12:00:00Z", "2")
V21 = Root("v2.1", "v2.1", "CURRENT", str(MAXIMUM), str(MINIMUM), "2013-07-23T11:33:21Z", "2.1")
ROOTS = (V2, V21)


class Shown(NamedTuple):
    """What a record needs to know beside the root."""

    base: str


def _self(href: str) -> dict[str, str]:
    return {"rel": "self", "href": href}


def _links(root: Root, base: str) -> list[dict[str, str]]:
    return [_self(f"{base}/{root.path}/")]


def _described_links(root: Root, base: str) -> list[dict[str, str]]:
    described_by = {
        "rel": "describedby",
        "type": "text/html",
        "href": "http://docs.openstack.org/",
    }
    return [*_links(root, base), described_by]


def _media_types(root: Root) -> list[dict[str, str]]:
    return [{"base": "application/json", "type": _MEDIA_TYPE + root.media_version}]


_HEAD: tuple[Field[Root, Shown], ...] = (
    Field("id", "id", schema=STRING),
    Field("status", "status", schema=STRING),
    Field("version", "version", schema=STRING),
    Field("min_version", "min_version", schema=STRING),
    Field("updated", "updated", schema=STRING),
)
BRIEF = (*_HEAD, Field("links", _links, given="base", schema=LINKS))
FULL = (
    *_HEAD,
    Field("links", _described_links, given="base", schema=LINKS),
    Field("media-types", _media_types, schema={"type": "array", "items": {"type": "object"}}),
)
_BRIEF, _FULL = views(BRIEF)[MINIMUM], views(FULL)[MINIMUM]


def index(base: str) -> dict[str, object]:
    """GET /."""
    return {"versions": _BRIEF(ROOTS, Shown(base))}


def document(root: Root, base: str) -> dict[str, object]:
    """GET /v2.1/ and the like."""
    return {"version": _FULL([root], Shown(base))[0]}


def choices(base: str, path: str) -> dict[str, object]:
    """The answer, status 300, to a path below no version root."""
    below = quote(path.strip("/"), safe="/~:@!$&'()*+,;=")
    return {
        "choices": [
            {
                "id": root.id,
                "status": root.status,
                "links": [_self(f"{base}/{root.path}/{below}")],
                "media-types": _media_types(root),
            }
            for root in ROOTS
        ]
    }


def show_current(call: Call) -> object:
    """GET /v2.1/<project>/."""
    return document(V21, call.address.base)


def show(call: Call) -> object:
    """GET /v2.1/versions/<id>."""
    for root in ROOTS:
        if root.id == call.names["id"]:
            return document(root, call.address.base)
    raise NotFoundAtVersion


INDEX = Answer("versions", BRIEF, many=True)
VERSION = Answer("version", FULL)

ROUTES = (
    Route("GET", "/", show_current, rule=None, answer=VERSION),
    Route(
        "GET",
        "/versions/{id}",
        show,
        rule=None,
        answer=VERSION,
        names=(Param("id", {"enum": [root.id for root in ROOTS]}),),
    ),
)
