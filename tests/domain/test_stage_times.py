"""From when until when the stages of a recovery are counted."""

from datetime import datetime, timedelta

from hostdown.domain.recovery import Stage
from hostdown.domain.stage_times import Took, took

VERDICT = datetime(2026, 3, 1, 12)
FIRST = {
    stage: VERDICT + timedelta(seconds=seconds)
    for stage, seconds in ((Stage.FENCING, 3), (Stage.FENCED, 5), (Stage.EVACUATING, 6))
}


def test_fencing_is_counted_from_the_verdict_and_forcing_down_from_the_fence() -> None:
    assert took(Stage.FENCED, FIRST, VERDICT) == (Took.FENCED, timedelta(seconds=5))
    assert took(Stage.EVACUATING, FIRST, VERDICT) == (Took.FORCED_DOWN, timedelta(seconds=1))


def test_what_an_operator_said_was_not_fenced_and_has_no_such_time() -> None:
    assert took(Stage.EVACUATING, {Stage.EVACUATING: VERDICT}, VERDICT) is None


def test_other_stages_are_no_end_of_anything() -> None:
    for stage in set(Stage) - {Stage.FENCED, Stage.EVACUATING}:
        assert took(stage, FIRST | {stage: VERDICT}, VERDICT) is None
