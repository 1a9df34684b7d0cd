"""What every hypervisor promises (agent/guests.py): made-up, libvirt's test driver, QEMU."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.guests.conftest import daemon
from tests.guests.worlds import CALL_LIMIT_S, HOLDER, FakeWorld, LibvirtWorld, World
from tests.processes.harness import until

from hostdown.agent.guest_errors import (
    GuestRefused,
    GuestUnknown,
    HypervisorSilent,
    ImageLocked,
)
from hostdown.agent.guests import Guest, GuestSpec
from hostdown.domain.assignment import PowerState
from hostdown.drivers.system_clock import SystemClock

__all__ = ["daemon"]

AT_ONCE = timedelta(0)
ANSWER_S = CALL_LIMIT_S + 1.0
"""Within which every driver says that its hypervisor does not answer."""


def _world(kind: str, request: pytest.FixtureRequest, path: Path) -> World:
    if kind.startswith("fake"):
        return FakeWorld(path, path / "kept" if kind == "fake-kept" else None)
    if kind == "qemu":
        return LibvirtWorld(path, request.getfixturevalue("daemon"))
    pytest.importorskip("libvirt", reason="libvirt-python was not built: make venv says why")
    return LibvirtWorld(path, None)


@pytest.fixture(params=["fake", "fake-kept", "libvirt-test", "qemu"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = _world(request.param, request, tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["fake", "fake-kept", "qemu"])
def running_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Where guests really run, which those of libvirt's test driver do not."""
    made = _world(request.param, request, tmp_path)
    yield made
    made.close()


def state(world: World, spec: GuestSpec) -> PowerState | None:
    return {guest.uuid: guest.state for guest in world.guests.inventory()}.get(spec.uuid)


def stands_still(world: World, spec: GuestSpec) -> bool:
    before = world.count(spec)
    threading.Event().wait(world.tick_s)
    return world.count(spec) == before


def counts_beyond(world: World, spec: GuestSpec, number: int) -> bool:
    until(lambda: world.count(spec) > number)
    return True


def test_a_new_guest_is_there_for_its_holder_and_stands_still(world: World) -> None:
    spec = world.spec()
    assert world.guests.inventory() == []
    world.guests.create(spec)
    assert list(world.guests.inventory()) == [Guest(spec.uuid, HOLDER, PowerState.PAUSED)]
    with pytest.raises(GuestRefused):
        world.guests.create(spec)
    assert state(world, spec) == PowerState.PAUSED


def test_going_and_pausing_may_be_repeated(world: World) -> None:
    spec = world.spec()
    world.guests.create(spec)
    for act, after in (
        (world.guests.go, PowerState.RUNNING),
        (world.guests.pause, PowerState.PAUSED),
    ):
        act(spec.uuid)
        act(spec.uuid)
        assert state(world, spec) == after


def test_what_is_not_there_is_unknown_and_is_ended_already(world: World, tmp_path: Path) -> None:
    spec = world.spec()
    world.guests.end(spec.uuid, AT_ONCE)
    for act in (world.guests.go, world.guests.pause):
        with pytest.raises(GuestUnknown):
            act(spec.uuid)
    with pytest.raises(GuestUnknown):
        world.guests.save(spec.uuid, tmp_path / "saved")


def test_an_ended_guest_leaves_nothing_and_can_be_made_again_at_once(world: World) -> None:
    spec = world.spec()
    for _ in range(2):
        world.guests.create(spec)
        world.guests.go(spec.uuid)
        world.guests.end(spec.uuid, AT_ONCE)
        assert world.processes(spec) == []
        assert state(world, spec) is None


def test_a_guest_may_shut_down_by_itself_within_its_grace(running_world: World) -> None:
    world, spec = running_world, running_world.spec()
    world.guests.create(spec)
    world.guests.go(spec.uuid)
    assert counts_beyond(world, spec, 0)
    begun = SystemClock().monotonic()
    world.guests.end(spec.uuid, timedelta(seconds=60))
    assert SystemClock().monotonic() - begun < 10
    assert (world.processes(spec), state(world, spec)) == ([], None)


