"""What the keys of a server's record hold (contract 3.3); `server_fields` has the keys."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha224
from typing import NamedTuple

from hostdown.api.compute.call import Address
from hostdown.api.compute.fields import Record
from hostdown.api.compute.types import second, shown
from hostdown.domain.instance import Instance
from hostdown.domain.model import Flavor
from hostdown.domain.server_status import HostStatus
from hostdown.domain.zones import Zones

HOST_IDS_MAX = 4096
"""Pairs of project and host of which a worker remembers the digest."""


class Links(NamedTuple):
    """What links in a record begin with; each ends in a slash."""

    servers: str
    bookmarks: str
    flavors: str
    images: str


def links_at(address: Address) -> Links:
    """Links as the client found us."""
    return Links(
        address.self_link("/servers/"),
        address.bookmark("/servers/"),
        address.bookmark("/flavors/"),
        address.bookmark("/images/"),
    )


class Shown(NamedTuple):
    """What a record needs to know beside the server."""

    links: Links
    zones: Zones
    now: datetime
    hosts: Mapping[str, HostStatus]
    """The status of each host that has a compute service."""
    specs: bool
    """Whether the extra specs of flavors are shown."""
    details: bool
    """Whether the details of our own errors are shown."""
    groups: Collection[str] = ()
    """The server groups of the servers, of those that are there."""


def links(uuid: str, at: Links) -> list[dict[str, str]]:
    """Of a server: to itself, and the same without a version."""
    return [
        {"rel": "self", "href": f"{at.servers}{uuid}"},
        {"rel": "bookmark", "href": f"{at.bookmarks}{uuid}"},
    ]


def links_of(instance: Instance, at: Links) -> list[dict[str, str]]:
    """As `links`."""
    return links(instance.uuid, at)


def created(instance: Instance) -> str:
    """When it was asked for."""
    return second(instance.created_at)


def updated(instance: Instance, now: datetime) -> str:
    """A server that never changed changes now, as in Nova (contract 10.5, edge 67)."""
    return second(instance.updated_at or now)


def flavor_link(instance: Instance, at: Links) -> Record:
    """Where its flavor is, if nobody deleted it since."""
    flavorid = instance.flavor.flavorid
    return {"id": flavorid, "links": [{"rel": "bookmark", "href": f"{at.flavors}{flavorid}"}]}


def flavor_inside(flavor: Flavor, specs: bool) -> Record:
    """A flavor as it was when the server was made; it has no id."""
    made: Record = {
        "vcpus": flavor.vcpus,
        "ram": flavor.memory_mb,
        "disk": flavor.root_gb,
        "ephemeral": flavor.ephemeral_gb,
        "swap": flavor.swap_mb,
        "original_name": flavor.name,
    }
    if specs:
        made["extra_specs"] = flavor.extra_specs
    return made


def flavor(instance: Instance, specs: bool) -> Record:
    """As `flavor_inside`."""
    return flavor_inside(instance.flavor, specs)


@lru_cache(HOST_IDS_MAX)
def host_id(project_id: str, host: str | None) -> str:
    """Tells the owner of two servers whether they are on one host, and nothing more."""
    return "" if not host else sha224(f"{project_id}{host}".encode()).hexdigest()


def host_id_of(instance: Instance) -> str:
    """As `host_id`."""
    return host_id(instance.project_id, instance.host)


def image_link(image_id: str, at: Links) -> Record | str:
    """ "" for an empty disk."""
    if not image_id:
        return ""
    return {"id": image_id, "links": [{"rel": "bookmark", "href": f"{at.images}{image_id}"}]}


def image(instance: Instance, at: Links) -> Record | str:
    """Where its image is."""
    return image_link("" if instance.image is None else instance.image.id, at)


def image_inside(instance: Instance, at: Links) -> Record | str:
    """The same with what the image said of itself."""
    made = image(instance, at)
    return made if isinstance(made, str) else {**made, "properties": instance.image_properties}


def fault(instance: Instance, details: bool) -> Record | None:
    """What went wrong last. Details of our own errors are not for everybody."""
    fault = instance.fault
    if fault is None:
        return None
    made: Record = {
        "code": fault.code,
        "created": second(fault.created_at),
        "message": fault.message,
    }
    if fault.details and (details or fault.code != 500):
        made["details"] = fault.details
    return made


def zone_of(instance: Instance, zones: Zones) -> str:
    """The zone of its host; without one, the zone that was asked for."""
    if instance.host is None:
        return instance.zone or ""
    return zones.of_hosts.get(instance.host, zones.policy.default)


def config_drive(instance: Instance) -> str:
    """Nova's word for yes, and for no."""
    return "True" if instance.extras.config_drive else ""


def launched(instance: Instance) -> object:
    """When it ran first."""
    return shown(instance.launched_at)


def terminated(instance: Instance) -> object:
    """When it was deleted."""
    return shown(instance.terminated_at)


def none(_: Instance) -> list[object]:
    """Of what no server has any."""
    return []


def nothing(_: Instance) -> dict[str, object]:
    """The same, where an object is shown."""
    return {}


def null(_: Instance) -> None:
    """The same, where null is shown."""
    return


def empty(_: Instance) -> str:
    """The same, where a text is shown."""
    return ""


def zero(_: Instance) -> int:
    """The same, where a number is shown."""
    return 0


def locked(instance: Instance) -> bool:
    """Has anybody locked it?"""
    return instance.locked_by is not None


def host_status(instance: Instance, hosts: Mapping[str, HostStatus]) -> str:
    """The status of its host."""
    return hosts.get(instance.host, HostStatus.NONE) if instance.host else HostStatus.NONE


def groups(instance: Instance, there: Collection[str]) -> list[str]:
    """The group that it is in, if nobody deleted it since."""
    group = instance.group
    return [group] if group is not None and group in there else []
