"""The body of POST /servers at every microversion, and the answer (contract 3.7)."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address
from typing import Any

from hostdown.api.compute import types
from hostdown.api.compute.fields import Param, nested
from hostdown.api.compute.microversion import MAXIMUM, MINIMUM, Version
from hostdown.api.compute.types import BOOLEAN, HOST, NAME, UUID, Schema, closed
from hostdown.api.described import record

METADATA: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[^\n]*$"},
    "patternProperties": {
        "^[a-zA-Z0-9-_:. ]{1,255}$": {
            "type": "string",
            "maxLength": 255,
            "pattern": "^[^\x00]*$",
        }
    },
    "additionalProperties": False,
}
DESCRIPTION: Schema = {
    "type": ["string", "null"],
    "minLength": 0,
    "maxLength": 255,
    "pattern": "^[^\x00-\x08\x0e-\x1f]*$",
}
HOSTNAME_SHORT: Schema = {
    "type": "string",
    "minLength": 2,
    "maxLength": 63,
    "pattern": r"^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$",
}
ADDRESS_V4: Schema = {"type": "string", "format": "ipv4", "maxLength": 15}
ADDRESS_V6: Schema = {"type": "string", "format": "ipv6", "maxLength": 45}
ADDRESSES = {"accessIPv4": "access_ip_v4", "accessIPv6": "access_ip_v6"}
"""What the body calls it, and what we do."""


def addresses(body: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are given, by our names; of the ways to write an IPv6 address, one is kept."""
    found = {ADDRESSES[name]: body[name] for name in ADDRESSES if name in body}
    if text := found.get("access_ip_v6"):
        found["access_ip_v6"] = str(IPv6Address(text))
    return found


DISK_CONFIG: Schema = {"type": "string", "enum": ["AUTO", "MANUAL"]}
PASSWORD: Schema = {"type": "string", "maxLength": 255, "pattern": "^[^\x00]*$"}
IDENTIFIER: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
COUNT: Schema = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": 1, "minLength": 1}
TAG: Schema = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"}
FLAVOR_REF: Schema = {"type": ["string", "integer"], "minLength": 1}
IMAGE_REF: Schema = {"oneOf": [UUID, {"type": "string", "maxLength": 0}]}

SERVERS_MAX = 200
"""Servers in one request; each has its place, permit and history written before the answer."""
NETWORKS_MAX = 64
"""Networks of one server."""
DEVICES_MAX = 64
"""Block devices in one request."""


def _network(*more: str) -> Schema:
    fields: dict[str, Schema] = {
        "fixed_ip": {"type": "string"},
        "port": {"type": ["string", "null"], "format": "uuid"},
        "uuid": {"type": "string", "format": "uuid"},
        **{name: TAG for name in more},
    }
    return {"type": "array", "items": closed(fields), "maxItems": NETWORKS_MAX}


def _networks(since: Version, until: Version, *more: str) -> Param:
    listed = _network(*more)
    if since < Version(2, 37):
        return Param("networks", listed, since=since, until=until)
    either = {"oneOf": [listed, {"type": "string", "enum": ["none", "auto"]}]}
    return Param("networks", either, required=True, since=since, until=until)


_DEVICE: dict[str, Schema] = {
    "virtual_name": IDENTIFIER,
    "volume_id": {"type": "string", "format": "uuid"},
    "snapshot_id": {"type": "string", "format": "uuid"},
    "image_id": {"type": "string", "format": "uuid"},
    "volume_size": {"type": ["integer", "string", "null"], "pattern": "^[0-9]+$", "minimum": 1},
    "device_name": IDENTIFIER,
    "delete_on_termination": BOOLEAN,
    "no_device": {},
    "connection_info": IDENTIFIER,
    "source_type": {"type": "string", "enum": ["volume", "image", "snapshot", "blank"]},
    "uuid": IDENTIFIER,
    "destination_type": {"type": "string", "enum": ["local", "volume"]},
    "guest_format": {"type": "string", "maxLength": 255},
    "device_type": {"type": "string", "maxLength": 255},
    "disk_bus": {"type": "string", "maxLength": 255},
    "boot_index": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$"},
}
_VOLUME_TYPE: Schema = {"type": ["string", "null"], "minLength": 0, "maxLength": 255}


