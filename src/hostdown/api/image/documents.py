"""Images as clients see them, and the schemas that say so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hostdown.domain.image import CONTAINER_FORMATS, DISK_FORMATS, Image, ImageStatus, Visibility

Document = dict[str, Any]

TEXT_CHARS_MAX = 255
"""Of a name, a tag, the name of a property."""
PROPERTY_CHARS_MAX = 16384
"""Of the value of a property."""
NUMBER_MAX = 2**31 - 1
"""Of `min_disk` (GiB) and `min_ram` (MiB)."""

HASH = "sha512"

UUID = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"

_PLAIN = "^[^\\u0000]*$"
"""A column of PostgreSQL's keeps no U+0000."""
_TEXT = {"type": "string", "maxLength": TEXT_CHARS_MAX}
_MAYBE_TEXT = {"type": ["null", "string"], "maxLength": TEXT_CHARS_MAX, "pattern": _PLAIN}
_COUNT = {"type": "integer", "minimum": 0, "maximum": NUMBER_MAX}

WRITABLE: Mapping[str, Document] = {
    "id": {"type": "string", "pattern": UUID},
    "name": _MAYBE_TEXT,
    "owner": _MAYBE_TEXT,
    "visibility": {"type": "string", "enum": sorted(Visibility)},
    "protected": {"type": "boolean"},
    "os_hidden": {"type": "boolean"},
    "disk_format": {"type": ["null", "string"], "enum": [None, *DISK_FORMATS]},
    "container_format": {"type": ["null", "string"], "enum": [None, *CONTAINER_FORMATS]},
    "min_disk": _COUNT,
    "min_ram": _COUNT,
    "tags": {"type": "array", "items": _TEXT},
}
"""What a client may say of an image; everything else that it says is a property, a text."""

_TIME = {"type": "string", "readOnly": True}
_LINK = {"type": "string", "readOnly": True}
_SUM = {"type": ["null", "string"], "readOnly": True}
_SIZE = {"type": ["null", "integer"], "readOnly": True}
READ_ONLY: Mapping[str, Document] = {
    "status": {"type": "string", "enum": sorted(ImageStatus), "readOnly": True},
    "size": _SIZE,
    "virtual_size": _SIZE,
    "checksum": _SUM,
    "os_hash_algo": _SUM,
    "os_hash_value": _SUM,
    "created_at": _TIME,
    "updated_at": _TIME,
    "self": _LINK,
    "file": _LINK,
    "schema": _LINK,
}
NEVER_WRITTEN = frozenset({*READ_ONLY, "direct_url", "locations", "stores"})
RESERVED = frozenset({"deleted", "deleted_at"})
RESERVED_PREFIX = "os_glance"

PROPERTY: Document = {"type": "string", "maxLength": PROPERTY_CHARS_MAX}


def image_schema() -> Document:
    """Of one image, as clients fetch it."""
    return {
        "name": "image",
        "properties": {**WRITABLE, **READ_ONLY},
        "additionalProperties": PROPERTY,
        "links": [
            {"rel": "self", "href": "{self}"},
            {"rel": "enclosure", "href": "{file}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    }


def images_schema() -> Document:
    """Of a page of images."""
    text = {"type": "string"}
    images = {"type": "array", "items": image_schema()}
    return {
        "name": "images",
        "properties": {"images": images, "schema": text, "next": text, "first": text},
        "links": [
            {"rel": "first", "href": "{first}"},
            {"rel": "next", "href": "{next}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    }


def image_document(image: Image) -> Document:
    """One image."""
    path = f"/v2/images/{image.id}"
    return {
        **image.properties,
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "visibility": image.visibility,
        "owner": image.owner or None,
        "protected": image.protected,
        "os_hidden": image.hidden,
        "disk_format": image.disk_format,
        "container_format": image.container_format,
        "min_disk": image.min_disk_gb,
        "min_ram": image.min_ram_mb,
        "size": image.size,
        "virtual_size": image.virtual_size,
        "checksum": image.checksum,
        "os_hash_algo": None if image.sha512 is None else HASH,
        "os_hash_value": image.sha512,
        "tags": list(image.tags),
        "created_at": _shown(image.created_at),
        "updated_at": _shown(image.updated_at),
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }


def _shown(moment: datetime) -> str:
    return f"{moment.replace(microsecond=0).isoformat()}Z"
