"""What `/image` serves, for documents."""

from hostdown.api import faults
from hostdown.api.described import NO_TOKEN, Described, Schema, in_path, record
from hostdown.api.image.documents import (
    PROPERTY,
    WRITABLE,
    image_schema,
    images_schema,
)
from hostdown.api.image.errors import PAGE_TYPE
from hostdown.api.image.queries import SORT_KEYS

_TEXT: Schema = {"type": "string"}
_ANY: Schema = {"type": "object"}
_LINK = record({"rel": _TEXT, "href": _TEXT})
_VERSION = record({"id": _TEXT, "status": _TEXT, "links": {"type": "array", "items": _LINK}})
_VERSIONS = record({"versions": {"type": "array", "items": _VERSION}})


def _image() -> Schema:
    schema = image_schema()
    return {
        "type": "object",
        "properties": schema["properties"],
        "required": list(schema["properties"]),
        "additionalProperties": PROPERTY,
    }


_IMAGE = _image()
_IMAGES = record(
    {**images_schema()["properties"], "images": {"type": "array", "items": _IMAGE}},
    required=("images", "schema", "first"),
)
_NEW: Schema = {
    "type": "object",
    "properties": dict(WRITABLE),
    "additionalProperties": PROPERTY,
}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_IN_QUERY = tuple(
    {"name": name, "in": "query", "schema": schema}
    for name, schema in (
        ("limit", _COUNT),
        ("marker", _TEXT),
        ("sort", _TEXT),
        ("sort_key", {"type": "string", "enum": list(SORT_KEYS)}),
        ("sort_dir", {"type": "string", "enum": ["asc", "desc"]}),
        ("id", _TEXT),
        ("name", _TEXT),
        ("status", _TEXT),
        ("visibility", _TEXT),
        ("owner", _TEXT),
        ("disk_format", _TEXT),
        ("container_format", _TEXT),
        ("tag", _TEXT),
        ("protected", {"type": "string", "enum": ["true", "false"]}),
        ("os_hidden", {"type": "string", "enum": ["true", "false"]}),
        ("size_min", _COUNT),
        ("size_max", _COUNT),
        ("created_at", _TEXT),
        ("updated_at", _TEXT),
    )
)
_PAGES = (400, 403, 404, 405, 409, 410, 413, 414, 415)
_FAULTS: dict[int, Schema | str] = {
    **{status: PAGE_TYPE for status in _PAGES},
    401: faults.described(401),
    500: faults.described(500),
    503: faults.described(503),
}
_ID = (in_path("id", _TEXT),)
_TAG = (*_ID, in_path("tag", _TEXT))


def _operation(
    method: str,
    path: str,
    success: int = 204,
    answer: Schema | None = None,
    parameters: tuple[Schema, ...] = _ID,
    body: Schema | None = None,
) -> Described:
    return Described(
        method, f"/v2{path}", success, answer, body=body, parameters=parameters, faults=_FAULTS
    )


OPERATIONS = (
    Described("GET", "", 300, _VERSIONS, security=NO_TOKEN),
    Described("GET", "/v2", 300, _VERSIONS, security=NO_TOKEN),
    Described("GET", "/versions", 200, _VERSIONS, security=NO_TOKEN),
    _operation("GET", "/images", 200, _IMAGES, _IN_QUERY),
    _operation("POST", "/images", 201, _IMAGE, (), _NEW),
    _operation("GET", "/images/{id}", 200, _IMAGE),
    _operation("PATCH", "/images/{id}", 200, _IMAGE),
    _operation("DELETE", "/images/{id}"),
    _operation("PUT", "/images/{id}/file"),
    _operation("GET", "/images/{id}/file", 200)._replace(further={204: None}),
    _operation("PUT", "/images/{id}/tags/{tag}", parameters=_TAG),
    _operation("DELETE", "/images/{id}/tags/{tag}", parameters=_TAG),
    _operation("POST", "/images/{id}/actions/deactivate"),
    _operation("POST", "/images/{id}/actions/reactivate"),
    _operation("GET", "/schemas/image", 200, _ANY, ()),
    _operation("GET", "/schemas/images", 200, _ANY, ()),
    _operation("GET", "/info/stores", 200, _ANY, ()),
    _operation("GET", "/info/import", 200, _ANY, ()),
)
