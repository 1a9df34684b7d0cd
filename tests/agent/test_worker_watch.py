"""Never twice, while a guest starts and runs: looks at its lease (NEVER-TWICE S4, S5, W1)."""

from pathlib import Path

import pytest
from tests.agent.worker_bed import (
    ASKED,
    HERE,
    MINE,
    SOURCE,
    THERE,
    UUID,
    Bed,
    moved,
    ran_elsewhere,
)

from hostdown.agent.guest_errors import NotGone
from hostdown.agent.pools import PoolSeen
from hostdown.agent.site import Step, WorkerSettings
from hostdown.domain.assignment import Holder, PowerState
from hostdown.domain.lease_text import LeaseState
from hostdown.drivers.pool import MARKER

RUNNING = PowerState.RUNNING


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


def failure(bed: Bed) -> tuple[str, str]:
    found = bed.told.last.failure
    assert found is not None
    return found.code, found.message


def test_a_guest_whose_lease_is_anothers_dies_at_the_next_look(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.watcher.look()
    assert bed.state is RUNNING
    bed.claim(THERE, 1)
    bed.watcher.look()
    assert bed.state is None
    bed.turns()
    assert bed.told.last.gone
    assert bed.told.last.holder == THERE
    assert bed.lease is not None
    assert bed.lease.holder == THERE
    bed.ask(ASKED._replace(order=2))
    assert bed.state is None


def test_a_lease_that_was_freed_under_a_guest_kills_it(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.leases.write(UUID, MINE, LeaseState.FREE, None, 1)
    bed.watcher.look()
    assert bed.state is None


def test_a_bulletin_that_was_written_over_is_repaired(bed: Bed) -> None:
    """RACES 54."""
    ran_elsewhere(bed)
    bed.ask(moved(SOURCE))
    bed.leases.write(UUID, SOURCE, LeaseState.FREE, None, 1)
    assert bed.lease is not None
    assert not bed.lease.current
    bed.watcher.look()
    bed.turns()
    assert bed.lease.holder == Holder(2, HERE.host, HERE.boot)
    assert bed.lease.current
    assert bed.state is RUNNING


def test_a_guest_outlives_a_pool_that_cannot_be_read(bed: Bed) -> None:
    """RACES 55."""
    bed.ask(ASKED)
    bed.watcher.look()
    assert not bed.watcher.storage_lost
    marker = (bed.pool / MARKER).read_bytes()
    (bed.pool / MARKER).unlink()
    for _ in range(3):
        bed.watcher.look()
        bed.turns()
    assert (bed.state, bed.watcher.storage_lost) == (RUNNING, True)
    (bed.pool / MARKER).write_bytes(marker)
    bed.watcher.look()
    assert (bed.state, bed.watcher.storage_lost) == (RUNNING, False)


def test_a_reader_that_hangs_is_noticed(bed: Bed) -> None:
    bed.ask(ASKED)
    seen = []

    class Hanging:
        def read(self, instance: str) -> None:
            bed.clock.forward(0.5)
            seen.append(bed.watcher.storage_lost)
            bed.clock.forward(1)
            seen.append(bed.watcher.storage_lost)

    object.__setattr__(bed.site, "leases", Hanging())
    bed.watcher.look()
    assert seen == [False, True]


def test_a_killing_that_fails_is_tried_again(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.claim(THERE, 1)
    bed.guests.fails["end"] = NotGone(uuid=UUID, pid=1)
    bed.watcher.look()
    assert bed.state is RUNNING
    bed.watcher.look()
    assert bed.state is None


def test_a_lease_that_changes_hands_during_a_start_ends_the_start(bed: Bed) -> None:
    """RACES 4: the claim is read again after the guest was made, and before it may write."""
    ran_elsewhere(bed)

    def late(step: Step, _uuid: str) -> None:
        if step is Step.READ and bed.lease is not None and bed.lease.holder != THERE:
            bed.claim(THERE, 2)

    bed.at = late
    bed.ask(moved(SOURCE))
    bed.later(2)
    assert bed.guests.befell(UUID) == ["create", "end 0"]
    assert (failure(bed)[0], bed.told.last.holder) == ("lease-refused", THERE)


def test_an_agent_that_was_stopped_before_cont_starts_over(bed: Bed) -> None:
    stalls = [1.5, 0.5]

    def stall(step: Step, _uuid: str) -> None:
        if step is Step.GO:
            bed.clock.forward(stalls.pop(0))

    bed.at = stall
    bed.ask(ASKED)
    assert bed.state is None
    bed.later(1)
    assert bed.guests.befell(UUID) == ["create", "end 0", "create", "go"]
    assert bed.told.last.state is RUNNING


@pytest.mark.parametrize(("locks", "pool_class"), [(False, "locks"), (True, "nolock")])
def test_without_locks_a_takeover_waits_longer(
    tmp_path: Path, locks: bool, pool_class: str
) -> None:
    """S5: where they are switched off, and where they were found to keep nobody out."""
    settings = WorkerSettings(locks, settle_s=60.0, settle_without_locks_s=0.01)
    bed = Bed(tmp_path, settings, pool_seen=PoolSeen("pool-1", pool_class))
    ran_elsewhere(bed)
    bed.ask(moved(SOURCE))
    assert bed.state is RUNNING


def test_with_locks_it_waits_only_for_what_is_left_of_the_time(tmp_path: Path) -> None:
    """S6: nobody may have written for a minute already."""
    bed = Bed(tmp_path, WorkerSettings(settle_s=60.0))
    ran_elsewhere(bed)
    bed.ask(moved(SOURCE)._replace(quiet_ms=60_000))
    assert bed.state is RUNNING


def test_an_agent_that_stops_while_it_waits_leaves_no_guest(tmp_path: Path) -> None:
    bed = Bed(tmp_path, WorkerSettings(settle_s=60.0))
    ran_elsewhere(bed)
    bed.at = lambda step, _uuid: bed.site.stopping.set() if step is Step.SETTLE else None
    bed.ask(moved(SOURCE))
    assert bed.state is None
    assert bed.told.outcomes == []
