"""Never twice, at the end: what is given up, what is not gone, and what is only silent (W3)."""

from pathlib import Path

import pytest
from tests.agent.guests_in_files import SILENT
from tests.agent.worker_bed import (
    ASKED,
    HERE,
    MINE,
    UUID,
    Bed,
    moved,
)

from hostdown.agent.guest_errors import ImageLocked, NotGone
from hostdown.agent.site import WORD_AGE_MAX_S, Step
from hostdown.domain.assignment import Assignments, Holder, PowerState, Wanted
from hostdown.domain.lease_text import LeaseState
from hostdown.drivers.pool import MARKER

RUNNING = PowerState.RUNNING


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


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


ELSEWHERE = ASKED._replace(wanted=Wanted.ELSEWHERE)


@pytest.mark.parametrize("held", [False, True])
def test_a_permit_that_is_asked_back_is_given_up_under_its_own_generation(
    bed: Bed, held: bool
) -> None:
    """W3, W4: also by a host that is forced down. The disk stays."""
    bed.ask(ASKED)
    bed.ask(ELSEWHERE, held=held)
    assert bed.state is None
    assert bed.lease is not None
    assert (bed.lease.holder, bed.lease.state) == (MINE, LeaseState.FREE)
    assert (bed.told.last.gone, bed.told.last.generation) == (True, 1)
    assert "disk" in bed.files


@pytest.mark.parametrize("held", [False, True])
def test_a_permit_that_was_never_seen_is_given_up_too_without_its_pool(
    bed: Bed, held: bool
) -> None:
    """RACES 2: noted as done before it is told, so that no copy of it starts anything."""
    (bed.pool / MARKER).unlink()
    noted: list[tuple[int, int]] = []
    bed.at = lambda step, _uuid: noted.append((bed.note.generation, bed.note.done))
    bed.ask(ELSEWHERE._replace(generation=2), held=held)
    assert bed.steps == [Step.SURRENDER, Step.KILL, Step.NOTE, Step.TELL]
    assert noted == [(2, 0), (2, 2), (2, 2), (2, 2)]
    assert (bed.told.last.gone, bed.told.last.claimed, bed.told.last.generation) == (True, False, 2)
    assert len(bed.told.outcomes) == 1
    assert bed.guests.befell(UUID) == []


def test_an_older_copy_of_what_was_given_back_starts_nothing(bed: Bed) -> None:
    """RACES 47."""
    bed.ask(ELSEWHERE._replace(generation=2))
    bed.ask(ASKED._replace(generation=2, order=5))
    bed.ask(ASKED)
    bed.restart()
    bed.ask(ASKED._replace(generation=2, order=6))
    assert bed.guests.befell(UUID) == []
    assert bed.lease is None
    assert bed.note.done == 2


def test_an_older_generation_that_is_asked_back_ends_nothing_else(bed: Bed) -> None:
    """RACES 48."""
    bed.ask(ASKED)
    bed.ask(ELSEWHERE)
    bed.ask(moved(generation=5, order=2))
    assert bed.state is RUNNING
    bed.ask(ELSEWHERE)
    assert bed.state is RUNNING
    assert (bed.note.generation, bed.note.done) == (5, 1)
    assert bed.lease is not None
    assert (bed.lease.holder.generation, bed.lease.state) == (5, LeaseState.HELD)


def test_an_asking_back_that_is_repeated_is_answered_once(bed: Bed) -> None:
    bed.ask(ASKED)
    bed.ask(ELSEWHERE)
    bed.ask(ELSEWHERE._replace(order=7))
    bed.ask(ELSEWHERE, held=True)
    assert [outcome.gone for outcome in bed.told.outcomes] == [False, True]


def test_what_is_asked_back_while_it_starts_is_given_up_once_the_start_has_ended(bed: Bed) -> None:
    """RACES 49: the turn of the surrender comes after that of the start, whoever takes it.

    It is never let run: before that the worker looks whether it is still wanted.
    """
    ended: list[bool] = []

    def meanwhile(step: Step, _uuid: str) -> None:
        if step is Step.CREATE:
            bed.worker.assign(Assignments("db", 2, (ELSEWHERE,)))
            bed.turns()  # another thread's
            ended.append(Step.SURRENDER in bed.steps)

    bed.at = meanwhile
    bed.ask(ASKED)
    assert ended == [False]
    assert bed.guests.befell(UUID) == ["create", "end 0"]
    assert bed.told.last.gone


@pytest.mark.parametrize("still", [Step.CLAIM, Step.GO])
def test_nothing_is_claimed_or_let_run_on_a_word_that_is_old(bed: Bed, still: Step) -> None:
    """RACES 2: it may have been given to another host while this one stood still."""

    def stand_still(step: Step, _uuid: str) -> None:
        if step is still:
            bed.clock.forward(WORD_AGE_MAX_S + 1)

    bed.at = stand_still
    bed.worker.heard(bed.worker.asks())
    bed.ask(ASKED)
    assert bed.told.outcomes == []
    assert "go" not in bed.guests.befell(UUID)
    bed.at = lambda _step, _uuid: None
    bed.worker.heard(bed.worker.asks())
    bed.later(1)
    assert bed.told.last.state is PowerState.RUNNING


def test_a_start_ends_where_the_host_is_forced_down_meanwhile(bed: Bed) -> None:
    """W4; a deletion goes on."""

    def meanwhile(step: Step, _uuid: str) -> None:
        if step is Step.CREATE:
            bed.worker.assign(Assignments("db", 2, (ASKED,), held=True))

    bed.at = meanwhile
    bed.ask(ASKED)
    bed.later(5)
    assert "go" not in bed.guests.befell(UUID)
    bed.ask(ASKED._replace(wanted=Wanted.GONE, order=2), held=True)
    assert bed.told.last.gone


def test_what_is_started_again_and_again_is_given_up_between_two_attempts(bed: Bed) -> None:
    """RACES 3, with a disk that somebody else has locked."""
    bed.guests.fails["create"] = ImageLocked(disk="d")
    bed.ask(ASKED)
    bed.ask(ELSEWHERE)
    assert bed.lease is not None
    assert (bed.lease.holder, bed.lease.state) == (MINE, LeaseState.FREE)
    bed.later(10)
    assert bed.guests.befell(UUID) == []
    assert bed.told.last.gone


def test_a_permit_of_another_boot_is_not_this_ones_to_give_back(bed: Bed) -> None:
    bed.ask(ELSEWHERE._replace(boot=HERE.boot - 1))
    assert bed.told.outcomes == []


def test_nothing_is_given_back_while_the_hypervisor_does_not_say_what_runs(bed: Bed) -> None:
    """RACES 44."""
    bed.ask(ASKED)
    bed.guests.fails["inventory"] = SILENT
    bed.worker.assign(Assignments("db", 2, (ELSEWHERE,)))
    bed.worker.step(wait=False)
    assert not bed.told.last.gone
    bed.later(1)
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
