"""A copy on a host's own pool is set aside once its server runs elsewhere, and kept a week (D1)."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.agent.guests_in_files import SILENT
from tests.agent.test_exchange import OTHER, Pair
from tests.agent.worker_bed import ASKED, HERE, MINE, THERE, UUID, Bed, moved

from hostdown.agent.pools import PoolSeen
from hostdown.agent.site import Step
from hostdown.domain.assignment import Assignment, Assignments, Disk, PowerState
from hostdown.domain.lease_text import LeaseState
from hostdown.drivers.disk_copies import KEPT_FOR

MOVED = frozenset({UUID})
LEASE = ["lease", "lease/after-0", "lease/current"]
COPY = ["disk.evacuated-1", "disk.evacuated-1.format", *LEASE]


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    """A host on whose own pool a server has run."""
    made = Bed(tmp_path, pool_seen=PoolSeen("pool-1", "local"))
    made.ask(ASKED)
    (made.pool / UUID / "disk").write_text("what it wrote")
    return made


def told(bed: Bed, *asked: Assignment, uuids: frozenset[str] = MOVED) -> None:
    bed.moved = uuids
    bed.ask(*asked)


def test_the_copy_keeps_what_is_in_it_under_a_name_that_nobody_starts(bed: Bed) -> None:
    (bed.pool / UUID / "saved").write_text("memory")
    told(bed)
    assert bed.files == COPY
    assert (bed.pool / UUID / COPY[0]).read_text() == "what it wrote"
    assert (bed.pool / UUID / COPY[1]).read_text() == "raw\n"
    assert bed.told.last.gone
    assert bed.lease is not None
    assert bed.lease.state is LeaseState.FREE


def test_it_stays_where_it_is_until_the_move_is_done(bed: Bed) -> None:
    """RACES 45: a move may fail yet."""
    told(bed, uuids=frozenset())
    assert "disk" in bed.files
    told(bed)
    assert bed.files == COPY


@pytest.mark.parametrize("pool_class", ["locks", "nolock"])
def test_on_a_pool_that_others_have_nothing_is_touched(bed: Bed, pool_class: str) -> None:
    bed.pool_seen = PoolSeen("pool-1", pool_class)
    told(bed)
    assert "disk" in bed.files
    assert Step.ASIDE not in bed.steps


def test_a_disk_that_another_host_has_claimed_is_no_copy(bed: Bed) -> None:
    """The pool only seems to be local, because nobody else on it renews its slot."""
    bed.ask()
    bed.claim(THERE, 1)
    told(bed)
    assert "disk" in bed.files


def test_a_copy_whose_lease_was_not_given_up_stays(bed: Bed) -> None:
    bed.leases.write(UUID, MINE._replace(boot=HERE.boot - 1), LeaseState.HELD, None, 1)
    bed.ask()
    bed.leases.write(UUID, MINE, LeaseState.HELD, None, 1)
    told(bed)
    assert "disk" in bed.files


def test_who_does_not_know_yet_who_has_its_pool_waits(bed: Bed) -> None:
    bed.pool_seen = PoolSeen("pool-1", "")
    told(bed)
    assert bed.told.last.gone
    assert "disk" in bed.files
    bed.pool_seen = PoolSeen("pool-1", "local")
    bed.later(1)
    assert bed.files == COPY


def test_without_a_pool_nobody_waits(bed: Bed) -> None:
    bed.pool_seen = PoolSeen()
    told(bed)
    bed.pool_seen = PoolSeen("pool-1", "local")
    bed.later(5)
    assert "disk" in bed.files


def test_nothing_is_set_aside_while_the_hypervisor_does_not_say_what_runs(bed: Bed) -> None:
    bed.guests.fails["inventory"] = SILENT
    bed.give(Assignments("db", 2, (), moved=MOVED))
    bed.worker.step(wait=False)
    assert "disk" in bed.files
    bed.later(1)
    assert bed.files == COPY


def test_a_server_that_is_asked_for_is_none_that_has_gone(bed: Bed) -> None:
    told(bed, ASKED)
    assert bed.state is PowerState.RUNNING
    assert "disk" in bed.files


def test_a_server_that_comes_back_gets_a_disk_of_its_own_beside_the_copy(bed: Bed) -> None:
    """RACES 40: the older copy is never taken for the newer disk."""
    told(bed)
    bed.ask(moved(THERE, generation=10, order=2, data_gen=9))
    assert bed.told.last.failure is not None
    assert bed.told.last.failure.code == "lease-refused"
    back = moved(THERE, generation=11, order=3, data_gen=9)._replace(disk=Disk.CREATE)
    bed.ask(back)
    assert bed.state is PowerState.RUNNING
    assert (bed.pool / UUID / COPY[0]).read_text() == "what it wrote"
    told(bed)
    assert "disk.evacuated-11" in bed.files
    assert COPY[0] in bed.files


def test_copies_are_kept_for_a_week(bed: Bed) -> None:
    told(bed)
    done_at = (bed.pool / UUID / COPY[0]).stat().st_mtime
    beside = bed.pool / UUID / "disk"
    beside.write_text("another server's")
    there = bed.site.copies
    assert there is not None
    for seconds, files in ((-60, ["disk", *COPY]), (60, ["disk", *LEASE])):
        now = bed.clock.now().fromtimestamp(0) + KEPT_FOR + timedelta(seconds=done_at + seconds)
        there.sweep(now)
        assert bed.files == files


def test_one_sweep_an_hour_goes_over_copies_too(bed: Bed) -> None:
    told(bed)
    bed.clock.forward(KEPT_FOR.total_seconds() * 1000)
    bed.turns()
    assert not [name for name in bed.files if name.startswith("disk")]


# ------------------------------------------------------------------------------------ the wire


def test_what_has_moved_comes_with_the_list(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.bed.pool_seen = PoolSeen("pool-1", "local")
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    pair.server.answer = {"moved": [UUID, OTHER]}
    pair.server.give()
    pair.exchange.hint(3)
    pair.turn()
    pair.turn()
    assert "disk.evacuated-1" in pair.bed.files


@pytest.mark.parametrize("wrong", [{}, None, [1], ["../../etc"], [UUID, UUID.upper()]])
def test_what_is_no_list_of_instances_is_not_understood(tmp_path: Path, wrong: object) -> None:
    pair = Pair(tmp_path)
    pair.server.answer = {"moved": wrong}
    pair.server.give(ASKED)
    pair.reporting()
    pair.turn()
    assert pair.bed.state is None
    pair.server.answer = {}
    pair.bed.clock.forward(10)
    pair.turn()
    assert pair.bed.state is PowerState.RUNNING
