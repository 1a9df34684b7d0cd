"""Nova's unversioned notification `compute.instance.update` of a server that changed.

Older listeners know it, Ceilometer and with it OPNFV Doctor among them. Of Nova's unversioned
notifications it is the only one: all others exist in the versioned form, too.
"""

from collections.abc import Mapping

from hostdown.domain.deliveries import Event
from hostdown.domain.host_words import Hosted, Sees, Words, seen
from hostdown.domain.notifications import Notification, OnStateChange, is_update, part, saver
from hostdown.domain.server_status import Precedence

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


def legacy(
    event: Event, own_host: str, on: OnStateChange, precedence: Precedence
) -> list[Notification]:
    """What is told of an event: of the server that it is about, or of each on the host that it is
    about. A change of `host_status`, which Nova tells nobody, is told whatever `on` says."""
    words = None if event.about is None else seen(event.about, Sees.ALL, precedence)
    publisher = f"compute.{saver(event, own_host)}"
    if "uuid" in event.payload and "flavor" in event.payload:
        if words is None and not is_update(event, on):
            return []
        payload = _payload(event.payload) | _status(words)
        return [Notification(UPDATE, "INFO", publisher, payload)]
    if words is None or event.about is None:
        return []
    return [
        Notification(UPDATE, "INFO", publisher, _brief(each, event.subject) | _status(words))
        for each in event.about.servers
    ]


def _status(words: Words | None) -> dict[str, object]:
    """Ours, and not Nova's."""
    if words is None:
        return {}
    return {"host_status": words.after, "old_host_status": words.before}


def _brief(server: Hosted, host: str) -> dict[str, object]:
    """Of a server of which nothing but its host has changed."""
    return {
        "instance_id": server.uuid,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "display_name": server.name,
        "state": server.vm_state,
        "old_state": server.vm_state,
        "host": host,
    }


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
