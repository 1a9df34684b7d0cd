"""One contract for leases, held by files on a real file system and by the fake in memory."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from hostdown.agent.ports import Leases
from hostdown.domain.assignment import Holder
from hostdown.domain.lease import Lease
from hostdown.domain.lease_text import Claim, LeaseState
from hostdown.domain.pool_errors import LeaseUnreadable
from hostdown.drivers.lease_files import LeaseFiles
from hostdown.drivers.memory_leases import MemoryLeases
from hostdown.drivers.pool import PoolDirectory, init_pool

S, D, E = Holder(1, "host-s", 1), Holder(2, "host-d", 7), Holder(3, "host-e", 1)
HELD, FREE, MOVING, DELETED = LeaseState


@pytest.fixture(params=["files", "memory"])
def leases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Leases]:
    if request.param == "memory":
        yield MemoryLeases()
        return
    init_pool(tmp_path)
    yield LeaseFiles(PoolDirectory(tmp_path))


def claim(holder: Holder, instance: str = "i") -> Claim:
    return Claim(instance, holder, "boot-id", f"{holder.host}-00ff")


def test_nobody_has_what_nobody_claimed(leases: Leases) -> None:
    assert leases.read("i") is None


def test_a_claim_holds_before_its_bulletin_is_written(leases: Leases) -> None:
    assert leases.claim(claim(S), 0) == claim(S)
    assert leases.read("i") == Lease(S, HELD, None, 0, current=False)
    leases.write("i", S, HELD, None, 1)
    assert leases.read("i") == Lease(S, HELD, None, 1, current=True)


def test_each_generation_has_one_successor(leases: Leases) -> None:
    leases.claim(claim(S), 0)
    assert leases.claim(claim(D), 1) == claim(D)
    assert leases.claim(claim(E), 1) == claim(D)
    assert leases.claim(claim(D), 1) == claim(D)
    found = leases.read("i")
    assert found is not None
    assert found.holder == D


def test_what_a_holder_says_is_read_as_it_was_written(leases: Leases) -> None:
    leases.claim(claim(S), 0)
    for state, following in ((HELD, None), (MOVING, D), (HELD, None), (FREE, None)):
        leases.write("i", S, state, following, 1)
        assert leases.read("i") == Lease(S, state, following, 1, current=True)


def test_a_free_that_comes_late_hides_nobody(leases: Leases) -> None:
    leases.claim(claim(S), 0)
    leases.write("i", S, HELD, None, 1)
    leases.claim(claim(D), 1)
    leases.write("i", D, HELD, None, 2)
    leases.write("i", S, FREE, None, 1)
    assert leases.read("i") == Lease(D, HELD, None, 2, current=False)
    leases.write("i", D, HELD, None, 2)
    assert leases.read("i") == Lease(D, HELD, None, 2, current=True)


def test_what_was_deleted_has_a_tombstone(leases: Leases) -> None:
    leases.claim(claim(S), 0)
    leases.write("i", S, DELETED, None, 1)
    assert leases.read("i") == Lease(S, DELETED, None, 1, current=True)


def test_a_lease_that_is_gone_takes_no_claim_but_the_first(leases: Leases) -> None:
    with pytest.raises(LeaseUnreadable, match="gone"):
        leases.claim(claim(D), 1)
    with pytest.raises(LeaseUnreadable, match="gone"):
        leases.write("i", D, HELD, None, 0)


def test_instances_do_not_know_each_other(leases: Leases) -> None:
    leases.claim(claim(S, "i"), 0)
    leases.claim(claim(D, "j"), 0)
    found = [leases.read(instance) for instance in ("i", "j", "k")]
    assert [each and each.holder for each in found] == [S, D, None]


def test_what_lives_survives_sweeping(leases: Leases) -> None:
    leases.claim(claim(S), 0)
    leases.write("i", S, HELD, None, 1)
    leases.clean("i", "host-s")
    leases.sweep(datetime(2100, 1, 1))
    assert leases.read("i") == Lease(S, HELD, None, 1, current=True)


def test_a_tombstone_is_swept_away_in_time(leases: Leases) -> None:
    leases.claim(claim(S), 0)
    leases.write("i", S, DELETED, None, 1)
    leases.sweep(datetime(2100, 1, 1))
    assert leases.read("i") is None
