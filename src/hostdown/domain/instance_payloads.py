"""Nova's payloads of what happens to a server (contract 7.3, 7.4).

They are made of what the outbox holds of it, which is more than any of them has.
"""

from hostdown.domain.notifications import UNASKED, part
from hostdown.domain.nova_objects import Facts, exception, flavor, nova_object, picked

_PLAIN = (
    "uuid",
    "user_id",
    "tenant_id",
    "reservation_id",
    "display_name",
    "display_description",
    "host_name",
    "host",
    "node",
    "os_type",
    "architecture",
    "availability_zone",
    "image_uuid",
    "key_name",
    "kernel_id",
    "ramdisk_id",
    "created_at",
    "launched_at",
    "terminated_at",
    "deleted_at",
    "updated_at",
    "state",
    "power_state",
    "task_state",
    "progress",
    "metadata",
    "locked",
    "locked_reason",
    "auto_disk_config",
)
_AUDIT_PERIOD = ("audit_period_beginning", "audit_period_ending")
_STATE_UPDATE = ("old_state", "state", "old_task_state", "new_task_state")


def action(facts: Facts, failed: bool) -> dict[str, object]:
    """An InstanceActionPayload."""
    return nova_object("InstanceActionPayload", "1.9", _action(facts, failed))


def rebuild(facts: Facts, failed: bool) -> dict[str, object]:
    """An InstanceActionRebuildPayload; no image has certificates here."""
    data = {**_action(facts, failed), "trusted_image_certificates": None}
    return nova_object("InstanceActionRebuildPayload", "1.10", data)


def resize_prep(facts: Facts, failed: bool) -> dict[str, object]:
    """An InstanceActionResizePrepPayload: with the flavor that it will have."""
    data = {**_action(facts, failed), "new_flavor": flavor(part(facts, "new_flavor"))}
    return nova_object("InstanceActionResizePrepPayload", "1.4", data)


def exists(facts: Facts, _failed: bool) -> dict[str, object]:
    """An InstanceExistsPayload."""
    data = {**_base(facts), "audit_period": _audit_period(facts)}
    return nova_object("InstanceExistsPayload", "2.1", data)


def create(facts: Facts, failed: bool) -> dict[str, object]:
    """An InstanceCreatePayload; nobody has a key pair here."""
    data = {
        **_action(facts, failed),
        "keypairs": [],
        "tags": facts.get("tags", []),
        "trusted_image_certificates": None,
        "instance_name": facts.get("instance_name"),
    }
    return nova_object("InstanceCreatePayload", "1.13", data)


def update(facts: Facts) -> dict[str, object]:
    """An InstanceUpdatePayload."""
    states = picked(part(facts, "state_update"), _STATE_UPDATE)
    data = {
        **_base(facts),
        "state_update": nova_object("InstanceStateUpdatePayload", "1.0", states),
        "audit_period": _audit_period(facts),
        "old_display_name": facts.get("old_display_name"),
        "tags": facts.get("tags", []),
    }
    return nova_object("InstanceUpdatePayload", "2.1", data)


def _action(facts: Facts, failed: bool) -> dict[str, object]:
    """A server may have failed long ago: only what has failed now tells of it."""
    fault = exception(part(facts, "fault")) if failed else None
    return {**_base(facts), "fault": fault}


def _audit_period(facts: Facts) -> dict[str, object]:
    period = picked(part(facts, "audit_period"), _AUDIT_PERIOD)
    return nova_object("AuditPeriodPayload", "1.0", period)


def _base(facts: Facts) -> dict[str, object]:
    """The data of an InstancePayload. Nobody's request has neither an id nor a user."""
    request_id = facts.get("request_id")
    return {
        **picked(facts, _PLAIN),
        "flavor": flavor(part(facts, "flavor")),
        "ip_addresses": [],
        "block_devices": [],
        "shares": [],
        "request_id": None if request_id == UNASKED else request_id,
        "action_initiator_user": facts.get("action_initiator_user") or None,
        "action_initiator_project": facts.get("action_initiator_project") or None,
    }
