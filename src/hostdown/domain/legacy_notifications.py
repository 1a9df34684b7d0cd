"""Nova's unversioned notification `compute.instance.update` of a server that changed.

Older listeners know it, Ceilometer and with it OPNFV Doctor among them. Of Nova's unversioned
notifications it is the only one: all others exist in the versioned form, too.
"""

from collections.abc import Mapping

from hostdown.domain.deliveries import Event
from hostdown.domain.notifications import Notification, OnStateChange, is_update, part, saver

UPDATE = "compute.instance.update"
_SAME = (
    "tenant_id",
    "user_id",
    "display_name",
    "reservation_id",
    "os_type",
    "architecture",
    "availability_zone",
    "host",
    "node",
    "kernel_id",
    "ramdisk_id",
    "state",
    "metadata",
    "access_ip_v4",
    "access_ip_v6",
)
"""By the same names as in the versioned form."""
_FLAVOR = ("memory_mb", "vcpus", "root_gb", "ephemeral_gb")
_HOST_STATUS = ("host_status", "old_host_status")
"""Ours, and not Nova's."""


def legacy(event: Event, own_host: str, on: OnStateChange) -> list[Notification]:
    """An event's notification, if it has one. What its owner is told of a server's host is told
    here whatever `on` says."""
    if not is_update(event, on) and "old_host_status" not in event.payload:
        return []
    publisher = f"compute.{saver(event, own_host)}"
    return [Notification(UPDATE, "INFO", publisher, _payload(event.payload))]


def _payload(facts: Mapping[str, object]) -> dict[str, object]:
    flavor, change = part(facts, "flavor"), part(facts, "state_update")
    period, image = part(facts, "audit_period"), facts.get("image_uuid")
    payload = {
        **{name: facts.get(name) for name in _SAME},
        **{name: flavor.get(name) for name in _FLAVOR},
        "instance_id": facts.get("uuid"),
        "hostname": facts.get("host_name"),
        "instance_type": flavor.get("name"),
        "instance_type_id": facts.get("instance_type_id"),
        "instance_flavor_id": flavor.get("flavorid"),
        "disk_gb": _sum(flavor.get("root_gb"), flavor.get("ephemeral_gb")),
        "cell_name": "",
        "created_at": _spoken(facts.get("created_at")),
        **{name: _time(facts.get(name)) for name in ("terminated_at", "deleted_at", "launched_at")},
        "image_ref_url": image,
        "image_meta": {"base_image_ref": image, **part(facts, "image_properties")},
        "state_description": facts.get("task_state") or "",
        "progress": facts.get("progress") or "",
        "old_state": change.get("old_state", facts.get("state")),
        "old_task_state": change.get("old_task_state", facts.get("task_state")),
        "new_task_state": change.get("new_task_state", facts.get("task_state")),
        "audit_period_beginning": _time(period.get("audit_period_beginning")),
        "audit_period_ending": _time(period.get("audit_period_ending")),
        **{name: facts[name] for name in _HOST_STATUS if name in facts},
    }
    if facts.get("old_display_name") is not None:
        payload["old_display_name"] = facts["old_display_name"]
    return payload


def _sum(*sizes: object) -> int:
    return sum(each for each in sizes if isinstance(each, int))


def _time(at: object) -> str:
    """As these notifications write a time: to the microsecond, and "" for none."""
    return f"{at.removesuffix('Z')}.000000" if isinstance(at, str) else ""


def _spoken(at: object) -> str:
    """As they write the time of creation alone."""
    return str(at).replace("T", " ").replace("Z", "+00:00")
