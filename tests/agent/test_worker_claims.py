"""Never twice, before a start: who may claim, and who may not (NEVER-TWICE L3, L4, S1)."""

from pathlib import Path

import pytest
from tests.agent.worker_bed import (
    ASKED,
    HERE,
    SOURCE,
    THERE,
    UUID,
    Bed,
    moved,
    ran_elsewhere,
)

from hostdown.agent.guests import GuestSpec
from hostdown.agent.site import Standing, Step
from hostdown.domain.assignment import Assignment, Holder, PowerState
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


def test_a_server_of_a_named_holder_is_taken_over_with_its_disk(bed: Bed) -> None:
    ran_elsewhere(bed)
    bed.ask(moved(SOURCE))
    assert bed.state is RUNNING
    assert (bed.pool / UUID / "disk").read_text() == "data of the source"
    assert bed.lease is not None
    assert (bed.lease.holder, bed.lease.data_gen) == (Holder(2, HERE.host, HERE.boot), 2)
    assert Step.SETTLE in bed.steps


def test_a_server_that_was_given_up_needs_no_wait(bed: Bed) -> None:
    ran_elsewhere(bed, LeaseState.FREE)
    bed.ask(moved(SOURCE))
    assert bed.state is RUNNING
    assert Step.SETTLE not in bed.steps


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        (moved(), "gave it up in no way"),
        (moved(Holder(1, "host-source", 2)), "gave it up in no way"),
        (moved(SOURCE, data_gen=3), "older than the last one that ran"),
        (ASKED, "another host or boot has it"),
    ],
)
def test_a_claim_that_is_refused_starts_nothing_and_tells_who_has_it(
    bed: Bed, asked: Assignment, match: str
) -> None:
    """L3, L4."""
    ran_elsewhere(bed)
    before = bed.files
    bed.ask(asked)
    code, message = failure(bed)
    assert (code, bed.told.last.holder) == ("lease-refused", SOURCE)
    assert match in message
    assert (bed.state, bed.guests.befell(UUID)) == (None, [])
    assert bed.files == before
    bed.later(10)
    assert len(bed.told.outcomes) == 1


def test_a_server_that_has_no_lease_is_not_made_anew(bed: Bed) -> None:
    """RACES 41: the wrong file system is mounted."""
    bed.ask(moved(SOURCE))
    assert failure(bed)[0] == "lease-refused"
    assert bed.files == []


def test_without_the_pools_marker_nothing_is_done(bed: Bed) -> None:
    (bed.pool / MARKER).unlink()
    bed.ask(ASKED)
    assert failure(bed)[0] == "pool-absent"
    assert list(bed.pool.iterdir()) == []


def test_a_permit_of_another_boot_does_nothing(bed: Bed) -> None:
    bed.ask(ASKED._replace(boot=2))
    assert (bed.told.outcomes, bed.files) == ([], [])


def test_a_new_boot_makes_permits_void_and_guests_nobodys(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.restart()
    bed.guests.die(UUID, "power lost")
    bed.worker.begin(Standing(HERE.host, 4, "boot-id-4"))
    bed.ask(ASKED)
    assert bed.state is None
    bed.ask(moved(generation=2, order=2)._replace(boot=4))
    assert bed.state is RUNNING
    assert bed.lease is not None
    assert bed.lease.holder == Holder(2, HERE.host, 4)


def test_guests_of_others_are_left_alone(bed: Bed) -> None:
    (bed.root / "disk").touch()
    spec = GuestSpec("other", "n", THERE, 1, 1, bed.root / "disk", "raw", "none", "")
    bed.guests.create(spec)
    bed.ask()
    bed.watcher.look()
    assert bed.guests.befell("other") == ["create"]
    assert bed.worker.rows() == []
