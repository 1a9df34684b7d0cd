"""Hours of servers in a period."""

from datetime import datetime, timedelta

import pytest
from tests.domain.things import FLAVOR, LONG_AGO, NOW, instance

from hostdown.domain.usage import Period, usages

HOUR = timedelta(hours=1)
PERIOD = Period(NOW - 10 * HOUR, NOW - 2 * HOUR)


@pytest.mark.parametrize(
    ("launched", "terminated", "hours"),
    [
        (LONG_AGO, None, 8.0),
        (LONG_AGO, NOW - HOUR, 8.0),
        (LONG_AGO, NOW - 4 * HOUR, 6.0),
        (NOW - 9 * HOUR, None, 7.0),
        (NOW - 9 * HOUR, NOW - 8.5 * HOUR, 0.5),
        (NOW - HOUR, None, 0.0),
        (LONG_AGO, NOW - 11 * HOUR, 0.0),
    ],
)
def test_a_server_counts_for_what_of_its_life_is_in_the_period(
    launched: datetime, terminated: datetime | None, hours: float
) -> None:
    one = instance(launched_at=launched, terminated_at=terminated)
    (found,) = usages([one], PERIOD, NOW)
    (server,) = found.servers
    assert server.hours == found.hours == hours
    assert server.uptime_s == ((terminated or NOW) - launched).total_seconds()
    assert server.state == ("active" if terminated is None else "terminated")


def test_a_projects_sums_weigh_hours_by_sizes() -> None:
    small = instance(launched_at=NOW - 4 * HOUR)
    large = FLAVOR._replace(vcpus=3, memory_mb=1000, root_gb=5, ephemeral_gb=6)
    servers = [small, small._replace(flavor=large), small._replace(project_id="q")]
    first, second = usages(servers, PERIOD, NOW)
    assert (first.project_id, first.period, len(first.servers)) == ("p", PERIOD, 2)
    assert first.hours == 4.0
    assert first.vcpu_hours == 2 * (2 + 3)
    assert first.memory_mb_hours == 2 * (512 + 1000)
    assert first.local_gb_hours == 2 * (7 + 11)
    assert (second.project_id, second.hours) == ("q", 2.0)


def test_what_was_never_started_counts_nothing() -> None:
    (found,) = usages([instance(launched_at=None)], PERIOD, NOW)
    assert (found.hours, found.servers[0].uptime_s) == (0.0, 0)
