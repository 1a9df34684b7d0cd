"""Leases on a real file system: what is left by the dying, and what wrong disks hold."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hostdown.domain.assignment import Holder
from hostdown.domain.lease_text import BULLETIN_BYTES, Claim, LeaseState, claim_text
from hostdown.domain.pool_errors import LeaseUnreadable, PoolAbsent
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.pool import MARKER, PoolDirectory, init_pool

S, D = Holder(1, "host-s", 1), Holder(2, "host-d", 7)
HELD, FREE = LeaseState.HELD, LeaseState.FREE
LATER = datetime(2100, 1, 1)


@pytest.fixture
def leases(tmp_path: Path) -> LeaseFiles:
    init_pool(tmp_path)
    return LeaseFiles(PoolDirectory(tmp_path))


def claim(holder: Holder, nonce: str = "n", instance: str = "i") -> Claim:
    return Claim(instance, holder, "boot-id", f"{holder.host}-{nonce}")


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def test_the_bulletin_keeps_its_inode_and_its_size(leases: LeaseFiles, tmp_path: Path) -> None:
    leases.claim(claim(S), 0)
    file = tmp_path / "i/lease/current"
    seen = set()
    for data_gen in range(1, 6):
        leases.write("i", S, HELD, None, data_gen)
        seen.add((file.stat().st_ino, file.stat().st_size))
    assert len(seen) == 1
    assert seen.pop()[1] == BULLETIN_BYTES
    assert names(tmp_path / "i/lease") == ["after-0", "current"]


def test_a_call_that_was_repeated_finds_its_own_claim(leases: LeaseFiles, tmp_path: Path) -> None:
    """NFS: the first answer was lost, and the second says EEXIST."""
    leases.claim(claim(S), 0)
    assert leases.claim(claim(S), 0) == claim(S)
    assert names(tmp_path / "i/lease") == ["after-0"]


def test_an_attempt_that_died_is_no_claim_and_is_cleaned_up_by_its_host(
    leases: LeaseFiles, tmp_path: Path
) -> None:
    lease = tmp_path / "i/lease"
    lease.mkdir(parents=True)
    for holder in (S, D):
        (lease / f"tmp-{holder.host}-1").write_bytes(claim_text(claim(holder)))
    assert leases.read("i") is None
    leases.clean("i", "host-s")
    assert names(lease) == ["tmp-host-d-1"]
    leases.sweep(LATER)
    assert names(lease) == []


@pytest.mark.parametrize("content", [b"", b"torn", bytes(BULLETIN_BYTES)])
def test_the_first_bulletin_may_be_torn(leases: LeaseFiles, tmp_path: Path, content: bytes) -> None:
    leases.claim(claim(S), 0)
    (tmp_path / "i/lease/current").write_bytes(content)
    found = leases.read("i")
    assert found is not None
    assert (found.holder, found.state) == (S, HELD)
    leases.write("i", S, FREE, None, 1)
    found = leases.read("i")
    assert found is not None
    assert found.state is FREE


@pytest.mark.parametrize(
    ("file", "content", "match"),
    [
        ("after-0", b"torn", "after-0 is no claim of this instance"),
        ("after-0", claim_text(claim(S, instance="other")), "after-0 is no claim"),
        ("after-1", claim_text(claim(D)), "neither its bulletin nor its first claim"),
        ("current", b"torn", "neither its bulletin nor its first claim"),
    ],
)
def test_a_lease_that_cannot_be_told_is_not_taken_for_none(
    leases: LeaseFiles, tmp_path: Path, file: str, content: bytes, match: str
) -> None:
    (tmp_path / "i/lease").mkdir(parents=True)
    (tmp_path / "i/lease" / file).write_bytes(content)
    with pytest.raises(LeaseUnreadable, match=match):
        leases.read("i")


def test_without_the_marker_there_is_no_pool(leases: LeaseFiles, tmp_path: Path) -> None:
    """RACES 41: an empty mount point."""
    leases.claim(claim(S), 0)
    (tmp_path / MARKER).unlink()
    with pytest.raises(PoolAbsent, match="no hostdown-pool file"):
        leases.read("i")
    with pytest.raises(PoolAbsent):
        leases.claim(claim(S, instance="j"), 0)
    with pytest.raises(PoolAbsent):
        leases.write("i", S, HELD, None, 0)
    assert names(tmp_path) == ["i"]


def test_old_claims_are_purged_but_for_those_a_torn_bulletin_would_need(
    leases: LeaseFiles, tmp_path: Path
) -> None:
    holders = [Holder(generation, "h", 1) for generation in range(1, 6)]
    for holder in holders:
        leases.claim(claim(holder), holder.generation - 1)
        leases.write("i", holder, HELD, None, holder.generation)
    leases.sweep(datetime(2000, 1, 1))
    assert len(names(tmp_path / "i/lease")) == 6
    leases.sweep(LATER)
    assert names(tmp_path / "i/lease") == ["after-4", "current"]
    torn = bytearray((tmp_path / "i/lease/current").read_bytes())
    torn[:100] = os.urandom(100)
    (tmp_path / "i/lease/current").write_bytes(torn)
    found = leases.read("i")
    assert found is not None
    assert found.holder == holders[-1]


def test_a_tombstone_keeps_a_day(leases: LeaseFiles, tmp_path: Path) -> None:
    leases.claim(claim(S), 0)
    leases.write("i", S, LeaseState.DELETED, None, 1)
    (tmp_path / "_base").mkdir()
    written = datetime.utcfromtimestamp((tmp_path / "i/lease/current").stat().st_mtime)
    leases.sweep(written + timedelta(hours=23))
    assert names(tmp_path) == ["_base", MARKER, "i"]
    leases.sweep(written + timedelta(hours=25))
    assert names(tmp_path) == ["_base", MARKER]
