"""The unversioned notification of a server that changed, as Nova makes it."""

import pytest
from tests.domain.happenings import SERVER, changed, event

from hostdown.domain.legacy_notifications import legacy
from hostdown.domain.notifications import OnStateChange

NEVER, VM_STATE, BOTH = OnStateChange
STOPPED = {
    "tenant_id": "p",
    "user_id": "u",
    "instance_id": SERVER.uuid,
    "display_name": "some-server",
    "reservation_id": "r-1",
    "hostname": "n",
    "instance_type": "m1.tiny",
    "instance_type_id": 1,
    "instance_flavor_id": "f1",
    "architecture": "x86_64",
    "memory_mb": 512,
    "disk_gb": 7,
    "vcpus": 2,
    "root_gb": 7,
    "ephemeral_gb": 0,
    "host": "compute1",
    "node": "compute1.node",
    "availability_zone": "nova",
    "cell_name": "",
    "created_at": "2025-03-01 12:00:00+00:00",
    "terminated_at": "",
    "deleted_at": "",
    "launched_at": "2025-03-01T12:00:00.000000",
    "image_ref_url": "155d900f-4e14-4e4c-a73d-069cbf4541e6",
    "os_type": None,
    "kernel_id": "",
    "ramdisk_id": "",
    "state": "stopped",
    "state_description": "",
    "progress": "",
    "access_ip_v4": "192.0.2.7",
    "access_ip_v6": None,
    "image_meta": {
        "base_image_ref": "155d900f-4e14-4e4c-a73d-069cbf4541e6",
        "architecture": "x86_64",
        "hw_disk_bus": "virtio",
        "shelf": "7",
    },
    "metadata": {"role": "db"},
    "old_state": "active",
    "old_task_state": "powering-off",
    "new_task_state": None,
    "audit_period_beginning": "2026-03-01T00:00:00.000000",
    "audit_period_ending": "2026-03-01T12:00:00.000000",
}
"""All that is told of a server that was stopped."""


def test_it_holds_what_novas_holds() -> None:
    """The fields of `info_from_instance` and `send_instance_update_notification` in Nova."""
    seen = SERVER._replace(task_state="powering-off")
    after = seen._replace(task_state=None, vm_state="stopped")
    (ours,) = legacy(changed(seen, after, True), "api1", VM_STATE)
    assert (ours.event_type, ours.priority) == ("compute.instance.update", "INFO")
    assert ours.publisher_id == "compute.compute1"
    assert ours.payload == STOPPED


def test_a_new_name_is_told_with_the_old_one_by_the_server_that_wrote_it() -> None:
    (ours,) = legacy(changed(SERVER, SERVER._replace(name="new"), False), "api1", NEVER)
    assert (ours.payload["display_name"], ours.payload["old_display_name"]) == (
        "new",
        "some-server",
    )
    assert ours.publisher_id == "compute.api1"


@pytest.mark.parametrize(("on", "count"), [(NEVER, 0), (VM_STATE, 0), (BOTH, 1)])
def test_what_is_no_update_is_not_told(on: OnStateChange, count: int) -> None:
    stopping = changed(SERVER, SERVER._replace(task_state="powering-off"), False)
    assert len(legacy(stopping, "api1", on)) == count
    assert legacy(event("host.unreachable", {"host": "h"}), "api1", on) == []


def test_what_its_owner_is_told_of_its_host_is_told_whatever_is_asked_for() -> None:
    facts = {
        "uuid": "u",
        "host": "compute1",
        "state": "active",
        "task_state": None,
        "host_status": "UNKNOWN",
        "old_host_status": "UP",
    }
    (ours,) = legacy(event("instance.update", facts, "-"), "api1", NEVER)
    assert (ours.payload["host_status"], ours.payload["old_host_status"]) == ("UNKNOWN", "UP")
    assert (ours.payload["old_state"], ours.payload["state"]) == ("active", "active")
    assert ours.publisher_id == "compute.compute1"
