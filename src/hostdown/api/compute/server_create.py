"""POST /servers (contract 3.7): what is asked for, checked and turned into a wish."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hostdown.api.compute import ids
from hostdown.api.compute.call import Call
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.passwords import generated_password
from hostdown.api.compute.route import Located, Route
from hostdown.api.compute.server_create_body import ANSWER, BODY, HINT_KEYS, SERVERS_MAX, addresses
from hostdown.api.compute.types import truth
from hostdown.api.parts import ApiParts
from hostdown.api.rights import IS_ADMIN
from hostdown.domain.create_errors import (
    CountInvalid,
    CountsReversed,
    DestinationsMixed,
    DevicesUnsupported,
    FlavorDiskTooSmall,
    FlavorMemoryTooSmall,
    FlavorUnknown,
    FlavorWithoutDisk,
    GroupUnknown,
    ImageRefMissing,
    KeyNameInvalid,
    NetworkNotFound,
    RequestedImageNotFound,
    SecurityGroupNotFound,
)
from hostdown.domain.flavor_errors import FlavorNotFound
from hostdown.domain.image import Viewer
from hostdown.domain.image_errors import ImageUnknown
from hostdown.domain.instance import Extras
from hostdown.domain.model import Flavor
from hostdown.domain.quota_errors import FilePathTooLong, FileTooLarge, TooManyFiles
from hostdown.domain.quotas import exceeds
from hostdown.domain.server_errors import ServerGroupNotFound
from hostdown.services import flavors, server_create, server_groups
from hostdown.services.image_ports import Asker, UsableImage
from hostdown.services.server_create import Count, Making
from hostdown.services.server_wish import Wish

Body = Mapping[str, Any]
GIB = 2**30

DEFAULT_GROUP = "default"
"""The security group that every project has; others belong to networks."""

_RULES = "os_compute_api:servers:create"


class Destination(NamedTuple):
    """Where the server should go, and whether the scheduler is to be asked."""

    zone: str | None = None
    hosts: Sequence[str] | None = None
    forced: bool = False
    node: str | None = None


def create(call: Call) -> object:
    """POST /servers: accepted, and everything after it is seen by looking at the server."""
    call.authorize()
    body: Body = call.body["server"]
    destination = _destination(call, body)
    _check_unsupported(body)
    _check_files(call, body.get("personality") or [])
    flavor = _flavor(call, body)
    image = _image(call, body)
    _check_fits(image, flavor)
    wish = _wish(call, body, destination, flavor, image)
    now = call.parts.clock.now()
    made = server_create.create(_making(call.parts), call.caller, wish, _count(body), now)
    call.parts.look_now()
    if truth(body.get("return_reservation_id", False)):
        return {"reservation_id": made[0].extras.reservation_id}
    first = made[0]
    link = call.address.self_link(f"/servers/{first.uuid}")
    answer = {
        "server": {
            "id": first.uuid,
            "links": [
                {"rel": "self", "href": link},
                {"rel": "bookmark", "href": call.address.bookmark(f"/servers/{first.uuid}")},
            ],
            "OS-DCF:diskConfig": first.extras.disk_config,
            "security_groups": [{"name": DEFAULT_GROUP}],
            "adminPass": body.get("adminPass") or generated_password(),
        }
    }
    return Located(answer, link)


def _making(parts: ApiParts) -> Making:
    return Making(parts.cells, parts.directory, parts.surveyor, parts.settings.quotas)


# ---------------------------------------------------------------------------------------- where


def _destination(call: Call, body: Body) -> Destination:
    """Raises PolicyForbids, DestinationsMixed."""
    zone, _, rest = (body.get("availability_zone") or "").partition(":")
    host, _, node = rest.partition(":")
    named, named_node = body.get("host"), body.get("hypervisor_hostname")
    if host or node:
        if named or named_node:
            raise DestinationsMixed
        call.require(f"{_RULES}:forced_host")
        return Destination(zone or None, [host] if host else None, forced=True, node=node or None)
    if named or named_node:
        call.require("compute:servers:create:requested_destination")
    return Destination(zone or None, [named] if named else None, node=named_node)


# ---------------------------------------------------------------------------------------- what


def _check_unsupported(body: Body) -> None:
    """Raises NetworkNotFound, SecurityGroupNotFound, KeyNameInvalid, DevicesUnsupported."""
    networks = body.get("networks")
    if isinstance(networks, list):
        for each in networks:
            raise NetworkNotFound(network=each.get("uuid") or each.get("port") or "")
    for each in body.get("security_groups") or []:
        if each["name"] != DEFAULT_GROUP:
            raise SecurityGroupNotFound(group=each["name"])
    if body.get("key_name") is not None:
        raise KeyNameInvalid
    devices = body.get("block_device_mapping_v2") or []
    if len(devices) > 1 or not all(_is_the_image(body, each) for each in devices):
        raise DevicesUnsupported


def _check_files(call: Call, files: Sequence[Body]) -> None:
    """No guest gets them; what is too much is told. Raises TooManyFiles, FilePathTooLong, …"""
    quotas = call.parts.settings.quotas
    if exceeds(len(files), quotas.injected_files):
        raise TooManyFiles
    for each in files:
        if exceeds(len(each["path"]), quotas.injected_file_path_bytes):
            raise FilePathTooLong(limit=quotas.injected_file_path_bytes)
        if exceeds(len(b64decode(each["contents"])), quotas.injected_file_content_bytes):
            raise FileTooLarge(limit=quotas.injected_file_content_bytes)


def _is_the_image(body: Body, device: Body) -> bool:
    """What openstackclient says beside imageRef: the one disk is made of the image."""
    return (
        device.get("source_type") == "image"
        and device.get("destination_type", "local") == "local"
        and device.get("uuid") == body.get("imageRef")
        and str(device.get("boot_index")) == "0"
    )


def _image(call: Call, body: Body) -> UsableImage:
    """Raises ImageRefMissing, RequestedImageNotFound, ImageNotActive, ImageUnusable."""
    image_id = body.get("imageRef")
    if not image_id:
        raise ImageRefMissing
    viewer = Viewer(call.caller.project_id, call.by_admin)
    try:
        return call.parts.images.usable(Asker(viewer, call.token()), image_id)
    except ImageUnknown as error:
        raise RequestedImageNotFound from error


def _flavor(call: Call, body: Body) -> Flavor:
    """Raises FlavorUnknown, FlavorWithoutDisk."""
    flavor_id = str(body["flavorRef"]).rstrip("/").rpartition("/")[2]
    try:
        viewer = flavors.Viewer(call.caller.project_id, call.by_admin)
        flavor = flavors.find(call.parts.directory, flavor_id, viewer)
    except FlavorNotFound as error:
        raise FlavorUnknown(flavor_id=flavor_id) from error
    if flavor.root_gb == 0 and not call.may(f"{_RULES}:zero_disk_flavor"):
        raise FlavorWithoutDisk
    return flavor


def _check_fits(image: UsableImage, flavor: Flavor) -> None:
    """Raises FlavorMemoryTooSmall, FlavorDiskTooSmall."""
    if flavor.memory_mb < image.min_ram_mb:
        raise FlavorMemoryTooSmall
    needed = max(image.virtual_size, image.min_disk_gb * GIB)
    if 0 < flavor.root_gb * GIB < needed:
        raise FlavorDiskTooSmall(flavor_bytes=flavor.root_gb * GIB, image_bytes=needed)


def _wish(
    call: Call, body: Body, destination: Destination, flavor: Flavor, image: UsableImage
) -> Wish:
    networks = body.get("networks")
    name: str = body["name"]
    described = call.version >= Version(2, 19)
    hints = _hints(call.body)
    return Wish(
        name=name,
        flavor=flavor,
        image=image.source,
        image_properties=image.properties,
        description=body.get("description") if described else name,
        hostname=body.get("hostname"),
        metadata=body.get("metadata") or {},
        hints=hints,
        group_uuid=_group(call, hints),
        network="none" if networks == "none" else "auto",
        zone=destination.zone,
        hosts=destination.hosts,
        node=destination.node,
        forced=destination.forced,
        extras=Extras(
            **addresses(body),
            config_drive=truth(body.get("config_drive", False)),
            user_data=body.get("user_data"),
            disk_config=body.get("OS-DCF:diskConfig", "MANUAL"),
        ),
    )


def _hints(body: Body) -> Mapping[str, object]:
    for key in HINT_KEYS:
        if key in body:
            return body[key]  # type: ignore[no-any-return] # checked by its schema
    return {}


def _group(call: Call, hints: Mapping[str, object]) -> str | None:
    """The group that it joins; another project's is there for administrators alone.

    Raises GroupUnknown.
    """
    hinted = hints.get("group")
    if hinted is None:
        return None
    try:
        group = server_groups.show(call.parts.directory, ids.uuid(str(hinted)))
    except ServerGroupNotFound as error:
        raise GroupUnknown(group_id=hinted) from error
    if group.project_id != call.caller.project_id and not call.by_admin:
        raise GroupUnknown(group_id=hinted)
    return group.uuid


def _count(body: Body) -> Count:
    """How many; all of them or none are made. Raises CountInvalid, CountsReversed."""
    least = _number(body, "min_count")
    most = _number(body, "max_count", least)
    if least > most:
        raise CountsReversed
    return Count(least, most)


def _number(body: Body, name: str, otherwise: int = 1) -> int:
    value = body.get(name, otherwise)
    if len(str(value)) > len(str(SERVERS_MAX)) or not 1 <= int(value) <= SERVERS_MAX:
        raise CountInvalid(name=name, value=value, most=SERVERS_MAX)
    return int(value)


ROUTES = (
    Route(
        "POST",
        "/servers",
        create,
        _RULES,
        success=202,
        body=BODY,
        whole_answer=ANSWER,
        faults=(400, 403, 409),
        more_rules=(
            IS_ADMIN,
            f"{_RULES}:forced_host",
            f"{_RULES}:zero_disk_flavor",
            "compute:servers:create:requested_destination",
        ),
        note="With `return_reservation_id` the answer is `reservation_id` alone.",
    ),
)
