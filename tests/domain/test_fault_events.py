"""What others say of a host, and what it is worth."""

from datetime import datetime, timedelta

import pytest

from hostdown.domain.fault_events import (
    STANDS_FOR,
    WORTH,
    FaultEvent,
    FaultKind,
    begins,
    hold_off_share,
    standing,
)

NOW = datetime(2026, 3, 1, 12)
SECOND = timedelta(seconds=1)


def event(
    kind: FaultKind = FaultKind.DOWN, source: str = "m", at: datetime = NOW, number: int = 1
) -> FaultEvent:
    return FaultEvent(number, "i", "a", kind, source, "", "", at, at, 1, "u", "u", "req", {})


def test_every_kind_has_a_worth_and_none_is_worth_more_than_what_we_see_ourselves() -> None:
    assert set(WORTH) == set(FaultKind)
    assert all(0 <= each.hold_off <= 1 for each in WORTH.values())
    assert [kind for kind, each in WORTH.items() if each.begins] == [FaultKind.DOWN]
    assert [kind for kind, each in WORTH.items() if each.word] == [FaultKind.DOWN]


@pytest.mark.parametrize(
    ("reported_at", "stands"),
    [(None, True), (NOW - SECOND, True), (NOW, False), (NOW + SECOND, False)],
)
def test_an_event_stands_until_its_host_reports(reported_at: datetime | None, stands: bool) -> None:
    said = event()
    assert standing([said], reported_at, NOW) == ([said] if stands else [])


def test_an_event_stands_for_ten_minutes() -> None:
    said = event()
    assert standing([said], None, NOW + STANDS_FOR - SECOND) == [said]
    assert standing([said], None, NOW + STANDS_FOR) == []


def test_only_the_newest_of_a_source_stands() -> None:
    down, up = event(), event(FaultKind.UP, at=NOW + SECOND, number=2)
    other = event(source="other")
    assert standing([down, other, up], None, NOW + SECOND) == [up, other]
    assert standing([up, other, down], None, NOW + SECOND) == [up, other]
    again = event(number=3)
    assert standing([down, again], None, NOW) == [again]


def test_only_what_says_that_a_host_is_down_begins_anything() -> None:
    assert begins([event(FaultKind.KDUMP), event()])
    assert not begins([event(kind) for kind in FaultKind if kind is not FaultKind.DOWN])
    assert not begins([])


def test_the_strongest_of_them_says_how_much_of_the_hold_off_is_left() -> None:
    assert hold_off_share([]) == 1
    assert hold_off_share([event(FaultKind.DEGRADED)]) == 1
    assert hold_off_share([event(FaultKind.DEGRADED), event()]) == 1 / 3
    assert hold_off_share([event(), event(FaultKind.KDUMP)]) == 0
