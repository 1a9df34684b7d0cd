"""A hypervisor that does not answer: what never began is given up, what may run is asked after."""

from pathlib import Path

import pytest
from tests.agent.guests_in_files import SILENT
from tests.agent.worker_bed import ASKED, MINE, SOURCE, UUID, Bed, moved, ran_elsewhere

from hostdown.agent.patience import SILENT_BUILD_MAX_S
from hostdown.agent.site import Step
from hostdown.domain.assignment import Assignment, Outcome, PowerState, Wanted

LONG_S = 2 * SILENT_BUILD_MAX_S
GONE = ASKED._replace(order=2, wanted=Wanted.GONE)


class Killed(BaseException):
    """The agent is."""


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


def fall_silent(bed: Bed) -> None:
    def before(_call: str, _uuid: str) -> None:
        raise SILENT

    bed.guests.before = before


def answer(bed: Bed) -> None:
    bed.guests.before = lambda _call, _uuid: None


def pass_by(bed: Bed, seconds: float) -> None:
    """Second by second, as turns come."""
    for _ in range(int(seconds)):
        bed.later(1)


def test_a_new_server_is_given_up_and_never_starts_later(bed: Bed) -> None:
    fall_silent(bed)
    bed.ask(ASKED)
    pass_by(bed, SILENT_BUILD_MAX_S - 1)
    assert bed.told.outcomes == []
    pass_by(bed, 1)
    (told,) = bed.told.outcomes
    assert told.failure is not None
    assert told.failure.code == "hypervisor-silent"
    assert told.failure.message == "The hypervisor does not answer: libvirtd is gone."
    assert told == Outcome(UUID, 1, 1, PowerState.NOSTATE, False, failure=told.failure)
    assert not (bed.pool / UUID).exists()
    answer(bed)
    for _ in range(2):
        bed.ask(ASKED)
        pass_by(bed, LONG_S)
        bed.restart()
    assert bed.guests.befell(UUID) == []


def test_what_is_asked_of_it_afterwards_is_done_once_the_hypervisor_is_back(bed: Bed) -> None:
    fall_silent(bed)
    bed.ask(ASKED)
    pass_by(bed, LONG_S)
    bed.ask(GONE)
    pass_by(bed, LONG_S)
    assert not bed.told.last.gone
    answer(bed)
    pass_by(bed, 1)
    assert bed.told.last == Outcome(UUID, 1, 2, PowerState.NOSTATE, False, gone=True)


def test_a_hypervisor_that_answers_in_between_is_waited_for_anew(bed: Bed) -> None:
    fall_silent(bed)
    bed.ask(ASKED, held=True)
    pass_by(bed, LONG_S)
    answer(bed)
    pass_by(bed, 1)
    fall_silent(bed)
    bed.ask(ASKED)
    pass_by(bed, SILENT_BUILD_MAX_S - 1)
    assert bed.told.outcomes == []
    answer(bed)
    pass_by(bed, 1)
    assert bed.state is PowerState.RUNNING


@pytest.mark.parametrize("step", [Step.CLAIM, Step.DISK, Step.CREATE, Step.RAN, Step.READ, Step.GO])
def test_a_start_in_whose_middle_it_falls_silent_is_asked_after_until_it_answers(
    bed: Bed, step: Step
) -> None:
    def at(now: Step, _uuid: str) -> None:
        if now is step:
            fall_silent(bed)

    bed.at = at
    bed.ask(ASKED)
    pass_by(bed, LONG_S)
    bed.restart()
    fall_silent(bed)
    bed.ask(ASKED)
    pass_by(bed, LONG_S)
    assert [told.failure for told in bed.told.outcomes] == []
    bed.at = lambda _step, _uuid: None
    answer(bed)
    pass_by(bed, 1)
    assert bed.state is PowerState.RUNNING
    assert [told.failure for told in bed.told.outcomes] == [None]
    assert bed.guests.befell(UUID).count("go") == 1


def test_a_start_of_which_only_the_note_tells_is_asked_after(bed: Bed) -> None:
    def at(now: Step, _uuid: str) -> None:
        if now is Step.CLAIM:
            raise Killed

    bed.at = at
    with pytest.raises(Killed):
        bed.ask(ASKED)
    bed.restart()
    assert bed.lease is None
    fall_silent(bed)
    bed.ask(ASKED)
    pass_by(bed, LONG_S)
    assert bed.told.outcomes == []


def test_a_start_of_which_only_the_claim_tells_is_asked_after(bed: Bed) -> None:
    bed.ask(ASKED)
    for note in (bed.root / "state" / "notes").iterdir():
        note.unlink()
    bed.restart()
    fall_silent(bed)
    bed.ask(ASKED)
    pass_by(bed, LONG_S)
    assert bed.told.outcomes == []
    answer(bed)
    pass_by(bed, 1)
    assert bed.told.last == Outcome(UUID, 1, 1, PowerState.RUNNING, True)


@pytest.mark.parametrize(
    "asked",
    [
        moved(SOURCE),
        ASKED._replace(boot=2),
        ASKED._replace(wanted=Wanted.STOPPED),
        ASKED._replace(wanted=Wanted.GONE),
    ],
)
def test_nothing_but_a_new_server_of_this_boot_is_given_up(bed: Bed, asked: Assignment) -> None:
    if asked.over:
        ran_elsewhere(bed)
    fall_silent(bed)
    bed.ask(asked)
    pass_by(bed, LONG_S)
    assert bed.told.outcomes == []


def test_a_server_that_runs_is_stopped_and_deleted_once_the_hypervisor_is_back(bed: Bed) -> None:
    bed.ask(ASKED)
    for order, wanted in ((2, Wanted.STOPPED), (3, Wanted.RUNNING), (4, Wanted.GONE)):
        fall_silent(bed)
        bed.ask(ASKED._replace(order=order, wanted=wanted))
        pass_by(bed, LONG_S)
        assert bed.told.last.order == order - 1
        answer(bed)
        pass_by(bed, 1)
        assert (bed.told.last.order, bed.told.last.failure) == (order, None)
    assert bed.told.last.gone
    assert "disk" not in bed.files
    assert bed.lease is not None
    assert bed.lease.holder == MINE
