"""Never twice, as far as one host can hold it: claims, looks at leases, surrenders, dead boots."""

from pathlib import Path

import pytest
from tests.agent.guests_in_files import SILENT
from tests.agent.worker_bed import ASKED, HERE, MINE, THERE, UUID, Bed

from hostdown.agent.guest_errors import ImageLocked, NotGone
from hostdown.agent.guests import GuestSpec
from hostdown.agent.site import Standing, Step, WorkerSettings
from hostdown.domain.assignment import Assignment, Disk, Holder, PowerState, Wanted
from hostdown.domain.lease_text import LeaseState
from hostdown.drivers.pool import MARKER

RUNNING, SHUTDOWN = PowerState.RUNNING, PowerState.SHUTDOWN
SOURCE = Holder(1, "host-source", 1)


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


def moved(*over: Holder, generation: int = 2, order: int = 1, data_gen: int = 1) -> Assignment:
    """A permit over a server that ran elsewhere."""
    return ASKED._replace(
        generation=generation, over=over, disk=Disk.KEEP, data_gen=data_gen, order=order
    )


def ran_elsewhere(bed: Bed, state: LeaseState = LeaseState.HELD) -> None:
    bed.claim(SOURCE, 0, state)
    (bed.pool / UUID / "disk").write_text("data of the source")


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


# ------------------------------------------------------------------------------------ W1, S4


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


def test_without_locks_a_takeover_waits_longer(tmp_path: Path) -> None:
    settings = WorkerSettings(locks=False, settle_s=9.0, settle_without_locks_s=0.01)
    bed = Bed(tmp_path, settings)
    ran_elsewhere(bed)
    bed.ask(moved(SOURCE))
    assert bed.state is RUNNING


def test_an_agent_that_stops_while_it_waits_leaves_no_guest(tmp_path: Path) -> None:
    bed = Bed(tmp_path, WorkerSettings(settle_s=60.0))
    ran_elsewhere(bed)
    bed.at = lambda step, _uuid: bed.site.stopping.set() if step is Step.SETTLE else None
    bed.ask(moved(SOURCE))
    assert bed.state is None
    assert bed.told.outcomes == []


# ---------------------------------------------------------------------------------- surrender


def test_what_the_server_does_not_ask_any_more_is_given_up(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask()
    assert bed.state is None
    assert bed.lease is not None
    assert (bed.lease.holder, bed.lease.state) == (MINE, LeaseState.FREE)
    assert (bed.told.last.gone, bed.told.last.generation) == (True, 1)
    assert "disk" in bed.files
    bed.ask(ASKED)
    assert bed.state is None
    assert bed.note.done == 1


def test_a_permit_that_was_never_claimed_is_given_up_without_its_pool(bed: Bed) -> None:
    bed.ask(ASKED._replace(wanted=Wanted.STOPPED))
    (bed.pool / MARKER).unlink()
    bed.ask()
    assert bed.told.last.gone


def test_a_later_generation_ends_the_one_before_it_first(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask(moved(generation=4, order=2))
    assert bed.guests.befell(UUID) == ["create", "go", "end 0", "create", "go"]
    assert bed.lease is not None
    assert bed.lease.holder == Holder(4, HERE.host, HERE.boot)
    assert bed.note.done == 1
    bed.ask(ASKED._replace(order=9))
    assert bed.state is RUNNING
    assert bed.lease.holder.generation == 4


def test_a_process_that_does_not_end_is_not_gone(bed: Bed) -> None:
    """RACES 50."""
    bed.ask(ASKED)
    bed.guests.fails["end"] = NotGone(uuid=UUID, pid=1)
    bed.ask()
    assert not bed.told.last.gone
    assert bed.lease is not None
    assert bed.lease.state is LeaseState.HELD
    bed.later(1)
    assert bed.told.last.gone
    assert bed.lease.state is LeaseState.FREE


def test_notes_that_were_lost_end_and_start_nothing(bed: Bed) -> None:
    bed.ask(ASKED)
    (bed.root / "state/notes" / f"{UUID}.json").unlink()
    bed.restart()
    bed.ask(ASKED)
    assert bed.guests.befell(UUID) == ["create", "go"]
    assert bed.told.last.state is RUNNING


def test_a_guest_that_nobody_asks_for_and_nobody_noted_is_given_up(bed: Bed) -> None:
    bed.ask(ASKED)
    (bed.root / "state/notes" / f"{UUID}.json").unlink()
    bed.restart()
    bed.ask()
    assert bed.state is None
    assert bed.told.last.gone


# ----------------------------------------------------------------------------------- silence


@pytest.mark.parametrize(
    ("call", "error"), [("create", ImageLocked(disk="d")), ("create", SILENT), ("go", SILENT)]
)
def test_what_may_pass_is_tried_again_and_told_to_nobody(
    bed: Bed, call: str, error: Exception
) -> None:
    """RACES 52: a filer that holds a dead client's locks."""
    bed.turns()
    bed.guests.fails[call] = error
    bed.ask(ASKED)
    assert bed.told.outcomes == []
    assert bed.lease is not None
    assert bed.lease.state is LeaseState.HELD
    bed.later(1)
    assert bed.told.last.state is RUNNING


def test_a_hypervisor_that_is_silent_has_an_unknown_inventory(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.guests.fails["inventory"] = SILENT
    assert bed.worker.rows() is None
    bed.guests.fails["inventory"] = SILENT
    bed.worker.look()
    bed.later(1)
    assert bed.state is RUNNING
    assert bed.told.last.state is RUNNING


def test_nothing_is_done_before_the_server_asked(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.restart()
    bed.guests.die(UUID)
    bed.worker.look()
    bed.turns()
    assert bed.guests.befell(UUID) == ["create", "go", "die"]
    assert bed.told.outcomes == [bed.told.last]
    bed.ask(ASKED._replace(order=2))
    assert bed.state is RUNNING
