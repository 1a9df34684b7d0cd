"""What of a server is shown, and since when: the rows of contract 3.3, in the order they go out.

A table for each part. `server_records` puts the parts together for who asks and how.
"""

from hostdown.api.compute import server_values as values
from hostdown.api.compute import types
from hostdown.api.compute.fields import Field
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.server_values import Shown
from hostdown.api.compute.types import closed
from hostdown.domain.instance import Instance, instance_name
from hostdown.domain.server_status import STATUSES, UNKNOWN, HostStatus, status

FLAVOR_INSIDE_SINCE = Version(2, 47)
"""From here on a server has its flavor in it; before, a link to it."""
HOST_STATUS_SINCE = Version(2, 16)
HOSTNAME_FOR_ALL_SINCE = Version(2, 90)

_Row = Field[Instance, Shown]

_OBJECT: types.Schema = {"type": "object"}
_ANY_LIST: types.Schema = {"type": "array"}
_ONE_LINK = closed({"id": types.STRING, "links": types.LINKS}, ["id", "links"])
_SIZES = dict.fromkeys(("vcpus", "ram", "disk", "ephemeral", "swap"), types.INTEGER)
_FLAVOR = closed(
    {**_SIZES, "original_name": types.STRING, "extra_specs": types.TEXTS},
    [*_SIZES, "original_name"],
)
_FAULT = closed(
    {
        "code": types.INTEGER,
        "created": types.SECOND,
        "message": types.STRING,
        "details": types.STRING,
    },
    ["code", "created", "message"],
)


def _image_schema(**more: types.Schema) -> types.Schema:
    inside = {"id": types.STRING, "links": types.LINKS, **more}
    return {"oneOf": [{"const": ""}, closed(inside, ["id", "links"])]}


BASE: tuple[_Row, ...] = (
    Field("accessIPv4", "extras.access_ip_v4", schema=types.STRING),
    Field("accessIPv6", "extras.access_ip_v6", schema=types.STRING),
    # Networks are none or the host's own bridge: no address is known.
    Field("addresses", values.nothing, schema=_OBJECT),
    Field("created", values.created, schema=types.SECOND),
    Field("flavor", values.flavor_link, given="links", until=Version(2, 46), schema=_ONE_LINK),
    Field("flavor", values.flavor, given="specs", since=FLAVOR_INSIDE_SINCE, schema=_FLAVOR),
    Field("hostId", values.host_id_of, schema=types.STRING),
    Field("id", "uuid", schema=types.UUID),
    Field("image", values.image, given="links", until=Version(2, 97), schema=_image_schema()),
    Field(
        "image",
        values.image_inside,
        given="links",
        since=Version(2, 98),
        schema=_image_schema(properties=types.TEXTS),
    ),
    Field("links", values.links_of, given="links", schema=types.LINKS),
    Field("metadata", "metadata", schema=types.TEXTS),
    Field("name", "name", schema=types.STRING),
    Field("status", status, schema={"enum": sorted({*STATUSES, UNKNOWN})}),
    Field("tenant_id", "project_id", schema=types.STRING),
    Field("user_id", "user_id", schema=types.STRING),
    Field("updated", values.updated, given="now", schema=types.SECOND),
    Field("OS-DCF:diskConfig", "extras.disk_config", schema={"enum": ["AUTO", "MANUAL"]}),
    Field("fault", values.fault, given="details", schema=_FAULT),
    Field("progress", values.zero, schema=types.INTEGER),
)

WHERE_AND_WHEN: tuple[_Row, ...] = (
    Field("OS-EXT-AZ:availability_zone", values.zone_of, given="zones", schema=types.STRING),
    Field("config_drive", values.config_drive, schema={"enum": ["", "True"]}),
    Field("key_name", "extras.key_name", schema=types.STRING_OR_NULL),
    Field("OS-SRV-USG:launched_at", values.launched, schema=types.TIME_OR_NULL),
    Field("OS-SRV-USG:terminated_at", values.terminated, schema=types.TIME_OR_NULL),
)

_ATTR = "OS-EXT-SRV-ATTR:"
_MORE = Version(2, 3)

_HOSTNAME = Field[Instance, Shown](
    f"{_ATTR}hostname", "hostname", since=HOSTNAME_FOR_ALL_SINCE, schema=types.STRING
)
ATTRIBUTES_FOR_ALL: tuple[_Row, ...] = (_HOSTNAME,)

ATTRIBUTES: tuple[_Row, ...] = (
    Field(f"{_ATTR}host", "host", schema=types.STRING_OR_NULL),
    Field(f"{_ATTR}instance_name", instance_name, schema=types.STRING),
    Field(f"{_ATTR}hypervisor_hostname", "node", schema=types.STRING_OR_NULL),
    Field(f"{_ATTR}hostname", "hostname", since=_MORE, schema=types.STRING),
    Field(f"{_ATTR}kernel_id", values.empty, since=_MORE, schema=types.STRING),
    Field(f"{_ATTR}launch_index", "extras.launch_index", since=_MORE, schema=types.INTEGER),
    Field(f"{_ATTR}ramdisk_id", values.empty, since=_MORE, schema=types.STRING),
    Field(f"{_ATTR}reservation_id", "extras.reservation_id", since=_MORE, schema=types.STRING),
    Field(f"{_ATTR}root_device_name", "extras.root_device_name", since=_MORE, schema=types.STRING),
    Field(f"{_ATTR}user_data", "extras.user_data", since=_MORE, schema=types.STRING_OR_NULL),
)

STATES: tuple[_Row, ...] = (
    Field("OS-EXT-STS:task_state", "task_state", schema=types.STRING_OR_NULL),
    Field("OS-EXT-STS:vm_state", "vm_state", schema=types.STRING),
    Field("OS-EXT-STS:power_state", "power_state", schema={"enum": [0, 1, 3, 4, 6, 7]}),
    # Disks are the host's own.
    Field("os-extended-volumes:volumes_attached", values.none, schema=_ANY_LIST),
)

LOCKED: tuple[_Row, ...] = (Field("locked", values.locked, since=Version(2, 9), schema=types.FLAG),)

HOST: tuple[_Row, ...] = (
    Field(
        "host_status",
        values.host_status,
        given="hosts",
        since=HOST_STATUS_SINCE,
        schema={"enum": [str(each) for each in HostStatus]},
    ),
)

DESCRIBED: tuple[_Row, ...] = (
    Field("description", "description", since=Version(2, 19), schema=types.STRING_OR_NULL),
    Field("tags", values.none, since=Version(2, 26), schema=_ANY_LIST),
    Field("trusted_image_certificates", values.null, since=Version(2, 63), schema={"type": "null"}),
)

GROUPS_SINCE = Version(2, 71)
GROUPS: tuple[_Row, ...] = (
    Field(
        "server_groups",
        values.groups,
        given="groups",
        since=GROUPS_SINCE,
        schema={"type": "array", "items": types.UUID, "maxItems": 1},
    ),
)

REASON: tuple[_Row, ...] = (
    Field("locked_reason", "locked_reason", since=Version(2, 73), schema=types.STRING_OR_NULL),
)

PINNED: tuple[_Row, ...] = (
    Field(
        "pinned_availability_zone",
        "pinned_zone",
        since=Version(2, 96),
        schema=types.STRING_OR_NULL,
    ),
)

HINTS: tuple[_Row, ...] = (
    Field("scheduler_hints", "hints", since=Version(2, 100), schema=_OBJECT),
)
