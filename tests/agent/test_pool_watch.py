"""An agent counts on in its slot, looks at those of others, and tells what it has found."""

from dataclasses import dataclass, field

import pytest
from tests.agent.worker_bed import HERE, BedClock

from hostdown.agent.pool_watch import LOOK_EVERY_S, LOOK_SOON_S, RENEW_EVERY_S, PoolWatch
from hostdown.agent.pools import PoolSeen
from hostdown.agent.site import Standing
from hostdown.domain.pool_errors import PoolAbsent, PoolFailed
from hostdown.domain.pools import Slot


@dataclass
class MadeUpSlots:
    """A pool of which the test decides everything."""

    id: str = "pool-1"
    held: bool | None = True
    locked: bool = True
    late_writes: bool = False
    fails: Exception | None = None
    counters: dict[str, int] = field(default_factory=dict)
    renewed: list[Slot] = field(default_factory=list)
    looks: int = 0

    def pool_id(self) -> str:
        if self.fails is not None:
            raise self.fails
        return self.id

    def renew(self, host: str, slot: Slot) -> bool | None:
        assert host == HERE.host
        self.renewed.append(slot)
        return self.held

    def others(self, host: str) -> dict[str, Slot]:
        assert host == HERE.host
        self.looks += 1
        return {name: Slot("p", 1, counter) for name, counter in self.counters.items()}

    def is_locked(self, host: str) -> bool:
        assert host in self.counters
        return self.locked

    def takes_late_writes(self) -> bool:
        return self.late_writes


class Scene:
    def __init__(self, who: Standing | None = HERE) -> None:
        self.slots = MadeUpSlots()
        self.clock = BedClock()
        self.who = who
        self.told: list[PoolSeen] = []
        self.watch = PoolWatch(self.slots, lambda: self.who, self.clock, self.changed)

    def changed(self) -> None:
        self.told.append(self.watch.seen())

    def seconds(self, seconds: float) -> None:
        """Ticks, while the other hosts count on."""
        for _ in range(round(seconds / RENEW_EVERY_S)):
            self.watch.tick()
            self.clock.forward(RENEW_EVERY_S)
            for host in self.slots.counters:
                self.slots.counters[host] += 1

    @property
    def classes(self) -> list[str]:
        return [each.pool_class for each in self.told]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_host_counts_on_under_its_boot_and_its_process(scene: Scene) -> None:
    scene.seconds(3)
    assert [(each.boot, each.counter) for each in scene.slots.renewed] == [(3, 1), (3, 2), (3, 3)]
    assert len({each.process for each in scene.slots.renewed}) == 1
    other = Scene()
    other.seconds(1)
    assert other.slots.renewed[0].process != scene.slots.renewed[0].process


def test_before_its_first_session_it_only_knows_which_pool_it_is(scene: Scene) -> None:
    scene.who = None
    scene.seconds(5)
    assert (scene.slots.renewed, scene.told) == ([], [PoolSeen("pool-1", "")])
    scene.who = HERE
    scene.seconds(5)
    assert scene.watch.seen() == PoolSeen("pool-1", "local")


@pytest.mark.parametrize(("locked", "found"), [(True, "locks"), (False, "nolock")])
def test_what_others_locks_do_is_found_out_and_told_at_once(
    scene: Scene, locked: bool, found: str
) -> None:
    scene.slots.counters["b"] = 1
    scene.slots.locked = locked
    scene.seconds(3 * LOOK_SOON_S)
    assert scene.classes == ["", found]


def test_it_is_measured_again_each_minute(scene: Scene) -> None:
    scene.slots.counters["b"] = 1
    scene.seconds(2 * LOOK_SOON_S)
    looks = scene.slots.looks
    scene.slots.locked = False
    scene.seconds(LOOK_EVERY_S)
    assert scene.slots.looks == looks + 1
    scene.seconds(LOOK_SOON_S)
    assert scene.classes == ["", "locks", "nolock"]


def test_a_host_that_joins_is_seen_soon_and_one_that_leaves_is_remembered(scene: Scene) -> None:
    scene.seconds(2 * LOOK_SOON_S)
    scene.slots.counters["b"] = 1
    scene.seconds(3 * LOOK_SOON_S)
    scene.slots.counters.clear()
    scene.seconds(3 * LOOK_EVERY_S)
    assert scene.classes == ["", "local", "locks"]


def test_without_a_pool_there_is_none_to_tell_of(scene: Scene) -> None:
    scene.seconds(2 * LOOK_SOON_S)
    scene.slots.fails = PoolAbsent(path="p", reason="no marker")
    scene.seconds(2)
    assert scene.watch.seen() == PoolSeen("", "")
    scene.slots.fails = None
    scene.seconds(2 * LOOK_SOON_S)
    assert scene.told[-2:] == [PoolSeen("pool-1", ""), PoolSeen("pool-1", "local")]


def test_a_pool_that_fails_is_what_it_was(scene: Scene) -> None:
    scene.seconds(2 * LOOK_SOON_S)
    scene.slots.fails = PoolFailed(path="p", reason="Input/output error")
    scene.seconds(2)
    assert scene.watch.seen() == PoolSeen("pool-1", "local")


def test_another_pool_in_its_place_is_measured_anew(scene: Scene) -> None:
    scene.slots.counters["b"] = 1
    scene.seconds(2 * LOOK_SOON_S)
    scene.slots.counters.clear()
    scene.slots.id = "pool-2"
    scene.seconds(3 * LOOK_SOON_S)
    assert scene.told[2:] == [PoolSeen("pool-2", ""), PoolSeen("pool-2", "local")]


def test_where_there_are_no_locks_nobody_has_to_be_asked(scene: Scene) -> None:
    scene.slots.held = None
    scene.seconds(1)
    assert (scene.classes, scene.slots.looks) == (["nolock"], 0)


def test_a_process_that_has_this_host_s_lock_is_spoken_of_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.slots.held = False
    scene.seconds(5)
    assert caplog.text.count("Another process has the lock") == 1
    scene.slots.held = True
    scene.seconds(1)
    scene.slots.held = False
    scene.seconds(1)
    assert caplog.text.count("Another process has the lock") == 2


def test_its_thread_ticks_until_it_is_stopped(scene: Scene) -> None:
    scene.slots.fails = RuntimeError("a bug ends no thread")
    scene.watch.start()
    scene.watch.stop()
    assert scene.told == []


def test_locks_of_a_pool_that_takes_late_writes_are_worth_less(scene: Scene) -> None:
    scene.slots.counters = {"other": 1}
    scene.slots.late_writes = True
    scene.seconds(2 * LOOK_SOON_S)
    assert scene.classes == ["", "replay"]
    scene.slots.locked = False
    scene.seconds(2 * LOOK_EVERY_S)
    assert scene.classes == ["", "replay", "nolock"]
