"""Nova's payload of a server for which no host was found: what was looked for (contract 7.4)."""

from hostdown.domain.notifications import part
from hostdown.domain.nova_objects import Facts, exception, flavor, nova_object

_UNKNOWN = (
    "force_hosts",
    "force_nodes",
    "ignore_hosts",
    "instance_group",
    "numa_topology",
    "requested_destination",
    "retry",
)
"""What nobody can ask for here, or what is not kept of a request."""


def compute_task(facts: Facts, _failed: bool) -> dict[str, object]:
    """A ComputeTaskPayload."""
    data = {
        "instance_uuid": facts.get("uuid"),
        "request_spec": _request_spec(facts),
        "state": facts.get("state"),
        "reason": exception(part(facts, "fault")),
    }
    return nova_object("ComputeTaskPayload", "1.0", data)


def _request_spec(facts: Facts) -> dict[str, object]:
    requests = {"instance_uuid": facts.get("uuid"), "requests": []}
    hints = part(facts, "scheduler_hints")
    data = {
        **dict.fromkeys(_UNKNOWN),
        "instance_uuid": facts.get("uuid"),
        "project_id": facts.get("tenant_id"),
        "user_id": facts.get("user_id"),
        "availability_zone": facts.get("pinned_zone"),
        "flavor": flavor(part(facts, "flavor")),
        "image": _image(facts),
        "num_instances": 1,
        "pci_requests": nova_object("InstancePCIRequestsPayload", "1.0", requests),
        "scheduler_hints": {name: _texts(value) for name, value in hints.items()},
        "security_groups": [],
    }
    return nova_object("RequestSpecPayload", "1.1", data)


def _texts(value: object) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value])]


_OF_IMAGES = (
    "checksum",
    "container_format",
    "created_at",
    "direct_url",
    "min_disk",
    "min_ram",
    "name",
    "owner",
    "protected",
    "status",
    "updated_at",
    "virtual_size",
    "visibility",
)
"""What an image's own service knows of it."""
_PREFIXES = ("hw_", "img_", "os_")


def _image(facts: Facts) -> dict[str, object] | None:
    """An ImageMetaPayload; None for a server without an image."""
    image = part(facts, "image")
    if not image:
        return None
    data = {
        **dict.fromkeys(_OF_IMAGES),
        "id": image.get("id"),
        "size": image.get("size"),
        "disk_format": image.get("format"),
        "tags": [],
        "properties": nova_object("ImageMetaPropsPayload", "1.19", _properties(facts)),
    }
    return nova_object("ImageMetaPayload", "1.0", data)


def _properties(facts: Facts) -> dict[str, object]:
    """Those that say something to Nova, one of them by the name that it has now."""
    given = dict(part(facts, "image_properties"))
    if "architecture" in given:
        given["hw_architecture"] = given.pop("architecture")
    return {name: value for name, value in given.items() if name.startswith(_PREFIXES)}
