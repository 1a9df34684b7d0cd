"""Slots on a real file system, and locks of real processes."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import orjson
import pytest

from hostdown.domain.pool_errors import PoolAbsent
from hostdown.domain.pools import Slot
from hostdown.drivers import host_slots
from hostdown.drivers.host_slots import SLOT_BYTES, HostSlots
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.pool import HOSTS, MARKER, PoolDirectory, init_pool
from hostdown.drivers.system_clock import SystemClock

A, B, C = (f"00000000-0000-0000-0000-00000000000{each}" for each in "abc")
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    init_pool(tmp_path)
    return tmp_path


def slots(pool: Path) -> HostSlots:
    return HostSlots(PoolDirectory(pool))


def host_of(pool: Path, host: str, wire: Connection) -> None:
    """Another host: renews when it is told to, and says whether it has its lock."""
    mine = slots(pool)
    while (counter := wire.recv()) is not None:
        wire.send(mine.renew(host, Slot("other", 7, counter)))


@contextmanager
def another(pool: Path, host: str) -> Iterator[Connection]:
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=host_of, args=(pool, host, there))
    process.start()
    there.close()
    try:
        yield here
    finally:
        process.kill()
        process.join()


def counted(wire: Connection, counter: int) -> object:
    wire.send(counter)
    return wire.recv()


def test_what_one_host_writes_another_reads(pool: Path) -> None:
    with another(pool, B) as other:
        assert counted(other, 1) is True
        mine = slots(pool)
        assert mine.renew(A, Slot("me", 3, 9))
        assert mine.others(A) == {B: Slot("other", 7, 1)}
        assert counted(other, 2) is True
        assert mine.others(A) == {B: Slot("other", 7, 2)}
        assert mine.others(B) == {A: Slot("me", 3, 9)}
    assert (pool / HOSTS / A).stat().st_size == SLOT_BYTES


def test_a_lock_is_refused_as_long_as_its_process_lives(pool: Path) -> None:
    mine = slots(pool)
    with another(pool, B) as other:
        assert counted(other, 1) is True
        assert mine.is_locked(B)
        assert mine.is_locked(B)
        assert mine.renew(B, Slot("thief", 1, 5)) is False
        assert mine.others(A) == {B: Slot("other", 7, 1)}
        assert counted(other, 2) is True
    assert not mine.is_locked(B)
    assert mine.renew(B, Slot("next", 2, 1)) is True
    assert mine.others(A) == {B: Slot("next", 2, 1)}


def test_a_test_of_a_lock_does_not_take_it(pool: Path) -> None:
    (pool / HOSTS).mkdir()
    (pool / HOSTS / B).touch()
    mine = slots(pool)
    assert not mine.is_locked(B)
    with another(pool, B) as other:
        assert counted(other, 1) is True


def test_a_slot_that_was_taken_away_is_made_anew(pool: Path) -> None:
    mine = slots(pool)
    mine.renew(A, Slot("me", 1, 1))
    (pool / HOSTS / A).unlink()
    assert mine.renew(A, Slot("me", 1, 2)) is True
    assert slots(pool).others(B) == {A: Slot("me", 1, 2)}
    assert slots(pool).is_locked(A)


def test_what_is_no_slot_is_none(pool: Path) -> None:
    (pool / HOSTS).mkdir()
    contents = [b"", b"{", b"[]", b"null", b'{"process": "p", "boot": 1}', b"\xff" * SLOT_BYTES]
    for number, content in enumerate(contents):
        (pool / HOSTS / f"00000000-0000-0000-0000-{number:012}").write_bytes(content)
    (pool / HOSTS / "letters").write_bytes(orjson.dumps(Slot("p", 1, 1)._asdict()))
    assert slots(pool).others(A) == {}


def test_of_many_hosts_each_looks_at_its_neighbours(
    pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_slots, "PEERS_MAX", 1)
    for host in (A, B, C):
        slots(pool).renew(host, Slot(host, 1, 1))
    looked_at = {host: set(slots(pool).others(host)) for host in (A, B, C)}
    assert looked_at == {A: {B}, B: {C}, C: {A}}


def test_without_its_marker_there_is_no_pool(pool: Path) -> None:
    mine = slots(pool)
    mine.renew(A, Slot("me", 1, 1))
    (pool / MARKER).unlink()
    for use in (mine.pool_id, lambda: mine.renew(A, Slot("me", 1, 2)), lambda: mine.others(A)):
        with pytest.raises(PoolAbsent):
            use()


def test_a_sweep_and_a_second_init_leave_slots_alone(pool: Path) -> None:
    found = PoolDirectory(pool).id()
    mine = slots(pool)
    mine.renew(A, Slot("me", 1, 1))
    os.utime(pool / HOSTS / A, (0, 0))
    LeaseFiles(PoolDirectory(pool)).sweep(SystemClock().now())
    assert init_pool(pool) == found == mine.pool_id()
    assert mine.others(B) == {A: Slot("me", 1, 1)}


def test_descriptors_are_not_left_open(pool: Path) -> None:
    mine = slots(pool)
    mine.renew(A, Slot("me", 1, 1))
    before = len(os.listdir("/proc/self/fd"))
    for counter in range(2, 9):
        mine.renew(A, Slot("me", 1, counter))
        mine.others(A)
        mine.is_locked(A)
        (pool / HOSTS / A).unlink()
        mine.renew(A, Slot("me", 1, counter))
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("type_", "takes"), [("nfs", True), ("nfs4", False), ("ext4", False), ("nfsd", False)]
)
def test_only_nfs_below_version_4_takes_late_writes(pool: Path, type_: str, takes: bool) -> None:
    device = pool.stat().st_dev
    mounts = pool / "mountinfo"
    mounts.write_text(
        "22 1 0:99 / / rw shared:1 - nfs other:/ rw\n"
        f"36 22 {os.major(device)}:{os.minor(device)} / {pool} rw,noatime shared:7 master:2 "
        f"- {type_} filer:/pool rw,vers=3\n"
    )
    assert HostSlots(PoolDirectory(pool), mounts).takes_late_writes() is takes


def test_what_is_mounted_here_is_read_from_the_kernel(pool: Path) -> None:
    assert slots(pool).takes_late_writes() is False
