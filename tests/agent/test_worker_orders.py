"""What the worker makes of each order, on real files."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.agent.worker_bed import ASKED, HERE, MINE, SETTINGS, UUID, Bed

from hostdown.agent.site import Step
from hostdown.domain.assignment import Assignment, Holder, Outcome, PowerState, Reboot, Wanted
from hostdown.domain.lease import Lease
from hostdown.domain.lease_text import LeaseState
from hostdown.drivers.pool import MARKER

RUNNING, PAUSED, SHUTDOWN = PowerState.RUNNING, PowerState.PAUSED, PowerState.SHUTDOWN
SUSPENDED = PowerState.SUSPENDED
HELD = LeaseState.HELD
LEASE_FILES = ["lease", "lease/after-0", "lease/current"]
ALL_FILES = ["disk", "disk.format", *LEASE_FILES]


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


def asked(order: int, wanted: Wanted, reboot: Reboot | None = None) -> Assignment:
    return ASKED._replace(order=order, wanted=wanted, reboot=reboot)


def told(order: int, state: PowerState, claimed: bool = True, gone: bool = False) -> Outcome:
    return Outcome(UUID, 1, order, state, claimed, gone)


def test_a_start_goes_by_the_numbered_steps(bed: Bed) -> None:
    bed.ask(ASKED)
    assert bed.state is RUNNING
    assert bed.guests.befell(UUID) == ["create", "go"]
    assert bed.lease == Lease(MINE, HELD, None, 1, current=True)
    assert bed.told.outcomes == [told(1, RUNNING)]
    assert bed.files == ALL_FILES
    assert bed.steps == [
        Step.BEGUN,
        Step.CLAIM,
        Step.BULLETIN,
        Step.DISK,
        Step.CREATE,
        Step.RAN,
        Step.READ,
        Step.GO,
        Step.NOTE,
        Step.TELL,
    ]


def test_an_order_that_is_done_touches_nothing(bed: Bed) -> None:
    bed.ask(ASKED)
    for _ in range(3):
        bed.ask(ASKED)
        bed.restart()
        bed.ask(ASKED)
    assert bed.guests.befell(UUID) == ["create", "go"]
    assert bed.told.outcomes == [told(1, RUNNING)]


def test_all_that_came_of_orders_is_told_again_after_a_while(tmp_path: Path) -> None:
    """A state that was set by hand becomes true again (`sync_power_state_interval`)."""
    bed = Bed(tmp_path, replace(SETTINGS, tell_all_every=timedelta(seconds=600)))
    bed.ask(ASKED)
    bed.ask(asked(2, Wanted.STOPPED))
    stopped = told(2, SHUTDOWN)
    assert bed.told.outcomes == [told(1, RUNNING), stopped]
    bed.later(599)
    assert len(bed.told.outcomes) == 2
    for again in (3, 4):
        bed.later(600)
        assert bed.told.outcomes[2:] == [stopped] * (again - 2)


def test_a_guest_that_ended_by_itself_is_told_and_not_started_again(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.guests.die(UUID)
    bed.worker.look()
    bed.turns()
    assert bed.told.last == told(1, SHUTDOWN)
    bed.restart()
    bed.ask(ASKED)
    assert bed.state is None
    bed.ask(asked(2, Wanted.RUNNING))
    assert bed.guests.befell(UUID) == ["create", "go", "die", "create", "go"]
    assert bed.told.last == told(2, RUNNING)


def test_each_power_order_and_back(bed: Bed) -> None:
    bed.ask(ASKED)
    orders = [
        (Wanted.PAUSED, PAUSED, "pause"),
        (Wanted.RUNNING, RUNNING, "go"),
        (Wanted.SUSPENDED, SUSPENDED, "save"),
        (Wanted.RUNNING, RUNNING, "restore"),
        (Wanted.STOPPED, SHUTDOWN, "end 7"),
        (Wanted.RUNNING, RUNNING, "create"),
        (Wanted.STOPPED, SHUTDOWN, "end 7"),
        (Wanted.PAUSED, PAUSED, "create"),
        (Wanted.STOPPED, SHUTDOWN, "end 0"),
    ]
    for order, (wanted, state, how) in enumerate(orders, start=2):
        before = len(bed.guests.befell(UUID))
        bed.ask(asked(order, wanted))
        assert bed.told.last == told(order, state)
        assert bed.guests.befell(UUID)[before] == how
    assert bed.files == ALL_FILES


def test_memory_that_was_saved_is_forgotten_before_the_guest_goes_on(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask(asked(2, Wanted.SUSPENDED))
    assert "saved" in bed.files
    bed.steps.clear()
    bed.ask(asked(3, Wanted.RUNNING))
    assert bed.steps == [
        Step.CREATE, Step.UNSAVE, Step.READ, Step.GO, Step.NOTE, Step.TELL,
    ]  # fmt: skip
    assert "saved" not in bed.files


def test_memory_that_was_saved_is_forgotten_by_a_stop(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask(asked(2, Wanted.SUSPENDED))
    bed.ask(asked(3, Wanted.STOPPED))
    assert bed.told.last == told(3, SHUTDOWN)
    assert "saved" not in bed.files


@pytest.mark.parametrize(("reboot", "grace"), [(Reboot.SOFT, 7), (Reboot.HARD, 0)])
def test_a_reboot_starts_a_guest_that_runs_again(bed: Bed, reboot: Reboot, grace: int) -> None:
    bed.ask(ASKED)
    bed.ask(asked(2, Wanted.RUNNING, reboot))
    assert bed.guests.befell(UUID) == ["create", "go", f"end {grace}", "create", "go"]
    bed.ask(asked(2, Wanted.RUNNING, reboot))
    assert len(bed.guests.befell(UUID)) == 5
    bed.ask(asked(3, Wanted.STOPPED))
    bed.ask(asked(4, Wanted.RUNNING, reboot))
    assert bed.state is RUNNING


def test_a_server_that_is_stopped_claims_nothing(bed: Bed) -> None:
    bed.ask(asked(1, Wanted.STOPPED))
    assert bed.told.outcomes == [told(1, SHUTDOWN, claimed=False)]
    assert bed.lease is None
    assert bed.files == []
    bed.ask(asked(2, Wanted.RUNNING))
    assert bed.told.last == told(2, RUNNING)


def test_orders_may_skip_what_nobody_waits_for(bed: Bed) -> None:
    bed.ask(asked(4, Wanted.SUSPENDED))
    assert bed.told.outcomes == [told(4, SUSPENDED)]
    assert bed.guests.befell(UUID) == ["create", "save"]


def test_of_a_deleted_server_the_tombstone_stays(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask(asked(2, Wanted.GONE))
    assert bed.told.last == told(2, PowerState.NOSTATE, claimed=False, gone=True)
    assert bed.state is None
    assert bed.files == LEASE_FILES
    assert bed.lease == Lease(MINE, LeaseState.DELETED, None, 1, current=True)
    bed.ask(asked(2, Wanted.GONE))
    bed.worker.told(bed.told.last)
    bed.ask()
    assert len(bed.told.outcomes) == 2
    assert list((bed.root / "state/notes").iterdir()) == []
    bed.ask(ASKED)
    assert bed.state is None
    assert bed.told.last.failure is not None
    assert "was deleted" in bed.told.last.failure.message


def test_a_tombstone_of_a_host_that_died_over_it_keeps_nobody_from_removing_the_disk(
    bed: Bed,
) -> None:
    """D3: the server is deleted for good, whoever wrote that down."""
    other = Holder(1, "another host", 1)
    bed.claim(other, 0, LeaseState.DELETED)
    (bed.pool / UUID / "disk").write_bytes(b"x")
    bed.ask(ASKED._replace(generation=2, order=2, wanted=Wanted.GONE, over=(other,)))
    assert (bed.told.last.gone, bed.told.last.failure) == (True, None)
    assert not (bed.pool / UUID / "disk").exists()
    assert bed.lease is not None
    assert (bed.lease.holder, bed.lease.state) == (other, LeaseState.DELETED)


def test_a_deletion_waits_for_its_pool(bed: Bed) -> None:
    """Nobody asks again: for who deleted it while its host was down, it is gone already."""
    bed.ask(ASKED)
    marker = bed.pool / MARKER
    marker.rename(bed.root / "marker")
    bed.ask(asked(2, Wanted.GONE))
    assert bed.state is None
    assert not bed.told.last.gone
    assert bed.told.last.failure is None
    (bed.root / "marker").rename(marker)
    bed.later(1)
    assert bed.told.last == told(2, PowerState.NOSTATE, claimed=False, gone=True)
    assert not (bed.pool / UUID / "disk").exists()


def test_a_server_deleted_before_it_was_started_leaves_nothing(bed: Bed) -> None:
    bed.ask(asked(2, Wanted.GONE))
    assert bed.told.outcomes == [told(2, PowerState.NOSTATE, claimed=False, gone=True)]
    assert bed.files == []


def test_a_suspended_or_stopped_server_can_be_deleted(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask(asked(2, Wanted.SUSPENDED))
    bed.ask(asked(3, Wanted.GONE))
    assert bed.told.last.gone
    assert bed.files == LEASE_FILES


def test_a_report_names_every_instance_that_is_or_should_be_here(bed: Bed) -> None:
    assert bed.worker.rows() == []
    bed.ask(ASKED)
    assert bed.worker.rows() == [(UUID, 1, 1, RUNNING)]
    bed.ask(asked(2, Wanted.STOPPED))
    assert bed.worker.rows() == [(UUID, 1, 2, SHUTDOWN)]
    bed.ask(asked(3, Wanted.GONE))
    assert bed.worker.rows() == []


def test_outcomes_are_told_again_by_an_agent_that_starts(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.restart()
    assert bed.told.outcomes == [told(1, RUNNING)]
    assert bed.note.holder(HERE.host) == MINE
