"""What keeps orders waiting is told, and takes no place of what must be told."""

from pathlib import Path

import pytest
from tests.agent.worker_bed import ASKED, UUID, Bed

from hostdown.agent.delays import DELAY_TOLD_AFTER_S
from hostdown.agent.guest_errors import ImageLocked
from hostdown.agent.tidings import Tidings
from hostdown.domain.assignment import Outcome, PowerState


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path)


def test_what_lasts_is_told_once_of_each_order(bed: Bed) -> None:
    locked = ImageLocked(disk="d")

    def fail_again(after_s: float) -> None:
        bed.guests.fails["create"] = locked
        bed.later(after_s)

    bed.guests.fails["create"] = locked
    bed.ask(ASKED)
    fail_again(DELAY_TOLD_AFTER_S / 2)
    assert bed.told.outcomes == []
    for _ in range(3):
        fail_again(DELAY_TOLD_AFTER_S)
    (told,) = bed.told.outcomes
    assert (told.waits, told.order < ASKED.order) == (str(locked), True)
    bed.guests.fails["create"] = locked
    bed.ask(ASKED._replace(order=2))
    for _ in range(2):
        fail_again(DELAY_TOLD_AFTER_S)
    assert [each.waits for each in bed.told.outcomes] == [str(locked)] * 2
    bed.later(1)
    assert (bed.told.last.order, bed.told.last.waits) == (2, None)


def test_what_may_be_lost_takes_no_outcomes_place() -> None:
    tidings, outcome = Tidings(), Outcome(UUID, 1, 1, PowerState.RUNNING, True)
    tidings.tell(outcome)
    tidings.mention(outcome._replace(waits="It is locked."))
    assert tidings.some(2) == [outcome]
