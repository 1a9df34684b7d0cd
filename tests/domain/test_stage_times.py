"""How long it took to come to a stage."""

from datetime import datetime, timedelta

from hostdown.domain.recovery import Stage
from hostdown.domain.stage_times import Took, took

VERDICT = datetime(2026, 3, 10, 12)
FENCED, FORCED = VERDICT + timedelta(seconds=5), VERDICT + timedelta(seconds=6)


def test_a_fence_counts_from_the_verdict_and_a_force_down_from_the_fence() -> None:
    first = {Stage.FENCED: FENCED, Stage.EVACUATING: FORCED}
    assert took(Stage.FENCED, first, VERDICT) == (Took.FENCED, timedelta(seconds=5))
    assert took(Stage.EVACUATING, first, VERDICT) == (Took.FORCED_DOWN, timedelta(seconds=1))


def test_a_word_needs_no_fence_and_other_stages_take_no_time_of_their_own() -> None:
    assert took(Stage.EVACUATING, {Stage.EVACUATING: FORCED}, VERDICT) is None
    assert took(Stage.HELD, {Stage.HELD: FENCED}, VERDICT) is None
