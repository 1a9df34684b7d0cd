"""The unversioned notification of a server that changed, as Nova makes it."""

import pytest
from tests.domain.happenings import SERVER, changed, event

from hostdown.domain.host_words import About, Hosted
from hostdown.domain.legacy_notifications import UPDATE, legacy
from hostdown.domain.notifications import OnStateChange
from hostdown.domain.server_status import HostFacts, Precedence

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
    (ours,) = legacy(changed(seen, after, True), "api1", VM_STATE, Precedence.NOVA)
    assert (ours.event_type, ours.priority) == ("compute.instance.update", "INFO")
    assert ours.publisher_id == "compute.compute1"
    assert ours.payload == STOPPED


def test_a_new_name_is_told_with_the_old_one_by_the_server_that_wrote_it() -> None:
    (ours,) = legacy(
        changed(SERVER, SERVER._replace(name="new"), False), "api1", NEVER, Precedence.NOVA
    )
    assert (ours.payload["display_name"], ours.payload["old_display_name"]) == (
        "new",
        "some-server",
    )
    assert ours.publisher_id == "compute.api1"


@pytest.mark.parametrize(("on", "count"), [(NEVER, 0), (VM_STATE, 0), (BOTH, 1)])
def test_what_is_no_update_is_not_told(on: OnStateChange, count: int) -> None:
    stopping = changed(SERVER, SERVER._replace(task_state="powering-off"), False)
    assert len(legacy(stopping, "api1", on, Precedence.NOVA)) == count
    assert legacy(event("host.unreachable", {"host": "h"}), "api1", on, Precedence.NOVA) == []


def about(before: HostFacts | None, after: HostFacts | None, *servers: str) -> About:
    hosted = [Hosted(each, "p1", "u1", f"vm {each}", "active") for each in servers]
    return About(before, after, hosted)


UP, SILENT = HostFacts(False, False, False), HostFacts(False, False, True)


def test_each_server_of_a_host_is_told_of_it_whatever_is_asked_for() -> None:
    told = event("host.unreachable", {"host": "compute1"}, "-")._replace(
        subject="compute1", about=about(UP, SILENT, "s1", "s2")
    )
    first, second = legacy(told, "api1", NEVER, Precedence.NOVA)
    assert (first.event_type, first.publisher_id) == (UPDATE, "compute.compute1")
    assert (first.payload["host_status"], first.payload["old_host_status"]) == ("UNKNOWN", "UP")
    assert (first.payload["old_state"], first.payload["state"]) == ("active", "active")
    assert [each.payload["instance_id"] for each in (first, second)] == ["s1", "s2"]
    same = told._replace(about=about(UP, UP, "s1"))
    assert legacy(same, "api1", NEVER, Precedence.NOVA) == []


def test_a_server_that_has_another_host_has_both_words() -> None:
    moved = changed(SERVER, SERVER._replace(task_state="powering-off"), False)
    moved = moved._replace(about=about(SILENT, UP, "s1"))
    (ours,) = legacy(moved, "api1", NEVER, Precedence.NOVA)
    assert (ours.payload["host_status"], ours.payload["old_host_status"]) == ("UP", "UNKNOWN")
    assert ours.payload["memory_mb"]
