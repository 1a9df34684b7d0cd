"""The worker with guests that count: real ones under libvirt, and made-up ones."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from tests.agent.worker_bed import ASKED, HERE, SETTINGS, THERE, UUID, Bed
from tests.debian import need
from tests.guests.disk import DISK_BYTES, assembled, stands_still, twin_seen
from tests.guests.libvirtd import Libvirtd
from tests.guests.worlds import FakeWorld, LibvirtWorld, World
from tests.processes.harness import until

from hostdown.agent.guests import GuestSpec
from hostdown.agent.patience import SILENT_BUILD_MAX_S
from hostdown.agent.site import Step
from hostdown.agent.watching import Watcher
from hostdown.agent.worker import Worker
from hostdown.domain.assignment import (
    Assignment,
    Assignments,
    Holder,
    ImageSource,
    PowerState,
    Reboot,
    Wanted,
)
from hostdown.drivers.disk_files import DiskFiles
from hostdown.drivers.pool import PoolDirectory
from hostdown.drivers.system_clock import SystemClock


class HastyClock(SystemClock):
    """Real time, of which a test may skip some."""

    skipped_s = 0.0

    def boottime(self) -> float:
        return super().boottime() + self.skipped_s


class Host:
    """A worker on real files, over a world's hypervisor, in real time."""

    def __init__(self, root: Path, world: World) -> None:
        content = assembled("counter.s").ljust(DISK_BYTES, b"\0")
        digest = hashlib.sha256(content).hexdigest()
        image = ImageSource("counter", digest, len(content), "raw")
        self.asked = ASKED._replace(memory_mb=8, image=image)
        self.world = world
        self.bed = Bed(root)
        disks = DiskFiles(PoolDirectory(self.bed.pool), lambda _image, to: _put(to, content))
        self.clock = HastyClock()
        self.at: Callable[[Step], None] = lambda _step: None
        self.site = dataclasses.replace(
            self.bed.site,
            guests=world.guests,
            disks=disks,
            clock=self.clock,
            at=lambda step, _uuid: self.at(step),
            settings=dataclasses.replace(SETTINGS, grace=timedelta(seconds=5)),
        )
        self.worker = Worker(self.site, self.bed.told, SystemClock())
        self.watcher = Watcher(self.site, self.worker.turn)
        self.worker.begin(HERE)
        self.disk = self.bed.pool / UUID / "disk"
        holder = Holder(1, HERE.host, HERE.boot)
        self.spec = GuestSpec(UUID, "n", holder, 1, 8, self.disk, "raw", "none", "")

    def ask(self, order: int, wanted: Wanted, reboot: Reboot | None = None) -> None:
        """An order, brought about; each is told without a failure."""
        given: Assignment = self.asked._replace(order=order, wanted=wanted, reboot=reboot)
        self.worker.assign(Assignments("db", order, (given,)))
        until(self.told(order), 30)
        assert self.bed.told.last.failure is None

    def turn(self) -> None:
        """A turn for the instance now, and all that are due."""
        self.worker.turn(UUID)
        while self.worker.step(wait=False):
            continue

    def told(self, order: int):
        def condition() -> bool:
            while self.worker.step(wait=False):
                continue
            return bool(self.bed.told.outcomes) and self.bed.told.last.order == order

        return condition

    def counts_on(self) -> None:
        before = self.world.count(self.spec)
        until(lambda: self.world.count(self.spec) > before)


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.fixture(params=["fake", "qemu"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    need("qemu-img", "qemu-utils")
    worlds = tmp_path / "world"
    worlds.mkdir()
    daemon: Libvirtd | None = None
    if request.param == "qemu":
        daemon = request.getfixturevalue("daemon")
    world = LibvirtWorld(worlds, daemon) if daemon else FakeWorld(worlds, None)
    yield Host(tmp_path, world)
    world.close()


def test_a_server_lives_through_all_its_orders_and_leaves_nothing(host: Host) -> None:
    host.ask(1, Wanted.RUNNING)
    host.counts_on()
    host.ask(2, Wanted.PAUSED)
    assert stands_still(host.disk)
    host.ask(3, Wanted.RUNNING)
    host.counts_on()
    host.ask(4, Wanted.SUSPENDED)
    assert host.world.processes(host.spec) == []
    host.ask(5, Wanted.RUNNING)
    host.counts_on()
    host.ask(6, Wanted.STOPPED)
    host.ask(7, Wanted.RUNNING)
    host.counts_on()
    host.ask(8, Wanted.RUNNING, Reboot.HARD)
    host.counts_on()
    assert not twin_seen(host.disk)
    host.ask(9, Wanted.GONE)
    assert list(host.world.guests.inventory()) == []
    assert host.world.processes(host.spec) == []
    assert host.bed.files == ["lease", "lease/after-0", "lease/current"]


def test_a_guest_that_is_killed_by_others_is_told(host: Host) -> None:
    host.world.guests.watch(host.worker.look)
    host.ask(1, Wanted.RUNNING)
    host.world.die(host.spec)
    until(lambda: host.told(1)() and host.bed.told.last.state is PowerState.SHUTDOWN, 5)


def test_a_guest_whose_lease_is_lost_is_killed(host: Host) -> None:
    host.ask(1, Wanted.RUNNING)
    host.watcher.look()
    assert [guest.state for guest in host.world.guests.inventory()] == [PowerState.RUNNING]
    host.bed.claim(THERE, 1)
    host.watcher.look()
    until(lambda: list(host.world.guests.inventory()) == [])  # libvirt hears of it a moment later
    assert host.world.processes(host.spec) == []
    until(lambda: host.told(1)() and host.bed.told.last.gone)
    assert host.bed.told.last.holder == THERE


def test_a_new_server_is_given_up_on_a_hypervisor_that_is_gone(host: Host) -> None:
    asked = host.asked
    with host.world.away():
        host.worker.assign(Assignments("db", 1, (asked,)))
        host.turn()
        assert host.bed.told.outcomes == []
        host.clock.skipped_s = SILENT_BUILD_MAX_S
        host.turn()
        (told,) = host.bed.told.outcomes
        assert told.failure is not None
        assert told.failure.code == "hypervisor-silent"
        gone = asked._replace(order=2, wanted=Wanted.GONE)
        host.worker.assign(Assignments("db", 2, (gone,)))
        host.turn()
        assert host.bed.told.outcomes == [told]
    until(host.told(2), 30)
    assert host.bed.told.last.gone
    assert host.bed.files == []
    assert list(host.world.guests.inventory()) == []


def test_a_guest_that_was_made_before_the_hypervisor_was_gone_runs_once_it_is_back(
    host: Host,
) -> None:
    with ExitStack() as away:

        def at(step: Step) -> None:
            if step is Step.GO:
                away.enter_context(host.world.away())
                host.at = lambda _step: None

        host.at = at
        host.worker.assign(Assignments("db", 1, (host.asked,)))
        for skipped_s in (0.0, SILENT_BUILD_MAX_S, 10 * SILENT_BUILD_MAX_S):
            host.clock.skipped_s = skipped_s
            host.turn()
        assert host.bed.told.outcomes == []
    until(host.told(1), 30)
    assert host.bed.told.last.failure is None
    host.counts_on()
    assert not twin_seen(host.disk)
