"""Servers of a cell that does not answer: what the directory alone says of them (contract §9)."""

from hostdown.api.compute.call import Call
from hostdown.api.compute.fields import Field, Record
from hostdown.api.compute.microversion import Version
from hostdown.api.compute.server_fields import GROUPS
from hostdown.api.compute.server_values import Shown, flavor_inside, image_link, links, links_at
from hostdown.api.compute.types import second
from hostdown.domain.instance import Instance
from hostdown.domain.server_status import UNKNOWN
from hostdown.services.instance_mapping_ports import InstanceMapping

SINCE = Version(2, 69)
"""Before, nothing is told of them."""

STATUS = (
    Field[Instance, Shown]("status", lambda _: UNKNOWN, since=SINCE, schema={"const": UNKNOWN}),
)
"""What such a record in GET /servers has beside the usual ones' keys."""

LISTED_ALWAYS = ("id", "links")
DETAIL_ALWAYS = ("id", "status", "tenant_id", "created", "links")
"""The keys that a record in a list has even so."""

_GROUPS_SINCE = GROUPS[0].since


def listed(call: Call, mapping: InstanceMapping) -> Record:
    """In GET /servers."""
    return {
        "id": mapping.uuid,
        "status": UNKNOWN,
        "links": links(mapping.uuid, links_at(call.address)),
    }


def detail(call: Call, mapping: InstanceMapping) -> Record:
    """In GET /servers/detail."""
    return {
        "id": mapping.uuid,
        "status": UNKNOWN,
        "tenant_id": mapping.project_id,
        "created": second(mapping.created_at),
        "links": links(mapping.uuid, links_at(call.address)),
    }


def show(call: Call, mapping: InstanceMapping, specs: bool) -> Record:
    """GET /servers/{id}."""
    record = detail(call, mapping)
    asked = mapping.asked
    if asked is not None:
        record["image"] = image_link(asked.image_id, links_at(call.address))
        record["flavor"] = flavor_inside(asked.flavor, specs)
    record["OS-EXT-AZ:availability_zone"] = (asked and asked.zone) or UNKNOWN
    record["OS-EXT-STS:power_state"] = 0
    record["user_id"] = UNKNOWN if asked is None else asked.user_id
    if call.version >= _GROUPS_SINCE:
        record["server_groups"] = [asked.group] if asked is not None and asked.group else []
    return record
