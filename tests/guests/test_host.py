"""What a host with guests reports of itself, and how it finds out whether KVM works."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.debian import need
from tests.guests.disk import assembled
from tests.guests.worlds import HOLDER

from hostdown.compose_guests import HYPERVISORS, Runs
from hostdown.config import load
from hostdown.domain.guests import GuestSpec
from hostdown.drivers.kvm_probe import SECTOR, runs_under
from hostdown.drivers.linux_machine import LinuxMachine
from hostdown.drivers.system_clock import SystemClock

LIBVIRT = "uri = test:///default\nvirt_type = auto"


@pytest.fixture(params=["fake", "libvirt"])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runs]:
    if request.param == "libvirt":
        pytest.importorskip("libvirt", reason="libvirt-python was not built: make venv says why")
    file = tmp_path / "hostdown.conf"
    file.write_text(
        f"[DEFAULT]\nstate_path = {tmp_path}\n"
        f"[agent]\nhypervisor = {request.param}\n[libvirt]\n{LIBVIRT}\n"
    )
    settings = load([file], {}).settings
    booted_at = LinuxMachine().booted_at()
    made = HYPERVISORS[settings.agent.hypervisor](settings, "here", booted_at, SystemClock())
    yield made
    assert made.guests is not None
    for guest in made.guests.inventory():
        made.guests.end(guest.uuid, timedelta(0))


def test_a_guest_counts_in_what_the_host_uses(runs: Runs, tmp_path: Path) -> None:
    assert runs.guests is not None
    before = runs.hypervisor.resources()
    uuid = "3e9bd2a4-5c39-4c65-a3f2-0f7a5c1be8d0"
    disk = tmp_path / "disk"
    disk.touch()
    spec = GuestSpec(uuid, "instance-1", HOLDER, 2, 64, disk, "raw", "none", "")
    runs.guests.create(spec)
    after = runs.hypervisor.resources()
    assert after == before._replace(
        running_vms=before.running_vms + 1,
        vcpus_used=before.vcpus_used + 2,
        memory_mb_used=before.memory_mb_used + 64,
        local_gb_used=after.local_gb_used,
    )
    assert json.loads(after.cpu_info)["topology"]["cores"] > 0
    assert runs.hypervisor.instances() == [{"uuid": uuid, "generation": 3, "power_state": 3}]


def test_the_probe_is_the_one_that_was_assembled() -> None:
    """If this fails: put tools/guest/probe.s, assembled, into drivers/kvm_probe.py."""
    assert assembled("probe.s") == SECTOR


def test_the_probe_runs_to_its_end_where_a_guest_can_and_nowhere_else() -> None:
    need("qemu-system-x86_64", "qemu-system-x86")
    assert runs_under("tcg", "max")
    assert not runs_under("tcg", "486")
    assert not runs_under("nothing", "max")
