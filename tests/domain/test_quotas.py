"""Quotas, and the rules of server groups as they are shown."""

from datetime import datetime

import pytest

from hostdown.domain.quotas import NOTHING_LIMITED, UNLIMITED, exceeds
from hostdown.domain.server_groups import GroupPolicy, ServerGroup


@pytest.mark.parametrize(
    ("count", "limit", "expected"),
    [(10**9, UNLIMITED, False), (1, 0, True), (0, 0, False), (2, 2, False), (3, 2, True)],
)
def test_a_limit_may_be_reached_and_not_passed(count: int, limit: int, expected: bool) -> None:
    assert exceeds(count, limit) is expected


def test_nothing_is_limited_where_nothing_is_said() -> None:
    assert set(NOTHING_LIMITED) == {UNLIMITED}


def test_a_group_shows_the_rule_that_it_was_given() -> None:
    at = datetime(2026, 1, 1)
    group = ServerGroup(1, "u", "n", "p", "u", GroupPolicy.ANTI_AFFINITY, 3, at)
    assert group.rules == {"max_server_per_host": 3}
    assert group._replace(max_server_per_host=None).rules == {}
