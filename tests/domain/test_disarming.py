"""Where recovery is switched off, and for how long."""

from datetime import datetime, timedelta

import pytest

from hostdown.domain.disarming import Disarming, Scope, Standing, Where, disarmed, standing
from hostdown.domain.host_fault import maintained
from hostdown.domain.model import COMPUTE, Service

NOW = datetime(2026, 3, 1, 12)
HOUR = timedelta(hours=1)
ALL = Where(Scope.ALL, "")
RACK, OTHER_RACK = Where(Scope.DOMAIN, "rack1"), Where(Scope.DOMAIN, "rack2")
HOST, OTHER_HOST = Where(Scope.HOST, "a"), Where(Scope.HOST, "b")


def made(where: Where, until: datetime | None = None) -> Disarming:
    return Disarming(where, "new switch", until, NOW - HOUR, "alice", "id of alice", "req-1")


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ([], []),
        ([ALL], [ALL]),
        ([ALL, RACK, HOST], [HOST, RACK, ALL]),
        ([OTHER_HOST, OTHER_RACK], []),
        ([Where(Scope.HOST, "rack1"), Where(Scope.DOMAIN, "a")], []),
    ],
)
def test_a_host_is_disarmed_by_its_name_its_domain_and_with_all(
    known: list[Where], found: list[Where]
) -> None:
    by = disarmed([made(each) for each in known], "a", "rack1", NOW)
    assert [each.where for each in by] == found


@pytest.mark.parametrize(
    ("until", "is_disarmed"), [(None, True), (NOW + HOUR, True), (NOW, False), (NOW - HOUR, False)]
)
def test_it_is_armed_again_once_the_end_has_come(until: datetime | None, is_disarmed: bool) -> None:
    assert bool(disarmed([made(HOST, until)], "a", "rack1", NOW)) is is_disarmed


def test_a_sentence_says_who_what_until_when_and_why() -> None:
    assert str(made(ALL)) == "alice disarmed recovery of all hosts: new switch"
    told = str(made(RACK, NOW))
    assert (
        told == "alice disarmed recovery of domain rack1 until 2026-03-01 12:00:00 UTC: new switch"
    )


def test_what_would_be_done_about_a_host() -> None:
    up = Service(1, "u", "a", COMPUTE, False, None, False, NOW, None)
    assert standing(None, []) is standing(up, []) is Standing.ARMED
    assert standing(up, [made(HOST)]) is standing(None, [made(HOST)]) is Standing.DISARMED
    assert standing(maintained(up), [made(HOST)]) is Standing.SUSPENDED
