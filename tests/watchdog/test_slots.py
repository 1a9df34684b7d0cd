"""Slots of watched hosts: one contract for those in memory and those on a real file system."""

import os
from pathlib import Path

import pytest
from tests.watchdog.things import HOST, PEER

from hostdown.agent.watch_ports import WatchSlots
from hostdown.domain.pool_errors import PoolAbsent, PoolFailed
from hostdown.domain.watchdog import SLOT_BYTES, Mark, Renewal, SlotContent
from hostdown.drivers.limited_slots import LimitedSlots
from hostdown.drivers.memory_watch_slots import MemoryWatchSlots
from hostdown.drivers.pool import MARKER, PoolDirectory, init_pool
from hostdown.drivers.watch_slots import WATCH, WatchSlotFiles

FIRST, SECOND = Renewal("boot id", "process", 1), Renewal("boot id", "process", 2)
MARK = Mark(3, "a recovery")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    init_pool(tmp_path)
    return tmp_path


@pytest.fixture(params=["memory", "files", "limited"])
def slots(request: pytest.FixtureRequest, pool: Path) -> WatchSlots:
    files = WatchSlotFiles(PoolDirectory(pool))
    made: dict[str, WatchSlots] = {
        "memory": MemoryWatchSlots(PoolDirectory(pool).id()),
        "files": files,
        "limited": LimitedSlots(pool, files),
    }
    return made[request.param]


def test_a_renewal_is_read_back_and_read_by_others(slots: WatchSlots, pool: Path) -> None:
    assert slots.pool_id() == PoolDirectory(pool).id()
    assert slots.renew(HOST, FIRST) == SlotContent(FIRST, None)
    assert slots.renew(HOST, SECOND) == SlotContent(SECOND, None)
    assert slots.read(HOST) == SlotContent(SECOND, None)


def test_a_mark_stays_beneath_renewals(slots: WatchSlots) -> None:
    slots.renew(HOST, FIRST)
    assert slots.mark(HOST, MARK) == SlotContent(FIRST, MARK)
    assert slots.renew(HOST, SECOND) == SlotContent(SECOND, MARK)
    assert slots.read(HOST).mark == MARK


def test_a_mark_of_a_later_boot_stays_and_an_older_one_gives_way(slots: WatchSlots) -> None:
    slots.renew(HOST, FIRST)
    slots.mark(HOST, MARK)
    assert slots.mark(HOST, Mark(2, "late")).mark == MARK
    assert slots.mark(HOST, Mark(4, "newer")).mark == Mark(4, "newer")


def test_hosts_have_slots_of_their_own(slots: WatchSlots) -> None:
    slots.renew(HOST, FIRST)
    slots.renew(PEER, SECOND)
    slots.mark(PEER, MARK)
    assert slots.read(HOST) == SlotContent(FIRST, None)


def test_who_never_renewed_has_none_and_cannot_be_marked(slots: WatchSlots) -> None:
    for use in (lambda: slots.read(HOST), lambda: slots.mark(HOST, MARK)):
        with pytest.raises(PoolFailed):
            use()


# ---------------------------------------------------------------------------- real files alone


def test_without_its_marker_there_is_no_pool(pool: Path) -> None:
    slots = WatchSlotFiles(PoolDirectory(pool))
    slots.renew(HOST, FIRST)
    (pool / MARKER).unlink()
    for use in (slots.pool_id, lambda: slots.renew(HOST, SECOND), lambda: slots.read(HOST)):
        with pytest.raises(PoolAbsent):
            use()


def test_a_slot_has_its_size_and_what_is_torn_says_nothing(pool: Path) -> None:
    slots = WatchSlotFiles(PoolDirectory(pool))
    slots.renew(HOST, FIRST)
    file = pool / WATCH / HOST
    assert file.stat().st_size == SLOT_BYTES
    file.write_bytes(b"x" + file.read_bytes()[1:])
    assert slots.read(HOST) == SlotContent(None, None)


def test_a_slot_that_was_removed_is_made_anew(pool: Path) -> None:
    slots = WatchSlotFiles(PoolDirectory(pool))
    slots.renew(HOST, FIRST)
    (pool / WATCH / HOST).unlink()
    assert slots.renew(HOST, SECOND).renewal == SECOND


def test_a_file_system_without_o_direct_has_no_slots(pool: Path) -> None:
    """`/proc/self` takes a place here that refuses it."""
    slots = WatchSlotFiles(PoolDirectory(pool))
    (pool / WATCH).mkdir()
    (pool / WATCH / HOST).symlink_to("/proc/self/oom_score_adj")
    with pytest.raises(PoolFailed, match="O_DIRECT"):
        slots.renew(HOST, FIRST)


def test_a_pool_that_hangs_fails_in_time_and_is_asked_nothing_more(pool: Path) -> None:
    """A pipe that nobody writes to hangs whoever opens it."""
    slots = LimitedSlots(pool, WatchSlotFiles(PoolDirectory(pool)), limit_s=0.1)
    marker = (pool / MARKER).read_bytes()
    (pool / MARKER).unlink()
    os.mkfifo(pool / MARKER)
    for _ in range(2):
        with pytest.raises(PoolFailed):
            slots.read(HOST)
    (pool / MARKER).write_bytes(marker)


def test_descriptors_are_not_left_open(pool: Path) -> None:
    slots = WatchSlotFiles(PoolDirectory(pool))
    slots.renew(HOST, FIRST)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        slots.renew(HOST, SECOND)
        slots.mark(HOST, MARK)
        slots.read(HOST)
    assert len(os.listdir("/proc/self/fd")) == before