def _devices(since: Version, until: Version, **more: Schema) -> Param:
    items = closed(_DEVICE | more)
    schema = {"type": "array", "items": items, "maxItems": DEVICES_MAX}
    return Param("block_device_mapping_v2", schema, since=since, until=until)


_FILE = closed(
    {"path": {"type": "string"}, "contents": {"type": "string", "format": "base64"}},
    ["path", "contents"],
)

SERVER: Sequence[Param] = (
    Param("name", NAME, required=True),
    Param("flavorRef", FLAVOR_REF, required=True),
    Param("imageRef", IMAGE_REF),
    _networks(MINIMUM, Version(2, 31)),
    _networks(Version(2, 32), Version(2, 36), "tag"),
    _networks(Version(2, 37), Version(2, 41)),
    _networks(Version(2, 42), MAXIMUM, "tag"),
    _devices(MINIMUM, Version(2, 31)),
    _devices(Version(2, 32), Version(2, 32), tag=TAG),
    _devices(Version(2, 33), Version(2, 41)),
    _devices(Version(2, 42), Version(2, 66), tag=TAG),
    _devices(Version(2, 67), MAXIMUM, tag=TAG, volume_type=_VOLUME_TYPE),
    Param("metadata", METADATA),
    Param("adminPass", PASSWORD),
    Param("availability_zone", NAME),
    Param("key_name", IDENTIFIER),
    Param(
        "security_groups",
        {"type": "array", "items": closed({"name": IDENTIFIER}), "maxItems": NETWORKS_MAX},
    ),
    Param("config_drive", BOOLEAN),
    Param("user_data", {"type": ["string", "null"], "format": "base64", "maxLength": 65535}),
    Param("accessIPv4", ADDRESS_V4),
    Param("accessIPv6", ADDRESS_V6),
    Param("OS-DCF:diskConfig", DISK_CONFIG),
    Param("min_count", COUNT),
    Param("max_count", COUNT),
    Param("return_reservation_id", BOOLEAN),
    Param(
        "personality",
        {"type": "array", "items": _FILE},
        until=Version(2, 56),
    ),
    Param("description", DESCRIPTION, since=Version(2, 19)),
    Param("tags", {"type": "array", "items": TAG, "maxItems": 50}, since=Version(2, 52)),
    Param(
        "trusted_image_certificates",
        {
            "type": ["array", "null"],
            "items": IDENTIFIER,
            "minItems": 1,
            "maxItems": 50,
            "uniqueItems": True,
        },
        since=Version(2, 63),
    ),
    Param("host", HOST, since=Version(2, 74)),
    Param("hypervisor_hostname", HOST, since=Version(2, 74)),
    Param("hostname", HOSTNAME_SHORT, since=Version(2, 90), until=Version(2, 93)),
    Param("hostname", HOST, since=Version(2, 94)),
)

_UUIDS: Schema = {
    "oneOf": [
        {"type": "string", "format": "uuid"},
        {"type": "array", "items": {"type": "string", "format": "uuid"}, "maxItems": 100},
    ]
}
HINTS: Schema = {
    "type": "object",
    "properties": {
        "group": {"type": "string", "format": "uuid"},
        "different_host": _UUIDS,
        "same_host": _UUIDS,
        "query": {"type": ["string", "object"]},
        "target_cell": IDENTIFIER,
        "different_cell": {"type": ["string", "array"], "items": {"type": "string"}},
        "build_near_host_ip": {"type": "string", "maxLength": 45},
        "cidr": {"type": "string", "pattern": "^/[0-9a-f.:]+$"},
    },
    "additionalProperties": True,
    "maxProperties": 20,
}
HINT_KEYS = ("os:scheduler_hints", "OS-SCH-HNT:scheduler_hints")

BODY: Sequence[Param] = (
    *nested("server", SERVER, required=True),
    *(Param(name, HINTS) for name in HINT_KEYS),
)

ANSWER = {
    "oneOf": [
        record(
            {
                "server": record(
                    {
                        "id": types.UUID,
                        "links": types.LINKS,
                        "OS-DCF:diskConfig": types.STRING,
                        "security_groups": {"type": "array"},
                        "adminPass": types.STRING,
                    }
                )
            }
        ),
        record({"reservation_id": types.STRING}),
    ]
}
