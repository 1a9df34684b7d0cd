"""The version documents (contract 1.2): what clients read before anything else, without a token."""

from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from hostdown.api.compute.call import Call
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM
from hostdown.api.compute.route import Route
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


def link_base(scheme: str, host: str, prefix: str | None) -> str:
    """What links begin with: the request's scheme and host, or `[api] compute_link_prefix`."""
    if not prefix:
        return f"{scheme}://{host}"
    parts = urlsplit(prefix)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def index(base: str) -> dict[str, object]:
    """GET /."""
    return {
        "versions": [
            {
                "id": root.id,
                "status": root.status,
                "version": root.version,
                "min_version": root.min_version,
                "updated": root.updated,
                "links": [_self(f"{base}/{root.path}/")],
            }
            for root in ROOTS
        ]
    }


def document(root: Root, base: str) -> dict[str, object]:
    """GET /v2.1/ and the like."""
    described_by = {
        "rel": "describedby",
        "type": "text/html",
        "href": "http://docs.openstack.org/",
    }
    return {
        "version": {
            "id": root.id,
            "status": root.status,
            "version": root.version,
            "min_version": root.min_version,
            "updated": root.updated,
            "links": [_self(f"{base}/{root.path}/"), described_by],
            "media-types": _media_types(root),
        }
    }


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


def _self(href: str) -> dict[str, str]:
    return {"rel": "self", "href": href}


def _media_types(root: Root) -> list[dict[str, str]]:
    return [{"base": "application/json", "type": _MEDIA_TYPE + root.media_version}]


ROUTES = (
    Route("GET", "/", show_current, rule=None),
    Route("GET", "/versions/{id}", show, rule=None),
)
