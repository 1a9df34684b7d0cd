"""When what others are told is tried again, and when nobody tries any more."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from hostdown.domain.deliveries import (
    LIFETIME,
    PAUSE_FIRST_S,
    PAUSE_MAX_S,
    Channel,
    Delivery,
    Ended,
    Verdict,
    judge,
    pause_s,
)

NOW = datetime(2026, 3, 10, 12)


def ended(verdict: Verdict, age: timedelta) -> Ended:
    delivery = Delivery(1, "d1", Channel.WEBHOOK, "pager", "host1", 1, "", b"{}", NOW - age)
    return Ended(delivery, verdict, "It answered 503.")


def test_each_failure_in_a_row_doubles_the_pause_up_to_a_limit() -> None:
    pauses = [pause_s(failures) for failures in range(1, 12)]
    assert pauses[0] == PAUSE_FIRST_S
    assert all(after == min(2 * before, PAUSE_MAX_S) for before, after in pairwise(pauses))
    assert pause_s(10_000) == PAUSE_MAX_S


@pytest.mark.parametrize("verdict", [Verdict.TAKEN, Verdict.REFUSED])
def test_what_has_ended_has_ended_however_old_it_is(verdict: Verdict) -> None:
    assert judge(ended(verdict, LIFETIME * 2), NOW).verdict is verdict


def test_what_fails_is_tried_again_until_it_is_too_old() -> None:
    young = ended(Verdict.FAILED, LIFETIME - timedelta(seconds=1))
    assert judge(young, NOW) == young._replace(at=NOW)
    old = judge(ended(Verdict.FAILED, LIFETIME), NOW)
    assert (old.verdict, old.reason) == (Verdict.REFUSED, "It answered 503.")
