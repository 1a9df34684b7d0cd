"""What is libvirt's alone: a daemon that dies, an embedded driver, networks, guests of others."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from tests.debian import need_packages
from tests.guests.disk import DISK_BYTES, assembled, count, counted, make_disk, twin_seen
from tests.guests.libvirtd import QEMU_CONF, Libvirtd, share_cache
from tests.guests.worlds import LibvirtWorld
from tests.processes.harness import until
from tests.stores import fast_directory

from hostdown.domain.assignment import ImageSource, PowerState
from hostdown.domain.disks import DiskRecipe
from hostdown.domain.guest_errors import GuestRefused, HypervisorSilent
from hostdown.drivers.disk_files import DiskFiles
from hostdown.drivers.pool import PoolDirectory, make_pool

EMBEDDED = Path(__file__).with_name("embedded.py")


@pytest.fixture
def world(daemon: Libvirtd, tmp_path: Path) -> Iterator[LibvirtWorld]:
    made = LibvirtWorld(tmp_path, daemon)
    yield made
    made.close()


def silent(world: LibvirtWorld) -> bool:
    try:
        world.guests.inventory()
    except HypervisorSilent:
        return True
    return False


def test_guests_outlive_a_daemon_that_is_killed(daemon: Libvirtd, world: LibvirtWorld) -> None:
    spec = world.spec()
    world.guests.create(spec)
    world.guests.go(spec.uuid)
    world.event.clear()
    daemon.killed()
    assert world.event.wait(3)
    counted(spec.disk, beyond=count(spec.disk).counter)
    until(lambda: not silent(world), 30)
    assert [guest.state for guest in world.guests.inventory()] == [PowerState.RUNNING]
    world.guests.pause(spec.uuid)
    world.guests.end(spec.uuid, timedelta(0))
    assert world.processes(spec) == []


def test_a_failure_without_a_code_is_no_answer(world: LibvirtWorld) -> None:
    """As of a call whose connection broke meanwhile: nobody may take it for a refusal."""
    import libvirt

    def broken(_: object) -> None:
        raise libvirt.libvirtError("virDomainLookupByUUIDString() failed")

    with pytest.raises(HypervisorSilent, match="virDomainLookupByUUIDString"):
        world.link.call(broken)
    assert list(world.guests.inventory()) == []


def test_guests_are_made_and_ended_side_by_side(world: LibvirtWorld) -> None:
    specs = [world.spec() for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(world.guests.create, specs))
        list(threads.map(lambda spec: world.guests.go(spec.uuid), specs))
        for spec in specs:
            assert not twin_seen(spec.disk)
            counted(spec.disk, beyond=0)
        list(threads.map(lambda spec: world.guests.end(spec.uuid, timedelta(0)), specs))
    assert world.guests.inventory() == []


def test_a_network_needs_a_bridge(world: LibvirtWorld) -> None:
    spec = world.spec()._replace(network="auto", mac="52:54:00:00:00:01")
    with pytest.raises(GuestRefused) as refused:
        world.guests.create(spec)
    assert refused.value.failure.code == "no-bridge"


def test_a_disk_that_is_missing_is_refused_by_name(world: LibvirtWorld) -> None:
    spec = world.spec()
    spec.disk.unlink()
    with pytest.raises(GuestRefused) as refused:
        world.guests.create(spec)
    assert str(spec.disk) in refused.value.failure.message
    assert world.guests.inventory() == []


def test_a_disk_in_memory_is_written_to_without_direct_io(world: LibvirtWorld) -> None:
    with fast_directory() as directory:
        spec = world.spec()._replace(disk=make_disk(Path(directory) / "disk"))
        world.guests.create(spec)
        world.guests.go(spec.uuid)
        counted(spec.disk, beyond=0)
        world.guests.end(spec.uuid, timedelta(0))


def test_a_guest_of_somebody_else_is_not_ours(daemon: Libvirtd, world: LibvirtWorld) -> None:
    import libvirt

    uuid = "7d0f54d7-0f5e-4a52-8d3b-0a4f6f1f7f11"
    xml = (
        f"<domain type='qemu'><name>foreign</name><uuid>{uuid}</uuid><memory>8192</memory>"
        "<os><type>hvm</type></os></domain>"
    )
    connection = libvirt.open(daemon.uri)
    domain = connection.createXML(xml, libvirt.VIR_DOMAIN_START_PAUSED)
    try:
        assert world.guests.inventory() == []
        world.guests.end(uuid, timedelta(0))
        assert domain.isActive()
    finally:
        domain.destroy()
        connection.close()


def test_libvirt_within_the_agent_does_the_same(tmp_path: Path) -> None:
    """In a process of its own, whose driver it is."""
    need_packages("qemu-system-x86", "libvirt-daemon-driver-qemu")
    pytest.importorskip("libvirt", reason="libvirt-python was not built: make venv says why")
    with fast_directory() as root:
        share_cache(Path(root) / "cache")
        (Path(root) / "etc").mkdir()
        (Path(root) / "etc" / "qemu.conf").write_text(QEMU_CONF)
        disk = make_disk(tmp_path / "disk")
        ended = subprocess.run(
            [sys.executable, EMBEDDED, f"qemu:///embed?root={root}", disk],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (ended.returncode, ended.stdout.split()) == (0, ["created", "counts", "ended"])
    assert count(disk).counter > 0


def test_a_guest_runs_on_a_layer_over_its_image_and_leaves_the_image_as_it_was(
    world: LibvirtWorld, tmp_path: Path
) -> None:
    content = assembled("counter.s").ljust(DISK_BYTES, b"\0")
    pool = tmp_path / "pool"
    make_pool(pool)
    disks = DiskFiles(PoolDirectory(pool), lambda _image, to: _put(to, content), overlay=True)
    source = ImageSource("counter", hashlib.sha256(content).hexdigest(), len(content), "raw")
    spec = world.spec()
    (pool / spec.uuid).mkdir()
    disks.make(spec.uuid, DiskRecipe(source, 0), "h")
    made = disks.find(spec.uuid)
    assert made is not None
    spec = spec._replace(disk=made.path, disk_format=made.format)
    world.guests.create(spec)
    world.guests.go(spec.uuid)
    flat = tmp_path / "flat"

    def counts() -> bool:
        words = ["qemu-img", "convert", "-U", "-O", "raw", str(made.path), str(flat)]
        subprocess.run(words, check=True)
        return count(flat).counter > 0

    until(counts)
    world.guests.end(spec.uuid, timedelta(0))
    (base,) = (pool / "_base").iterdir()
    assert base.read_bytes() == content


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
