"""How long servers ran within a period."""

from datetime import datetime, timedelta

import pytest
from tests.domain.things import instance

from hostdown.domain.usage import Period, hours, ran

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 20, 12)
PERIOD = Period(NOON, NOON + 10 * HOUR)


@pytest.mark.parametrize(
    ("begun", "ended", "expected"),
    [
        (None, None, 0),
        (-5, None, 10),
        (4, None, 6),
        (10, None, 0),
        (-5, 0, 0),
        (-5, 2.5, 2.5),
        (1, 2, 1),
        (1, 20, 9),
    ],
)
def test_a_server_runs_from_its_first_start_to_its_deletion(
    begun: float | None, ended: float | None, expected: float
) -> None:
    server = instance(
        launched_at=None if begun is None else NOON + begun * HOUR,
        terminated_at=None if ended is None else NOON + ended * HOUR,
    )
    assert hours(server, PERIOD) == expected
    assert ran(server, PERIOD) is (expected > 0)
