"""What `/image` serves, for documents."""

from hostdown.api import faults
from hostdown.api.described import NO_TOKEN, Described, Schema, in_path, record
from hostdown.api.image.errors import PAGE_TYPE

_TEXT: Schema = {"type": "string"}
_LINK = record({"rel": _TEXT, "href": _TEXT})
_VERSION = record({"id": _TEXT, "status": _TEXT, "links": {"type": "array", "items": _LINK}})
_VERSIONS = record({"versions": {"type": "array", "items": _VERSION}})
_IMAGE: Schema = {"type": "object"}
_IMAGES = record(
    {"images": {"type": "array", "items": _IMAGE}, "schema": _TEXT, "first": _TEXT, "next": _TEXT},
    required=("images", "schema", "first"),
)
_IN_QUERY = tuple(
    {"name": name, "in": "query", "schema": schema}
    for name, schema in (("limit", {"type": "integer", "minimum": 0}), ("marker", _TEXT))
)
_FAULTS = {
    400: PAGE_TYPE,
    401: faults.described(401),
    404: PAGE_TYPE,
    414: PAGE_TYPE,
    500: faults.described(500),
    503: faults.described(503),
}

OPERATIONS = (
    Described("GET", "", 300, _VERSIONS, security=NO_TOKEN),
    Described("GET", "/v2", 300, _VERSIONS, security=NO_TOKEN),
    Described("GET", "/versions", 200, _VERSIONS, security=NO_TOKEN),
    Described("GET", "/v2/images", 200, _IMAGES, parameters=_IN_QUERY, faults=_FAULTS),
    Described(
        "GET", "/v2/images/{id}", 200, _IMAGE, parameters=(in_path("id", _TEXT),), faults=_FAULTS
    ),
)
