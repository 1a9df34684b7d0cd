"""A host that fails again and again."""

from datetime import datetime, timedelta

import pytest

from hostdown.domain.flapping import REASON, fails_too_often
from hostdown.domain.host_fault import REASON_LENGTH_MAX

NOW = datetime(2026, 3, 1, 12)


@pytest.mark.parametrize(
    ("minutes_ago", "too_often"),
    [([], False), ([1, 2], False), ([1, 30, 59], True), ([1, 30, 60], False), ([1, 2, 3, 4], True)],
)
def test_three_failures_in_an_hour_are_too_many(minutes_ago: list[int], too_often: bool) -> None:
    failed_at = [NOW - timedelta(minutes=each) for each in minutes_ago]
    assert fails_too_often(failed_at, NOW) is too_often


def test_the_reason_has_room_where_reasons_are_kept() -> None:
    assert len(REASON) <= REASON_LENGTH_MAX
