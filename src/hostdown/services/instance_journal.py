"""What a change of an instance leaves in the journal and tells (contract 7.3, 7.4)."""

from collections.abc import Mapping
from datetime import datetime

from hostdown.domain.assignment import PowerState
from hostdown.domain.host_words import About, Hosted
from hostdown.domain.instance import Fault, Instance, instance_name
from hostdown.domain.instance_events import DELETED, SHUTDOWN, event_of
from hostdown.domain.model import COMPUTE, Caller, Change, Flavor
from hostdown.domain.server_status import HostFacts
from hostdown.services.cell_ports import CellRows

WATCHED = (
    "name",
    "hostname",
    "description",
    "metadata",
    "locked_by",
    "locked_reason",
    "pinned_zone",
    "extras",
    "vm_state",
    "task_state",
    "wanted",
    "deleted",
)
"""What people change of an instance; what its host then makes of it is told, and no more."""

HOSTS_WORD = Caller("", "", None, (), "-")
"""Nobody's request: a host said what became of an instance."""

_POWER = {
    PowerState.NOSTATE: "pending",
    PowerState.RUNNING: "running",
    PowerState.PAUSED: "paused",
    PowerState.SHUTDOWN: "shutdown",
    PowerState.CRASHED: "crashed",
    PowerState.SUSPENDED: "suspended",
}


def changed(
    rows: CellRows, seen: Instance, after: Instance, caller: Caller | None, now: datetime
) -> None:
    """What was changed by a person is kept and told; what a host said (None), told alone."""
    names = [name for name in WATCHED if getattr(seen, name) != getattr(after, name)]
    change = Change(
        at=now,
        caller=caller or HOSTS_WORD,
        event_type=event_of(seen, after, by_host=caller is None),
        before={name: _plain(getattr(seen, name)) for name in names},
        after={name: _plain(getattr(after, name)) for name in names},
    )
    payload = _payload(seen, after, change.caller, now)
    if caller is not None:
        rows.journal.keep_instance(change, after)
    elif change.event_type == DELETED:
        _shut_down(rows, seen, now)
    rows.journal.tell_instance(change, after, payload, _about(rows, seen, after))


def _shut_down(rows: CellRows, seen: Instance, now: datetime) -> None:
    """A host has deleted it: its word is that nothing of it runs there any more."""
    told = facts(seen, HOSTS_WORD, now)
    for kind in SHUTDOWN:
        rows.journal.tell_instance(Change(now, HOSTS_WORD, kind, {}, {}), seen, told)


def _about(rows: CellRows, seen: Instance, after: Instance) -> About | None:
    """What became of its host, if it has another one now."""
    if seen.host == after.host or after.deleted:
        return None
    before, since = _facts(rows, seen.host), _facts(rows, after.host)
    own = Hosted(after.uuid, after.project_id, after.user_id, after.name, after.vm_state)
    return About(before, since, [own])


def _facts(rows: CellRows, host: str | None) -> HostFacts | None:
    found = [] if host is None else rows.services.find(host, COMPUTE)
    return (
        HostFacts(found[0].disabled, found[0].forced_down, found[0].told_silent) if found else None
    )


def created(
    rows: CellRows, wanted: Instance, made: Instance, caller: Caller, now: datetime
) -> None:
    """A new one, placed or in error; who asked for it is in its history of actions."""
    change = Change(now, caller, event_of(wanted, made, by_host=True), {}, {})
    rows.journal.tell_instance(change, made, _payload(wanted, made, caller, now))


def _plain(value: object) -> object:
    """A named tuple as an object of its fields."""
    return value._asdict() if isinstance(value, tuple) and hasattr(value, "_asdict") else value


def _payload(
    seen: Instance, after: Instance, caller: Caller, now: datetime
) -> Mapping[str, object]:
    """The facts of one that has changed, and what it was before."""
    return {
        **facts(after, caller, now),
        "state_update": {
            "old_state": seen.vm_state,
            "state": after.vm_state,
            "old_task_state": seen.task_state,
            "new_task_state": after.task_state,
        },
        "old_display_name": None if seen.name == after.name else seen.name,
    }


def facts(of: Instance, caller: Caller, now: datetime) -> dict[str, object]:
    """What every event of a server holds of it: the data of Nova's payloads, and more."""
    return {
        **_base(of),
        "instance_name": instance_name(of),
        "fault": None if of.fault is None else _fault(of.fault),
        "request_id": caller.request_id,
        "action_initiator_user": caller.user_id,
        "action_initiator_project": caller.project_id,
        "audit_period": {
            "audit_period_beginning": _time(now.replace(day=1, hour=0, minute=0, second=0)),
            "audit_period_ending": _time(now),
        },
        "tags": [],
        **_beside(of),
    }


def _beside(of: Instance) -> Mapping[str, object]:
    """What only events of other kinds, or those without a version, tell of a server."""
    image = of.image
    return {
        "instance_type_id": of.flavor.id,
        "access_ip_v4": of.extras.access_ip_v4 or None,
        "access_ip_v6": of.extras.access_ip_v6 or None,
        "pinned_zone": of.pinned_zone,
        "scheduler_hints": dict(of.hints),
        "image": image and {"id": image.id, "size": image.size, "format": image.format},
        "image_properties": dict(of.image_properties),
    }


def _base(of: Instance) -> Mapping[str, object]:
    """The data of an InstancePayload."""
    return {
        "uuid": of.uuid,
        "user_id": of.user_id,
        "tenant_id": of.project_id,
        "reservation_id": of.extras.reservation_id,
        "display_name": of.name,
        "display_description": of.description,
        "host_name": of.hostname,
        "host": of.host,
        "node": of.node,
        "os_type": of.image_properties.get("os_type"),
        "architecture": of.image_properties.get("architecture"),
        "availability_zone": of.zone,
        "flavor": flavor_facts(of.flavor),
        "image_uuid": "" if of.image is None else of.image.id,
        "key_name": of.extras.key_name,
        "kernel_id": "",
        "ramdisk_id": "",
        **{name: _time(getattr(of, name)) for name in _TIMES},
        "state": of.vm_state,
        "power_state": _POWER[PowerState(of.power_state)],
        "task_state": of.task_state,
        "progress": 0,
        "ip_addresses": [],
        "block_devices": [],
        "metadata": dict(of.metadata),
        "locked": of.locked_by is not None,
        "locked_reason": of.locked_reason,
        "auto_disk_config": of.extras.disk_config,
        "shares": [],
    }


def _fault(fault: Fault) -> Mapping[str, object]:
    return {**fault._asdict(), "created_at": _time(fault.created_at)}


_TIMES = ("created_at", "launched_at", "terminated_at", "deleted_at", "updated_at")


def flavor_facts(flavor: Flavor) -> Mapping[str, object]:
    """The data of a FlavorPayload 1.4."""
    return {
        "flavorid": flavor.flavorid,
        "memory_mb": flavor.memory_mb,
        "vcpus": flavor.vcpus,
        "root_gb": flavor.root_gb,
        "ephemeral_gb": flavor.ephemeral_gb,
        "name": flavor.name,
        "swap": flavor.swap_mb,
        "rxtx_factor": flavor.rxtx_factor,
        "vcpu_weight": 0,
        "disabled": flavor.disabled,
        "is_public": flavor.is_public,
        "extra_specs": dict(flavor.extra_specs),
        "projects": None,
        "description": flavor.description,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else f"{at.isoformat('T', 'seconds')}Z"