def test_a_guest_that_stands_still_gets_no_grace(running_world: World) -> None:
    world, spec = running_world, running_world.spec()
    world.guests.create(spec)
    begun = SystemClock().monotonic()
    world.guests.end(spec.uuid, timedelta(seconds=60))
    assert SystemClock().monotonic() - begun < 10
    assert state(world, spec) is None


def test_a_guest_counts_only_while_it_is_let(running_world: World) -> None:
    world, spec = running_world, running_world.spec()
    world.guests.create(spec)
    assert stands_still(world, spec)
    assert world.count(spec) == 0
    world.guests.go(spec.uuid)
    assert counts_beyond(world, spec, 1)
    world.guests.pause(spec.uuid)
    assert stands_still(world, spec)
    world.guests.go(spec.uuid)
    assert counts_beyond(world, spec, world.count(spec))


def test_a_saved_guest_goes_on_for_another_holder(running_world: World, tmp_path: Path) -> None:
    world, spec, saved = running_world, running_world.spec(), tmp_path / "saved"
    world.guests.create(spec)
    world.guests.go(spec.uuid)
    assert counts_beyond(world, spec, 0)
    world.guests.save(spec.uuid, saved)
    assert (world.processes(spec), state(world, spec)) == ([], None)
    later = spec._replace(holder=HOLDER._replace(generation=9), saved=saved)
    world.guests.create(later)
    (restored,) = world.guests.inventory()
    assert restored[:3] == (spec.uuid, later.holder, PowerState.PAUSED)
    before = world.count(spec)
    world.guests.go(spec.uuid)
    assert counts_beyond(world, spec, before)


def test_a_guest_whose_memory_was_not_saved_is_refused(
    running_world: World, tmp_path: Path
) -> None:
    world = running_world
    spec = world.spec()._replace(saved=tmp_path / "nothing")
    with pytest.raises(GuestRefused) as refused:
        world.guests.create(spec)
    assert refused.value.failure.code == "hypervisor"
    assert world.guests.inventory() == []
    world.guests.create(spec._replace(saved=None))


def test_a_disk_that_another_host_writes_to_is_locked(running_world: World) -> None:
    world, spec = running_world, running_world.spec()
    with world.held_elsewhere(spec):
        with pytest.raises(ImageLocked):
            world.guests.create(spec)
        assert world.guests.inventory() == []
        world.guests.create(spec._replace(locking=False))
        world.guests.end(spec.uuid, AT_ONCE)
    world.guests.create(spec)


def test_a_guest_that_dies_is_told_of(running_world: World) -> None:
    world, spec = running_world, running_world.spec()
    world.guests.create(spec)
    world.guests.go(spec.uuid)
    world.event.clear()
    world.die(spec)
    assert world.event.wait(1.0)
    until(lambda: state(world, spec) is None)
    world.guests.create(spec)


def test_silence_is_told_in_time_and_is_not_an_empty_list(running_world: World) -> None:
    world, spec = running_world, running_world.spec()
    world.guests.create(spec)
    world.guests.go(spec.uuid)
    clock = SystemClock()
    with world.silent():
        for _ in range(2):
            begun = clock.monotonic()
            with pytest.raises(HypervisorSilent):
                world.guests.inventory()
            assert clock.monotonic() - begun < ANSWER_S
    until(lambda: _answers(world), 15)
    assert state(world, spec) == PowerState.RUNNING


def _answers(world: World) -> bool:
    try:
        world.guests.inventory()
    except HypervisorSilent:
        return False
    return True


def test_a_guest_can_be_ended_though_its_hypervisor_is_silent(running_world: World) -> None:
    world, spec = running_world, running_world.spec()
    world.guests.create(spec)
    world.guests.go(spec.uuid)
    with world.silent():
        world.guests.end(spec.uuid, AT_ONCE)
        assert world.processes(spec) == []
    until(lambda: _answers(world), 15)
    until(lambda: state(world, spec) is None)
